"""Everything that the API server ever said about the sweeps of a namespace, watched from outside.

The watch goes around every proxy, so it is an account of its own: what `.status` has shown, and in
which order. The API server tells each version of an object once.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.http_proxy import pause
from tests.support.objects import SWEEPS

_GONE = 410


@dataclass
class Watcher:
    """Watches while it runs; read it from any thread."""

    kubeconfig: Path
    namespace: str
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Kind (ADDED, MODIFIED, DELETED) and object, in the API server's order."""
    latest: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The sweeps that exist, by name."""
    _version: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Watcher"]:
        """Watch while the block runs."""
        known = json.loads(self.kubeconfig.read_text())
        cluster, user = known["clusters"][0]["cluster"], known["users"][0]["user"]
        tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        async with aiohttp.ClientSession(
            cluster["server"],
            connector=aiohttp.TCPConnector(ssl=tls),
            headers={"Authorization": f"Bearer {user['token']}"},
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
            read_bufsize=2**20,
        ) as client:
            await self._list(client)
            watching = asyncio.create_task(self._keep_watching(client))
            try:
                yield self
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    def back(self, writes: int) -> tuple[list[dict[str, Any]], str]:
        """Return the list as it was so many events ago, and its version."""
        seen = self.events[: max(0, len(self.events) - writes)]
        known: dict[str, dict[str, Any]] = {}
        version = "0"
        for kind, found in seen:
            version = found["metadata"]["resourceVersion"]
            known[found["metadata"]["name"]] = found
            if kind == "DELETED":
                del known[found["metadata"]["name"]]
        return list(known.values()), version

    async def _list(self, client: aiohttp.ClientSession) -> None:
        while not self._version:
            async with client.get(self._path) as answer:
                # A resource is established a moment before it is served.
                if not answer.ok:
                    await pause(0.1)
                    continue
                body = await answer.json()
            self._version = body["metadata"]["resourceVersion"]
            for found in body["items"]:
                self._take("ADDED", found)

    async def _keep_watching(self, client: aiohttp.ClientSession) -> None:
        while True:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._watch(client)
            # The API server has gone, or ended the watch in good order.
            await pause(0.1)

    async def _watch(self, client: aiohttp.ClientSession) -> None:
        query = {"watch": "true", "resourceVersion": self._version, "allowWatchBookmarks": "true"}
        async with client.get(self._path, params=query) as answer:
            async for line in answer.content:
                said = json.loads(line)
                if said["type"] == "ERROR":
                    assert said["object"].get("code") != _GONE, "versions were missed"
                    return
                self._version = said["object"]["metadata"]["resourceVersion"]
                if said["type"] != "BOOKMARK":
                    self._take(said["type"], said["object"])

    def _take(self, kind: str, found: dict[str, Any]) -> None:
        self.events.append((kind, found))
        if kind == "DELETED":
            self.latest.pop(found["metadata"]["name"], None)
        else:
            self.latest[found["metadata"]["name"]] = found

    @property
    def _path(self) -> str:
        return SWEEPS.format(namespace=self.namespace)

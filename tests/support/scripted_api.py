"""A Trading API on 127.0.0.1 that answers byte by byte what a test wrote down.

It speaks TCP and knows just enough HTTP to find the end of a request: so it can do what no HTTP
library lets a server do, and what real ones, proxies and half-dead machines do all the time.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Script:
    """What happens to one request."""

    data: bytes = b""
    """Sent as it is, status line and all."""
    silent: bool = False
    """Afterwards the connection stays open, and nothing more comes."""
    drip: float | None = None
    """Seconds between two bytes."""
    last: bool = False
    """Afterwards the connection is closed, though the answer may have promised more."""


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


def reply(status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> Script:
    """Answer whole and well-formed; a header's name is written with `_` for `-`."""
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Script("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def says(status: int, document: object, **headers: str) -> Script:
    """Answer with JSON."""
    return reply(status, json.dumps(document).encode(), **headers)


def events(*data: str | bytes, silent: bool = False, status: int = 200) -> Script:
    """Answer with a stream of events, then close, or fall silent."""
    head = f"HTTP/1.1 {status} Scripted\r\nContent-Type: text/event-stream\r\n\r\n".encode()
    lines = [event.encode() if isinstance(event, str) else event for event in data]
    return Script(head + b"".join(b"data: " + line + b"\n\n" for line in lines), silent=silent)


def cut(script: Script, after: int) -> Script:
    """Close the connection after so many bytes of an answer."""
    return Script(script.data[:after], last=True)


@dataclass
class ScriptedApi:
    """The running server; `requests` is all that it was asked."""

    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    _scripts: dict[str, list[Script]] = field(default_factory=dict)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _open: dict[asyncio.StreamWriter, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def on(self, path: str, *scripts: Script) -> None:
        """Answer requests whose path begins so; the last script goes on for ever."""
        self._scripts[path] = list(scripts)

    def asked(self, path: str) -> Sequence[Request]:
        """Return the requests whose path begins so."""
        return [request for request in self.requests if request.path.startswith(path)]

    async def open_connections(self) -> int:
        """Count the connections that neither side has closed."""
        return len(self._open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Play one connection to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._open[writer] = task
        self.connections += 1
        self.most_at_once = max(self.most_at_once, len(self._open))
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._play(reader, writer, self.connections)
        finally:
            del self._open[writer]
            writer.close()

    async def stop(self) -> None:
        """End every connection."""
        self._over.set()
        tasks = list(self._open.values())
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.gather(*tasks)

    async def _play(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        while True:
            request = await _read(reader, connection)
            self.requests.append(request)
            script = self._next(request.path)
            await self._say(reader, writer, script)
            if script.last or b"content-length:" not in script.data.lower():
                return

    def _next(self, path: str) -> Script:
        """Take the script of the longest prefix of a path."""
        prefix = max((p for p in self._scripts if path.startswith(p)), key=len, default=None)
        if prefix is None:
            return says(404, {"error": f"no script for {path}"})
        scripts = self._scripts[prefix]
        return scripts.pop(0) if len(scripts) > 1 else scripts[0]

    async def _say(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, script: Script
    ) -> None:
        pieces = [script.data] if script.drip is None else [bytes([b]) for b in script.data]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if script.drip is not None:
                await self._wait(script.drip)
        if script.silent:
            await reader.read()

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)


async def _read(reader: asyncio.StreamReader, connection: int) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _version = first.split(" ")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body, connection)


@asynccontextmanager
async def scripted_api(tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedApi]:
    """Run a server on a free port."""
    api = ScriptedApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0, ssl=tls)
    api.port = server.sockets[0].getsockname()[1]
    api.scheme = "http" if tls is None else "https"
    try:
        yield api
    finally:
        server.close()
        await api.stop()

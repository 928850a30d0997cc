"""Sweeps at the API server, over one open connection: cheap enough to be asked often."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

SWEEPS = "/apis/trading.zixly.io/v1alpha1/namespaces/{namespace}/tradingsweeps"
EVENTS = "/apis/events.k8s.io/v1/namespaces/{namespace}/events"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

_TIMEOUT = 10.0


class Objects:
    """Has the rights of a kubeconfig that our own control plane wrote (it is JSON)."""

    def __init__(self, kubeconfig: Path) -> None:
        known = json.loads(kubeconfig.read_text())
        cluster, user = known["clusters"][0]["cluster"], known["users"][0]["user"]
        self._client = httpx.Client(
            base_url=cluster["server"],
            headers={"Authorization": f"Bearer {user['token']}"},
            verify=ssl.create_default_context(cafile=cluster["certificate-authority"]),
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def sweep(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return a sweep; None where there is none."""
        answer = self._client.get(f"{SWEEPS.format(namespace=namespace)}/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def sweeps(self, namespace: str) -> list[dict[str, Any]]:
        """Return every sweep of a namespace."""
        return self._items(SWEEPS.format(namespace=namespace))

    def create(self, namespace: str, sweep: str) -> None:
        """Create a sweep from its JSON."""
        self._write("POST", SWEEPS.format(namespace=namespace), sweep, "application/json")

    def edit(self, namespace: str, name: str, patch: dict[str, Any]) -> bool:
        """Merge a patch into a sweep, as `kubectl patch`; False where it is gone."""
        where = f"{SWEEPS.format(namespace=namespace)}/{name}"
        return self._write("PATCH", where, json.dumps(patch), "application/merge-patch+json")

    def set_status(self, namespace: str, name: str, status: dict[str, Any]) -> bool:
        """Merge into a sweep's status as its operator would; False where it is gone."""
        where = f"{SWEEPS.format(namespace=namespace)}/{name}/status"
        body = json.dumps({"status": status})
        manager = "?fieldManager=tradingsweep-operator"
        return self._write("PATCH", where + manager, body, "application/merge-patch+json")

    def delete(self, namespace: str, name: str) -> bool:
        """Delete a sweep; False where it is gone."""
        return self._write("DELETE", f"{SWEEPS.format(namespace=namespace)}/{name}", "", "")

    def events(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """Return the Events about a sweep, also about earlier ones of its name."""
        return [e for e in self.every_event(namespace) if e["regarding"]["name"] == name]

    def every_event(self, namespace: str) -> list[dict[str, Any]]:
        """Return every Event of a namespace."""
        return self._items(EVENTS.format(namespace=namespace))

    @contextmanager
    def rewatched(self, namespace: str) -> Iterator[None]:
        """Change the CRD in the block, and leave it when every watch has begun anew.

        A watch prunes objects by the CRD of its beginning; the API server ends it a second later.
        """
        where = SWEEPS.format(namespace=namespace)
        with self._client.stream("GET", where, params={"watch": "true"}) as watch:
            yield
            for _ in watch.iter_lines():
                pass

    def lease(self, namespace: str) -> dict[str, Any] | None:
        """Return the Lease of the operators of a namespace; None where there is none."""
        found = self._items(LEASES.format(namespace=namespace))
        return found[0] if found else None

    def free(self, lease: dict[str, Any]) -> None:
        """Give back a Lease for a holder that is dead; not where it has changed since."""
        meta = lease["metadata"]
        patch = {
            "metadata": {"resourceVersion": meta["resourceVersion"]},
            "spec": {"holderIdentity": ""},
        }
        self._client.patch(
            f"{LEASES.format(namespace=meta['namespace'])}/{meta['name']}",
            content=json.dumps(patch),
            headers={"Content-Type": "application/merge-patch+json"},
        )

    def _items(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._client.get(path).raise_for_status().json()["items"]
        return items

    def _write(self, method: str, path: str, body: str, kind: str) -> bool:
        headers = {"Content-Type": kind} if kind else {}
        answer = self._client.request(method, path, content=body, headers=headers)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        answer.raise_for_status()
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

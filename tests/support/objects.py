"""Objects as the API server has them, over one open connection: cheap enough to be asked often."""

import json
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

SWEEPS = "/apis/trading.zixly.io/v1alpha1/namespaces/{namespace}/tradingsweeps"
EVENTS = "/apis/events.k8s.io/v1/namespaces/{namespace}/events"

_TIMEOUT = 10.0


class Objects:
    """Reads with the rights of a kubeconfig that our own control plane wrote (it is JSON)."""

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

    def events(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """Return the Events about a sweep, also about earlier ones of its name."""
        answer = self._client.get(EVENTS.format(namespace=namespace)).raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return [event for event in items if event["regarding"]["name"] == name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

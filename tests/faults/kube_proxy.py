"""The way to the API server: what was written on it, and lists that are some writes old."""

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.faults import rewritten
from tests.faults.history import History
from tests.faults.http_proxy import HttpProxy, Passed, Reply
from tests.faults.watcher import Watcher

SWEEPS_LIST = (
    r"/apis/trading\.zixly\.io/[^/]+(/namespaces/[^/]+)?/tradingsweeps(\?(?!.*watch=).*)?$"
)
SWEEPS_WATCH = r"/apis/trading\.zixly\.io/.*/tradingsweeps\?.*watch="

_OBJECT = re.compile(
    r"/apis?(?:/[^/]+)?/v[^/]+(?:/namespaces/(?P<namespace>[^/?]+))?"
    r"/(?P<resource>[^/?]+)(?:/(?P<name>[^/?]+)(?:/(?P<subresource>[^/?]+))?)?"
)
_READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class KubeWrite:
    """A write on the way to the API server, refused ones too."""

    method: str
    resource: str
    subresource: str
    name: str
    status: int
    """0 where the answer was cut off."""


def kube_proxy(kubeconfig: Path, history: History) -> HttpProxy:
    """Stand before the API server of a kubeconfig that our own control plane wrote (it is JSON)."""
    cluster = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]
    tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
    return HttpProxy("kubernetes", cluster["server"], history, tls=tls)


def through(proxy: HttpProxy, kubeconfig: Path, folder: Path) -> Path:
    """Write the same kubeconfig, with the way through the proxy."""
    known = json.loads(kubeconfig.read_text())
    known["clusters"][0]["cluster"] = {"server": proxy.url}
    path = folder / "kubeconfig-through-proxy"
    path.touch(mode=0o600)
    path.write_text(json.dumps(known))
    return path


def writes(passed: list[Passed]) -> list[KubeWrite]:
    """Return the writes among exchanges, oldest first."""
    return [_write(one) for one in list(passed) if one.method not in _READS]


def _write(passed: Passed) -> KubeWrite:
    found = _OBJECT.match(passed.path)
    parts = found.groupdict() if found else {}
    return KubeWrite(
        passed.method,
        parts.get("resource") or passed.path,
        parts.get("subresource") or "",
        parts.get("name") or "",
        passed.status,
    )


@contextmanager
def stale_lists(proxy: HttpProxy, watcher: Watcher, writes_old: int) -> Iterator[None]:
    """Answer lists of sweeps as they were so many writes ago, and hold the watches meanwhile.

    The API server itself does so where a client reaches a replica that lags behind. A watch that
    begins at the old version is told by the real server what came since, when the block ends.
    """
    items, version = watcher.back(writes_old)

    def old(reply: Reply) -> Reply:
        body = json.loads(reply.body)
        body["items"], body["metadata"]["resourceVersion"] = items, version
        return Reply(reply.status, json.dumps(body).encode(), reply.headers)

    with proxy.rule(rewritten(old), method="GET", path=SWEEPS_LIST), proxy.holding(SWEEPS_WATCH):
        yield

"""Reads the API server's audit log: who wrote what, counted where it happened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete, deletecollection]
  - level: None
"""
"""One line for each finished write, nothing for reads."""


@dataclass(frozen=True)
class Write:
    """One write that the API server answered, refused ones too."""

    verb: str
    """create, update, patch, delete or deletecollection."""
    resource: str
    """Plural name, such as tradingsweeps."""
    subresource: str
    """Empty for the object itself."""
    namespace: str
    name: str
    """Empty where the server chose the name."""
    user: str
    agent: str
    """The client's User-Agent header."""
    code: int
    """HTTP status; below 300 where the write was accepted."""
    at: str
    """When the request came, RFC 3339."""


def read(log: Path) -> Iterator[Write]:
    """Yield every write, oldest first; a line that is still being written is left out."""
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield _write(json.loads(line))


def _write(event: dict[str, Any]) -> Write:
    target = event.get("objectRef", {})
    return Write(
        verb=event["verb"],
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        user=event["user"]["username"],
        agent=event.get("userAgent", ""),
        code=event.get("responseStatus", {}).get("code", 0),
        at=event["requestReceivedTimestamp"],
    )

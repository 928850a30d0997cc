"""What a cluster needs before a sweep can be applied: the resource, and a namespace."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from dev.cluster import Cluster
from dev.kubectl import Kubectl

CRDS = Path(__file__).parents[1] / "crds"
_NAMESPACE = "demo"
_HASH = "trading.zixly.io/schema-hash"


class OtherCrdError(RuntimeError):
    """The user's cluster has another version of the resource, which is not ours to change."""


def install_crds(kubectl: Kubectl, cluster: Cluster) -> None:
    """Apply the resource, or use the one that is there if it is the same.

    On a cluster that is not ours it stays, since deleting it would delete everybody's sweeps.

    Raises:
        OtherCrdError: the cluster is not ours and has another version.
    """
    for file in sorted(CRDS.glob("*.yaml")):
        wanted = yaml.safe_load(file.read_text())
        there = _there(kubectl, wanted["metadata"]["name"])
        if there is None or cluster.is_ours:
            kubectl.run("apply", "--server-side", "-f", str(file))
        elif _hash(there) != _hash(wanted):
            raise OtherCrdError(
                f"the cluster has another version of {wanted['metadata']['name']}:"
                f" bring it up to date with `kubectl apply -f {file}`, or use --cluster=apiserver"
            )
        kubectl.wait_established(file)


@contextmanager
def namespace(kubectl: Kubectl, cluster: Cluster) -> Iterator[str]:
    """Provide a namespace of our own, deleted afterwards where the cluster stays."""
    name = _NAMESPACE if cluster.is_ours else f"tradingsweep-{_NAMESPACE}-{secrets.token_hex(4)}"
    kubectl.run("create", "namespace", name)
    try:
        yield name
    finally:
        if not cluster.is_ours:
            kubectl.attempt("delete", "namespace", name, "--wait=false")


def _there(kubectl: Kubectl, name: str) -> dict[str, Any] | None:
    found = kubectl.run("get", "crd", name, "--ignore-not-found", "-o", "json")
    return json.loads(found) if found else None


def _hash(crd: dict[str, Any]) -> str | None:
    value = crd["metadata"].get("annotations", {}).get(_HASH)
    return str(value) if value else None

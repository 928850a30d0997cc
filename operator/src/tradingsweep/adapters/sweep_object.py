"""Reading a TradingSweep as the API server sends it."""

import re
from typing import Any

from pydantic import ValidationError

from tradingsweep.crd.model import GROUP, TradingSweepSpec
from tradingsweep.domain.facts import SweepObject
from tradingsweep.errors import ClusterUnavailable

OWNERS_MARKS = (
    "argocd.argoproj.io/tracking-id",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
    "meta.helm.sh/release-name",
    "applyset.kubernetes.io/part-of",
)
"""Labels and annotations by which Argo CD, Flux, Helm and ApplySets know what is theirs."""
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def sweep_object(body: dict[str, Any]) -> SweepObject:
    """Read an object as the API server sends it.

    Raises:
        ClusterUnavailable: it is not one that this operator's schema admits.
    """
    metadata = body["metadata"]
    try:
        spec = TradingSweepSpec.model_validate(body.get("spec", {}))
    except ValidationError as error:
        where = f"{metadata.get('namespace')}/{metadata.get('name')}"
        raise ClusterUnavailable(f"{where} was admitted under another CRD: {error}") from error
    return SweepObject(
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        generation=metadata["generation"],
        resource_version=metadata["resourceVersion"],
        spec=spec,
        status=body.get("status") or {},
        deleting="deletionTimestamp" in metadata,
        run_requested=_moment(metadata, "run-requested-at"),
        cancel_requested=_moment(metadata, "cancel-requested-at"),
        owner=_owner(metadata),
    )


def _owner(metadata: dict[str, Any]) -> str | None:
    """Return who would bring a deleted object back, or takes it away itself."""
    if any(owner.get("controller") for owner in metadata.get("ownerReferences") or ()):
        return "its controller"
    marks = (metadata.get("labels") or {}).keys() | (metadata.get("annotations") or {}).keys()
    return next((mark for mark in OWNERS_MARKS if mark in marks), None)


def _moment(metadata: dict[str, Any], name: str) -> str | None:
    """Read a command's annotation; what is no moment in RFC 3339 is no command."""
    text = (metadata.get("annotations") or {}).get(f"{GROUP}/{name}")
    return text if isinstance(text, str) and _RFC3339.fullmatch(text) else None

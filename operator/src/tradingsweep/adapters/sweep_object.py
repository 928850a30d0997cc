"""Reading a TradingSweep as the API server sends it."""

import re
from collections.abc import Collection
from typing import Any

from tradingsweep.crd.model import CREATED_BY, GROUP, OWNER_MARKS
from tradingsweep.crd.newer import read
from tradingsweep.domain.facts import SweepObject

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def sweep_object(body: dict[str, Any], marks: Collection[str] = OWNER_MARKS) -> SweepObject:
    """Read an object as the API server sends it.

    Args:
        body: the object.
        marks: labels and annotations of which any makes it somebody else's.
    """
    metadata = body["metadata"]
    spec, newer = read(body.get("spec", {}))
    return SweepObject(
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        generation=metadata["generation"],
        resource_version=metadata["resourceVersion"],
        spec=spec,
        newer=newer,
        status=body.get("status") or {},
        deleting="deletionTimestamp" in metadata,
        run_requested=_moment(metadata, "run-requested-at"),
        cancel_requested=_moment(metadata, "cancel-requested-at"),
        owner=_owner(metadata, marks),
        created_by=(metadata.get("labels") or {}).get(CREATED_BY),
    )


def _owner(metadata: dict[str, Any], marks: Collection[str]) -> str | None:
    """Return who would bring a deleted object back, or takes it away itself."""
    if any(owner.get("controller") for owner in metadata.get("ownerReferences") or ()):
        return "its controller"
    carried = (metadata.get("labels") or {}).keys() | (metadata.get("annotations") or {}).keys()
    return next((mark for mark in marks if mark in carried), None)


def _moment(metadata: dict[str, Any], name: str) -> str | None:
    """Read a command's annotation; what is no moment in RFC 3339 is no command."""
    text = (metadata.get("annotations") or {}).get(f"{GROUP}/{name}")
    return text if isinstance(text, str) and _RFC3339.fullmatch(text) else None

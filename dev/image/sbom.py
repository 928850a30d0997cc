"""Leaves in uv's list of a lock what one environment holds: run by the Python of that environment.

    uv export --format cyclonedx1.5 … | python sbom.py > sbom.cdx.json

The lock knows packages of other platforms too, and some that an image leaves out.
"""

import json
import re
import sys
from importlib.metadata import distributions
from typing import Any

Held = set[tuple[str, str]]
"""Names, as the index spells them, and versions."""


def held_here() -> Held:
    """Return what is installed beside this Python."""
    return {(spelled(one.metadata["Name"]), one.version) for one in distributions()}


def spelled(name: str) -> str:
    """Return a name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def only(bom: dict[str, Any], held: Held) -> dict[str, Any]:
    """Return a list without what is not held.

    Raises:
        ValueError: something is held that is not in the list.
    """
    own = bom["metadata"]["component"]
    kept = [one for one in bom["components"] if _key(one) in held]
    if unlisted := held - {_key(one) for one in [own, *kept]}:
        raise ValueError(f"installed, and not in the lock's list: {sorted(unlisted)}")
    known = {one["bom-ref"] for one in [own, *kept]}
    edges = [
        {**edge, "dependsOn": [to for to in edge.get("dependsOn", ()) if to in known]}
        for edge in bom["dependencies"]
        if edge["ref"] in known
    ]
    return {**bom, "components": kept, "dependencies": edges}


def _key(component: dict[str, Any]) -> tuple[str, str]:
    return spelled(component["name"]), component["version"]


if __name__ == "__main__":
    json.dump(only(json.load(sys.stdin), held_here()), sys.stdout)

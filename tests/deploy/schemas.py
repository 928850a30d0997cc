"""Kubernetes' own schemas as kubeconform takes them: each kind in one file, without references."""

import json
from pathlib import Path
from typing import Any

import kubernetes_validate

_REFERENCE = '"_definitions.json#/definitions/'


def write_schemas(objects: list[dict[str, Any]], version: str, folder: Path) -> str:
    """Write the strict schema of every kind that occurs; returns the pattern of their names."""
    source = Path(kubernetes_validate.__file__).parent
    source = source / "kubernetes-json-schema" / f"{version}-local-strict"
    definitions = _local((source / "_definitions.json").read_text())
    for one in objects:
        name = _file_name(one)
        if (source / name).is_file():
            schema = _local((source / name).read_text())
            (folder / name).write_text(json.dumps({**schema, **definitions}))
    return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def _local(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.replace(_REFERENCE, '"#/definitions/'))
    return found


def _file_name(one: dict[str, Any]) -> str:
    group, _, version = str(one["apiVersion"]).rpartition("/")
    parts = [one["kind"].lower(), group.partition(".")[0], version]
    return "-".join(filter(None, parts)) + ".json"

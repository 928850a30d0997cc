import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tradingsweep.crd import schema

CRD_FILE = Path(__file__).parents[2] / "crds" / "tradingsweeps.yaml"
MANIFEST: dict[str, Any] = schema.crd_manifest()
ROOT = MANIFEST["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def places(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each schema inside of one, with its place."""
    yield path, node
    for name, member in node.get("properties", {}).items():
        yield from places(member, f"{path}.{name}")
    if "items" in node:
        yield from places(node["items"], f"{path}[]")


FIELDS = {
    path: node
    for part in ("spec", "status")
    for path, node in places(ROOT["properties"][part], part)
}
SPEC_FIELDS = {path: node for path, node in FIELDS.items() if path.startswith("spec")}
SENTENCE = re.compile(r"[A-Z`].{8,}\.")
READ_AS_OTHER_TYPES = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"}
KUBERNETES_OWN = {"status.conditions[].status"}
"""A condition's status is True, False or Unknown in every Kubernetes API; kubectl quotes them."""


def test_the_file_is_what_the_models_say() -> None:
    """A change of the models without `make crds` does not pass."""
    assert CRD_FILE.read_text() == schema.crd_yaml(), "run `make crds`"


def test_the_text_is_the_manifest() -> None:
    """Nothing is lost or changed between the object and its YAML."""
    assert MANIFEST == yaml.safe_load(schema.crd_yaml())


def test_the_text_has_no_aliases() -> None:
    """Every part stands where it is read: no `&id001`, no `*id001`."""
    events = list(yaml.parse(schema.crd_yaml()))

    assert [] == [e for e in events if getattr(e, "anchor", None) is not None]


def test_the_hash_is_in_the_annotation() -> None:
    """An operator can tell the installed schema from its own by one annotation."""
    annotations = MANIFEST["metadata"]["annotations"]

    assert {"trading.zixly.io/schema-hash": schema.schema_hash()} == annotations


def test_a_changed_rule_changes_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schemas that treat a sweep differently never have the same hash."""
    before = schema.schema_hash()
    monkeypatch.setattr(schema, "MAX_NAME_LENGTH", 62)

    assert before != schema.schema_hash()


def test_a_field_says_what_it_means() -> None:
    """`kubectl explain` has a whole sentence for every field."""
    descriptions = {path: node.get("description", "") for path, node in FIELDS.items()}

    assert [] == [path for path, text in descriptions.items() if not SENTENCE.fullmatch(text)]


def _written(default: object) -> str:
    """Write a default as its description does."""
    return ", ".join(map(str, default)) if isinstance(default, list) else str(default)


def test_a_default_is_in_the_description() -> None:
    """A reader of the documentation learns the default too, and the right one."""
    defaults = {path: node for path, node in SPEC_FIELDS.items() if "default" in node}

    assert len(defaults) == 12
    assert [] == [
        path
        for path, node in defaults.items()
        if not node["description"].endswith(f"Default {_written(node['default'])}.")
    ]


def test_a_bound_is_in_the_description() -> None:
    """A reader of the documentation learns both bounds of a number of the spec."""
    bounds = [
        (path, str(node[bound]))
        for path, node in SPEC_FIELDS.items()
        for bound in ("minimum", "maximum", "minLength", "maxLength")
        if bound in node
    ]

    assert len(bounds) == 44
    assert [] == [(p, b) for p, b in bounds if b not in SPEC_FIELDS[p]["description"]]


def test_a_string_is_bounded() -> None:
    """No string can fill etcd, or make a CEL rule dear."""
    strings = {path: set(node) for path, node in FIELDS.items() if node["type"] == "string"}

    assert [] == [path for path, words in strings.items() if not words & {"maxLength", "enum"}]


def test_a_list_is_bounded_and_knows_how_it_merges() -> None:
    """No list can fill etcd, and server-side apply knows what an item is."""
    lists = {path: set(node) for path, node in FIELDS.items() if node["type"] == "array"}

    assert {
        "spec.notifications.emails",
        "spec.notifications.phases",
        "status.topResults",
        "status.conditions",
    } == set(lists)
    assert all({"maxItems", "x-kubernetes-list-type"} <= words for words in lists.values())


def test_no_name_or_choice_is_another_type_in_yaml() -> None:
    """A field called `on` could not be written: YAML 1.1 reads it as true."""
    words = {
        (path, word.lower())
        for path, node in FIELDS.items()
        if path not in KUBERNETES_OWN
        for word in (path.rsplit(".", 1)[-1], *node.get("enum", []))
    }

    assert [] == [(path, word) for path, word in words if word in READ_AS_OTHER_TYPES]


def test_a_status_has_no_default_inside() -> None:
    """A patch that leaves a member of the status out does not get the first one's value back."""
    assert ["status"] == [p for p, n in FIELDS.items() if p.startswith("status") and "default" in n]


def test_a_status_is_no_enum() -> None:
    """A CRD that is older than the operator takes the phases and reasons that it does not know."""
    enums = {p for p, n in FIELDS.items() if p.startswith("status") and "enum" in n}

    assert enums == KUBERNETES_OWN

"""Writes what is generated in the chart: the schema of its values, its README, its copy of the CRD.

The settings of the processes come from the processes' own models: a setting that is added there can
be set by the chart at once, under its name in camel case.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic_settings import BaseSettings

from dev.chart_values import VALUES
from dev.chart_words import closed
from tradingapi.settings import Settings as TradingApiSettings
from tradingsweep.config import OperatorSettings
from tradingsweep.crd.schema import crd_yaml
from tradingsweep.receiver.settings import ReceiverSettings

Json = dict[str, Any]

ROOT = Path(__file__).parents[1]
CHART = ROOT / "helm" / "tradingsweep"

CHARTS_OWN = {
    "dsn",
    "trading_api_url",
    "trading_api_key",
    "callback_base",
    "callback_secrets",
    "namespaces",
    "shard",
    "cluster_id",
    "lease_namespace",
    "health_host",
    "health_port",
    "receiver_host",
    "receiver_port",
    "receiver_metrics_port",
    "keys",
    "dev",
    "data_dir",
}
"""Settings that have keys of their own in the chart, or that a pod decides."""


def files() -> dict[Path, str]:
    """Return every generated file of the chart with its text."""
    schema = values_schema()
    return {
        CHART / "files" / "tradingsweeps.yaml": crd_yaml(),
        CHART / "values.schema.json": json.dumps(schema, indent=1) + "\n",
        CHART / "README.md": readme(schema),
    }


def write() -> None:
    """Write them."""
    for path, text in files().items():
        path.write_text(text, "utf-8")


def values_schema() -> Json:
    """Return the schema that Helm holds values against: closed, with a description for each key."""
    schema = json.loads(json.dumps(VALUES))
    for component, model in (
        ("operator", OperatorSettings),
        ("receiver", ReceiverSettings),
        ("tradingApi", TradingApiSettings),
    ):
        schema["properties"][component]["properties"]["settings"] = settings_schema(model)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def settings_schema(model: type[BaseSettings]) -> Json:
    """Return the schema of a process's settings, without those that are secrets or the chart's."""
    raw = model.model_json_schema(mode="validation")
    words = _docstrings(model)
    members = {
        _camel(name): {**_plain(found, raw.get("$defs", {})), "description": words[name]}
        for name, found in raw["properties"].items()
        if name not in CHARTS_OWN and "password" not in json.dumps(found)
    }
    return closed(f"Settings of the process; see `{model.__module__}`.", members)


def _plain(found: Json, definitions: Json) -> Json:
    """Return a type as a person writes it in YAML: no null, no references."""
    kept = {key: value for key, value in found.items() if key not in ("title", "default")}
    if "anyOf" in kept:
        (only,) = [one for one in kept["anyOf"] if one != {"type": "null"}]
        return _plain(only, definitions)
    if "$ref" in kept:
        return _plain(definitions[kept["$ref"].rpartition("/")[2]], definitions)
    if "items" in kept:
        kept["items"] = _plain(kept["items"], definitions)
    kept.pop("format", None)
    kept.pop("description", None)
    return kept


def _docstrings(model: type[BaseSettings]) -> dict[str, str]:
    """Return what the source says below each field."""
    said: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if not issubclass(owner, BaseSettings) or owner is BaseSettings:
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
        assert isinstance(body, ast.ClassDef)
        said.update(_said_below(body.body))
    return said


def _said_below(lines: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in zip(lines, [*lines[1:], ast.Pass()], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            words = field.target.id
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                words = " ".join(str(below.value.value).split())
            yield field.target.id, words


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def readme(schema: Json) -> str:
    """Return the chart's README: how to install, and every key with its default."""
    rows = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows_of(schema))
    head = (CHART / "README.head.md").read_text("utf-8")
    return head + "".join(f"| {row} |\n" for row in rows)


def rows_of(schema: Json) -> Iterator[tuple[str, str, str, str]]:
    """Yield every key with its type, its default, and what it is."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    for key, kind, words in _keys(schema, ()):
        yield f"`{key}`", kind, _cell(values, key), words


def _keys(schema: Json, path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for name, member in schema["properties"].items():
        here = (*path, name)
        if all("description" in one for one in member.get("properties", {"": {}}).values()):
            yield from _keys(member, here)
        else:
            kind = member.get("type") or "one of " + ", ".join(map(str, member.get("enum", [])))
            yield ".".join(here), str(kind), member["description"]


def _cell(values: Json, key: str) -> str:
    found: Any = values
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return "the program's"
        found = found[part]
    return f"`{json.dumps(found)}`"

"""What a newer CRD admits and this program does not know, and what an older one lacks.

Between an upgrade of the CRD and that of the operator an object can hold members that the running
operator has never heard of. One that has the CRD's own default means what was meant before there
was such a member; any other one asks for something that only a newer operator can do.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from tradingsweep.crd.spec import TradingSweepSpec
from tradingsweep.crd.structural import structural

_ANY_QUESTION: dict[str, Any] = {
    "ticker": "UNREAD",
    "fastRange": {"min": 1, "max": 1},
    "slowRange": {"min": 2, "max": 2},
    "step": 1,
}
_QUESTION = {*_ANY_QUESTION, "strategyType", "rsi", "macd", "minTrades", "preset", "runID"}


def read(spec: dict[str, Any]) -> tuple[TradingSweepSpec, dict[str, Any]]:
    """Read a spec; returns it, and by path what of it this program does not know or take.

    A spec that cannot be read has its other fields and a question that is nobody's. Who finds
    something unread must not ask it.
    """
    unread = beyond(_known(), spec)
    try:
        return TradingSweepSpec.model_validate(spec), unread
    except ValidationError as error:
        places = [".".join(map(str, problem["loc"])) for problem in error.errors()]
        refused = {place.partition(".")[0] for place in places}
        rest = {k: v for k, v in spec.items() if k not in _QUESTION | refused}
        unread |= {name: spec.get(name) for name in sorted(refused) or ("strategyType",)}
        return TradingSweepSpec.model_validate({**_ANY_QUESTION, **rest}), unread


def beyond(schema: dict[str, Any], value: object, place: str = "") -> dict[str, Any]:
    """Return by path the members of a value that its schema does not have."""
    known = schema.get("properties")
    if not isinstance(value, dict) or known is None:
        return {}
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if name in known:
            found |= beyond(known[name], inner, f"{place}{name}.")
        else:
            found[place + name] = inner
    return found


def lacking(schema: Mapping[str, Any], published: Mapping[str, Any], place: str = "") -> list[str]:
    """Return by path the members of a schema that the published one does not have."""
    theirs = published.get("properties", {})
    found: list[str] = []
    for name, inner in schema.get("properties", {}).items():
        if name in theirs:
            found += lacking(inner, theirs[name], f"{place}{name}.")
        else:
            found.append(place + name)
    return found


def is_default(schema: dict[str, Any], path: str, value: object) -> bool:
    """Whether the API server puts exactly this where the member is not given."""
    for name in path.split("."):
        schema = schema.get("properties", {}).get(name, {})
    return "default" in schema and _filled(schema, schema["default"]) == value


def _filled(schema: dict[str, Any], value: object) -> object:
    """Fill in the defaults of a default's own members, as the API server does."""
    if not isinstance(value, dict):
        return value
    members: dict[str, Any] = schema.get("properties", {})
    given = {name: inner["default"] for name, inner in members.items() if "default" in inner}
    return {k: _filled(members.get(k, {}), v) for k, v in (given | value).items()}


@cache
def _known() -> dict[str, Any]:
    return structural(TradingSweepSpec.model_json_schema(), "spec")

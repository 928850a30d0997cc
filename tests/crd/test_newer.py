"""What of a spec an older program does not know, and which of it is only a default."""

from typing import Any

import pytest

from tests.support.manifests import QUICK
from tradingsweep.crd.newer import is_default, lacking, read

SPEC: dict[str, Any] = {
    "properties": {
        "venue": {"type": "string", "default": "Any"},
        "note": {"type": "string"},
        "fees": {
            "type": "object",
            "default": {},
            "properties": {"bps": {"type": "integer", "default": 0}, "by": {"type": "string"}},
        },
        "rsi": {"type": "object", "properties": {"smooth": {"type": "integer", "default": 1}}},
    }
}
RSI = {"enter": {"min": 20, "max": 30}, "exit": {"min": 60, "max": 70}, "smooth": 3}


@pytest.mark.parametrize(
    ("more", "unread"),
    [
        ({}, {}),
        ({"venue": "A"}, {"venue": "A"}),
        ({"fees": {"bps": 5}}, {"fees": {"bps": 5}}),
        ({"macd": {"signal": 9, "slope": 1}}, {"macd.slope": 1}),
        ({"strategyType": "BOLLINGER"}, {"strategyType": "BOLLINGER"}),
        ({"step": 10_000}, {"step": 10_000}),
        ({"strategyType": "RSI", "rsi": RSI}, {"rsi.smooth": 3}),
    ],
    ids=str,
)
def test_what_is_not_known_or_not_taken_is_named(more: dict[str, Any], unread: Any) -> None:
    """By its path, with its value."""
    assert unread == read({**QUICK, **more})[1]


def test_a_spec_without_its_ranges_is_not_taken() -> None:
    """A newer strategy may need none; this program must not guess which."""
    without = {name: QUICK[name] for name in ("ticker", "step")}

    assert read(without)[1]


def test_a_spec_that_cannot_be_read_keeps_what_asks_nothing() -> None:
    """A finished sweep is shown and kept as before; its question is nobody's."""
    spec, _ = read({**QUICK, "strategyType": "BOLLINGER", "topResults": 7, "suspend": True})

    assert (7, True, "UNREAD") == (spec.top_results, spec.suspend, spec.ticker)


@pytest.mark.parametrize(
    ("path", "value", "default"),
    [
        ("venue", "Any", True),
        ("venue", "A", False),
        ("note", "", False),
        ("fees", {"bps": 0}, True),
        ("fees", {"bps": 5}, False),
        ("fees", {"bps": 0, "by": "x"}, False),
        ("rsi.smooth", 1, True),
        ("rsi.smooth", 2, False),
        ("unheard", None, False),
        ("unheard.of", 1, False),
    ],
)
def test_only_what_the_api_server_fills_in_is_a_default(
    path: str, value: object, *, default: bool
) -> None:
    """With the defaults of its members; anything else was somebody's wish."""
    assert default is is_default(SPEC, path, value)


def test_what_a_published_schema_lacks_is_named_by_its_path() -> None:
    """What it has beside that, or describes in other words, is no reason to wait."""
    ours: dict[str, Any] = {
        "properties": {"a": {}, "b": {"properties": {"c": {"type": "string"}, "d": {}}}}
    }
    theirs: dict[str, Any] = {
        "properties": {"b": {"properties": {"c": {}, "more": {}}}, "more": {}}
    }

    assert ["a", "b.d"] == lacking(ours, theirs)
    assert [] == lacking(ours, ours)

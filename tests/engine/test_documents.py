"""What the pages on the engine say is what the engine does."""

import re
from pathlib import Path

import pytest

from dev import drawings
from tradingapi.engine import columns as c
from tradingapi.engine import metrics, sweep
from tradingapi.engine.trace import trace

DOCS = Path(__file__).parents[2] / "docs"

PAGE = (DOCS / "engine.md").read_text("utf-8")


def test_every_figure_has_a_formula_in_the_documents() -> None:
    """Whoever adds a column explains it; the open trade's two columns are one row."""
    first_cells = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    explained = set(re.findall(r"`([a-z_]+)`", "".join(first_cells)))
    named = {*c.NAMES, "trades_per_month", "open_trade"} - {"score", "open_return", "open_bar"}

    assert named <= explained


def test_every_reason_for_a_missing_figure_is_in_the_documents() -> None:
    """A null is looked up by its reason."""
    source = Path(metrics.__file__).read_text("utf-8")
    reasons = set(re.findall(r'(?:return|else) "([a-z_]+)"', source))

    assert len(reasons) > 8
    assert reasons <= set(re.findall(r"`([a-z_]+)`", PAGE))


def test_the_picture_of_fills_is_what_the_engine_does() -> None:
    """`make docs` draws it from a run; one that is out of date is found."""
    assert drawings.fills() == drawings.FILLS.read_text("utf-8")


def test_the_pictured_trade_begins_at_the_open_after_its_signal() -> None:
    """Bought on the day after the means cross, sold on the day after they cross back."""
    days = drawings.bars()
    result = sweep(days, drawings.SPEC)
    run = trace(days, drawings.SPEC, result.window, drawings.PAIR)
    (bought,), (sold,) = run.entries.tolist(), run.exits.tolist()
    first = result.window.first

    paid, got = drawings.OPENS[first + bought], drawings.OPENS[first + sold]
    assert run.gains.tolist() == pytest.approx([got / paid - 1])

"""Which edits ask another question, and what is sent for a spec."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.situations import a_spec
from tradingsweep.domain.grid import Grid
from tradingsweep.domain.identity import identity, identity_hash, submission_key
from tradingsweep.domain.request import form, new_run, parameters
from tradingsweep.domain.wording import MAX_MESSAGE, settled

LEVELS = {"enter": {"min": 20, "max": 40}, "exit": {"min": 60, "max": 80}}
AN_RSI: dict[str, Any] = {
    "strategyType": "RSI",
    "fastRange": None,
    "slowRange": None,
    "rsi": LEVELS,
}


def hash_of(**changes: Any) -> str:
    """Return the identity of the seed's example, changed."""
    return identity_hash(identity(a_spec(**changes)))


@pytest.mark.parametrize(
    "same",
    [
        {"minTrades": 50},
        {"strategyType": "SMA"},
        {"priority": 9},
        {"topResults": 1},
        {"storeResults": 1},
        {"activeDeadlineSeconds": 60},
    ],
    ids=str,
)
def test_defaults_and_what_changes_no_result_leave_the_identity(same: dict[str, Any]) -> None:
    """An added default must not run every finished sweep again."""
    assert hash_of() == hash_of(**same)


@pytest.mark.parametrize(
    "other",
    [
        {"ticker": "ETH-USD"},
        {"fastRange": {"min": 10, "max": 15}},
        {"step": 1},
        {"minTrades": 51},
        {"strategyType": "EMA"},
        {"preset": "Minimum"},
        {"runID": "2"},
        {"strategyType": "MACD", "macd": {"signal": 12}},
        AN_RSI,
    ],
    ids=str,
)
def test_what_changes_a_result_changes_the_identity(other: dict[str, Any]) -> None:
    """Another question, another run."""
    assert hash_of() != hash_of(**other)


@pytest.mark.parametrize(
    "other",
    [{"period": 10}, {"enter": {"min": 20, "max": 31}}, {"exit": {"min": 60, "max": 81}}],
    ids=str,
)
def test_what_changes_an_rsi_changes_the_identity(other: dict[str, Any]) -> None:
    """Its period and each of its levels."""
    changed = {**AN_RSI, "rsi": {**LEVELS, **other}}

    assert hash_of(**AN_RSI) != hash_of(**changed)
    assert hash_of(**AN_RSI) == hash_of(**{**AN_RSI, "rsi": {**LEVELS, "period": 14}})


def test_the_form_of_rsi_has_its_levels_in_the_ranges() -> None:
    """As the API takes them: entry levels as fast, exit levels as slow, and the period."""
    sent = form(parameters(a_spec(**AN_RSI)))

    assert ("[20, 40]", "[60, 80]", "14", "RSI") == (
        sent["fast_range"],
        sent["slow_range"],
        sent["rsi_period"],
        sent["strategy_type"],
    )
    run = new_run(a_spec(**AN_RSI), 1)
    assert (25, 25) == (run.requested, run.combinations)


def test_an_empty_macd_is_the_usual_macd() -> None:
    """`macd: {}` asks for what no `macd` asks for."""
    assert hash_of(strategyType="MACD") == hash_of(strategyType="MACD", macd={})


def test_the_identity_is_pinned() -> None:
    """Changing how it is computed would run every finished sweep again."""
    assert {
        "ticker": "BTC-USD",
        "fastRange": {"min": 10, "max": 20},
        "slowRange": {"min": 20, "max": 30},
        "step": 5,
    } == identity(a_spec())
    assert "9b98d5" == hash_of()[:6]


def test_a_key_is_another_for_each_part() -> None:
    """Cluster, object, run, question and attempt: five reasons for another job."""
    base: tuple[str, str, int, str, int] = ("c", "u", 1, "h", 1)
    others = [("d", *base[1:]), ("c", "v", *base[2:]), ("c", "u", 2, "h", 1)]
    more = [("c", "u", 1, "i", 1), ("c", "u", 1, "h", 2)]

    keys = {submission_key(*parts) for parts in (base, *others, *more)}

    assert 6 == len(keys)


def test_the_form_is_the_seeds() -> None:
    """Ranges as JSON text; the preset as config_path."""
    sent = form(parameters(a_spec(preset="Minimum")))

    assert {
        "ticker": "BTC-USD",
        "fast_range": "[10, 20]",
        "slow_range": "[20, 30]",
        "step": "5",
        "min_trades": "50",
        "strategy_type": "SMA",
        "config_path": "minimum",
    } == sent


def test_the_signal_period_is_sent_only_where_it_is_unusual() -> None:
    """The documented API does not have the field."""
    usual, unusual = (
        form(parameters(a_spec(strategyType="MACD", macd={"signal": s}))) for s in (9, 12)
    )

    assert ("signal_period" in usual, unusual["signal_period"]) == (False, "12")


def test_the_seeds_example_has_nine_pairs_of_which_eight_are_valid() -> None:
    """Fast 20 with slow 20 is skipped."""
    run = new_run(a_spec(), 1)

    assert (9, 8) == (run.requested, run.combinations)


RANGES = st.tuples(st.integers(1, 60), st.integers(1, 60)).map(sorted)


@given(RANGES, RANGES, st.integers(1, 50))
def test_counts_are_those_of_the_pairs_themselves(
    fast: list[int], slow: list[int], step: int
) -> None:
    """Counted one by one, the slow and sure way."""
    grid = Grid.read({"fast_range": fast, "slow_range": slow, "step": step})
    pairs = [(f, s) for f in range(61) for s in range(61) if (f, s) in grid]

    assert (len(pairs), len(grid.fast) * len(grid.slow)) == (grid.valid, grid.requested)


@pytest.mark.parametrize(
    ("said", "settled_to"),
    [
        ("job sweep_20250127_103045_btcusd failed", "job <id> failed"),
        ("no data at 2025-01-27T10:31:30Z", "no data at <time>"),
        ("POST http://host/webhook/sweep-callback/k/t failed", "POST <url> failed"),
        ("run run_abc123xyz789 is gone", "run <id> is gone"),
        ("two\nlines\x00", "two lines"),
    ],
)
def test_the_apis_words_lose_what_differs_at_every_look(said: str, settled_to: str) -> None:
    """A message that changes at every look is a hot loop."""
    assert settled_to == settled(said)


def test_a_long_message_fits_a_condition() -> None:
    """The schema would refuse the whole patch."""
    assert MAX_MESSAGE == len(settled("word " * 1000))

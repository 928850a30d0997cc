"""The verdict, rule by rule and sentence by sentence."""

from dataclasses import replace
from typing import Any

import pytest

from tradingapi.honesty.verdict import VERDICT_VERSION, Check, Evidence, VerdictName, judge

GOOD = Evidence(
    valid=1_176,
    eligible=900,
    min_trades=50,
    most_trades=120,
    synthetic=False,
    sharpe=1.32,
    p_value=0.01,
    null_sharpe=0.81,
    pbo=0.1,
    holding_sharpe=0.88,
    alpha_t=2.4,
    plateau=0.9,
    on_grid_edge=False,
    delay_loss=0.05,
    break_even_bps=80.0,
    assumed_bps=10.0,
    efficiency=0.6,
)
"""Passes everything."""

TABLE = [
    ({"eligible": 0}, VerdictName.NO_RESULT, None),
    ({"p_value": 0.21}, VerdictName.LIKELY_LUCK, Check.PERMUTATION),
    ({"pbo": 0.51}, VerdictName.LIKELY_LUCK, Check.OVERFITTING),
    ({"sharpe": 0.88, "alpha_t": 1.64}, VerdictName.NOT_BETTER_THAN_HOLDING, Check.HOLDING),
    ({"sharpe": 0.5, "alpha_t": None}, VerdictName.NOT_BETTER_THAN_HOLDING, Check.HOLDING),
    ({"sharpe": None}, VerdictName.NOT_BETTER_THAN_HOLDING, Check.HOLDING),
    ({"p_value": 0.051}, VerdictName.FRAGILE, Check.PERMUTATION),
    ({"p_value": 0.20}, VerdictName.FRAGILE, Check.PERMUTATION),
    ({"plateau": 0.69}, VerdictName.FRAGILE, Check.PLATEAU),
    ({"on_grid_edge": True}, VerdictName.FRAGILE, Check.EDGE),
    ({"delay_loss": 0.31}, VerdictName.FRAGILE, Check.DELAY),
    ({"break_even_bps": 19.9}, VerdictName.FRAGILE, Check.COSTS),
    ({"efficiency": 0.29}, VerdictName.FRAGILE, Check.WALK_FORWARD),
    ({}, VerdictName.PROMISING, None),
    ({"p_value": 0.05}, VerdictName.PROMISING, None),
    ({"pbo": 0.5}, VerdictName.PROMISING, None),
    ({"sharpe": 0.5, "alpha_t": 1.65}, VerdictName.PROMISING, None),
    ({"plateau": 0.7, "delay_loss": 0.30}, VerdictName.PROMISING, None),
    ({"break_even_bps": 20.0, "efficiency": 0.3}, VerdictName.PROMISING, None),
    ({"break_even_bps": -5.0, "assumed_bps": 0.0}, VerdictName.FRAGILE, Check.COSTS),
]


@pytest.mark.parametrize(("changes", "name", "cause"), TABLE)
def test_each_rule_decides_at_its_bound(
    changes: dict[str, Any], name: VerdictName, cause: Check | None
) -> None:
    """One number is moved at a time, to either side of the bound."""
    found = judge(replace(GOOD, **changes))

    assert (name, cause, VERDICT_VERSION) == (found.name, found.cause, found.verdict_version)


def test_the_first_match_wins() -> None:
    """With everything wrong at once, each rule hides those after it."""
    worst = replace(
        GOOD,
        eligible=0,
        p_value=0.9,
        pbo=0.9,
        sharpe=0.1,
        alpha_t=0.0,
        plateau=0.1,
        on_grid_edge=True,
        delay_loss=0.9,
        break_even_bps=1.0,
        efficiency=-1.0,
    )
    repairs: list[dict[str, Any]] = [
        {"eligible": 900},
        {"p_value": 0.1},
        {"pbo": 0.1},
        {"sharpe": 1.32},
        {"p_value": 0.01},
        {"plateau": 0.9},
        {"on_grid_edge": False},
        {"delay_loss": 0.0},
        {"break_even_bps": 99.0},
        {"efficiency": 0.9},
    ]
    seen = [judge(worst)]
    for repair in repairs:
        worst = replace(worst, **repair)
        seen.append(judge(worst))

    assert [
        ("NoResult", None),
        ("LikelyLuck", Check.PERMUTATION),
        ("LikelyLuck", Check.OVERFITTING),
        ("NotBetterThanHolding", Check.HOLDING),
        ("Fragile", Check.PERMUTATION),
        ("Fragile", Check.PLATEAU),
        ("Fragile", Check.EDGE),
        ("Fragile", Check.DELAY),
        ("Fragile", Check.COSTS),
        ("Fragile", Check.WALK_FORWARD),
        ("Promising", None),
    ] == [(found.name.value, found.cause) for found in seen]


SENTENCES: dict[str, dict[str, Any]] = {
    "None of 1176 pairs closed 50 trades; the most closed 12.": {"eligible": 0, "most_trades": 12},
    "By luck alone the best of 1176 pairs would reach Sharpe 0.81; 0.75 is not more (p=0.431).": {
        "sharpe": 0.75,
        "p_value": 0.431,
    },
    "By luck alone the best of 1176 pairs would reach Sharpe 0.81; 0.95 is not rare enough "
    "(p=0.220).": {"sharpe": 0.95, "p_value": 0.22},
    "The best of 900 pairs on one half of the bars is in the lower half of them on the other in "
    "71% of the splits (PBO=0.71).": {"pbo": 0.71},
    "Sharpe 0.80 is not above holding's 0.88, and alpha is not told from zero (t=0.40).": {
        "sharpe": 0.8,
        "alpha_t": 0.4,
    },
    "Luck alone would do as well in 15% of searches (p=0.150).": {"p_value": 0.15},
    "Its neighbors reach only 0.42 of its score.": {"plateau": 0.42},
    "It lies on the edge of the grid: the best may be outside.": {"on_grid_edge": True},
    "One bar of delay costs 45% of its Sharpe 1.32.": {"delay_loss": 0.45},
    "It breaks even at 15.0 bp a side, less than twice the assumed 10.0.": {"break_even_bps": 15.0},
    "Walking forward kept 0.12 of the return seen in training.": {"efficiency": 0.12},
    "Passed 8 checks; past prices only.": {},
}


@pytest.mark.parametrize(("sentence", "changes"), SENTENCES.items())
def test_each_cause_has_its_sentence_with_its_numbers(
    sentence: str, changes: dict[str, Any]
) -> None:
    """Fixed words, so that a reader learns them once."""
    assert sentence == judge(replace(GOOD, **changes)).sentence


@pytest.mark.parametrize("changes", SENTENCES.values())
def test_synthetic_prices_are_named_at_the_end_of_every_sentence(
    changes: dict[str, Any],
) -> None:
    """Nobody takes an invented market for a real one."""
    found = judge(replace(GOOD, synthetic=True, **changes))

    assert found.sentence.endswith(" (synthetic prices)")


@pytest.mark.parametrize("changes", SENTENCES.values())
def test_no_sentence_promises_anything(changes: dict[str, Any]) -> None:
    """Three words are never used."""
    sentence = judge(replace(GOOD, **changes)).sentence.lower()

    assert [] == [word for word in ("profitable", "safe", "buy") if word in sentence]


def test_a_check_without_a_value_is_skipped_and_named() -> None:
    """It neither passes nor fails, and the sentence says so."""
    found = judge(replace(GOOD, p_value=None, pbo=None, efficiency=None))

    assert VerdictName.PROMISING == found.name
    assert (
        "Passed 5 checks; past prices only. Not checked: permutation test, PBO, walk-forward."
        == (found.sentence)
    )
    assert (Check.PERMUTATION, Check.OVERFITTING, Check.WALK_FORWARD) == found.skipped


def test_a_fragile_result_names_what_was_skipped_too() -> None:
    """A reader sees how much was looked at."""
    found = judge(replace(GOOD, plateau=None, on_grid_edge=True))

    assert found.sentence.endswith("may be outside. Not checked: plateau.")


def test_holding_without_a_ratio_compares_with_nothing() -> None:
    """A price that never moves cannot be beaten or lost to."""
    assert VerdictName.PROMISING == judge(replace(GOOD, holding_sharpe=None)).name

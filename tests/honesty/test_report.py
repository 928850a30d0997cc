"""The whole report: complete, honest about gaps, the same to the byte, and stoppable."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.honesty.markets import SMALL, altered, bars_from, noise, trends
from tradingapi.engine import Bars, Strategy, SweepSpec, sweep
from tradingapi.honesty import (
    HonestyReport,
    Options,
    Preset,
    ReportCancelledError,
    Training,
    VerdictName,
    report,
)

QUICK = Options(permutations=19)


def report_on(bars: Bars, spec: SweepSpec = SMALL, **options: Any) -> HonestyReport:
    """Sweep and report."""
    return report(sweep(bars, spec), bars, spec, **{"options": QUICK, "seed": 1, **options})


def numbers(value: object) -> list[float]:
    """Collect every number of a JSON value."""
    if isinstance(value, dict):
        return [n for part in value.values() for n in numbers(part)]
    if isinstance(value, list):
        return [n for part in value for n in numbers(part)]
    return [value] if isinstance(value, float) else []


def test_a_market_with_an_edge_is_not_called_luck() -> None:
    """Trends of 60 bars: the best of the inner pairs is a find."""
    spec = SweepSpec(Strategy.SMA, (2, 26), (6, 60), 4, min_trades=3)
    found = report_on(trends(900), spec)

    assert found.checks is not None
    assert found.checks.permutation is not None
    assert 1 / 20 == found.checks.permutation.p_value
    assert found.verdict.name in {VerdictName.PROMISING, VerdictName.FRAGILE}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_rising_market_without_skill_is_not_called_promising(seed: int) -> None:
    """Whatever the best pair earned, holding or luck explains it."""
    assert VerdictName.PROMISING != report_on(noise(500, seed, drift=0.002)).verdict.name


def test_a_standard_report_has_every_check() -> None:
    """Nothing is skipped where there is enough to look at."""
    found = report_on(noise(500))

    assert found.checks is not None
    assert {} == found.checks.skipped
    empty = [name for name, part in vars(found.checks).items() if part in (None, ())]
    assert [] == empty
    assert len(found.verdict.checked) + len(found.verdict.skipped) == 8


def test_a_report_is_json_without_nan_or_infinity() -> None:
    """Undefined is null."""
    wire = report_on(noise(500)).as_json()

    assert wire == json.loads(json.dumps(wire, allow_nan=False))
    assert all(math.isfinite(number) for number in numbers(wire))
    assert wire["checks"]["permutation"]["p_value"] == pytest.approx(
        (1 + wire["checks"]["permutation"]["at_least_observed"]) / 20
    )


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads() -> None:
    """Another seed gives others."""
    texts = [
        report_on(noise(400), options=replace(QUICK, threads=threads)).text() for threads in (1, 3)
    ]

    assert texts[0] == texts[1]
    assert texts[0] != report_on(noise(400), seed=2).text()


def test_a_minimum_report_is_holding_and_a_verdict() -> None:
    """The verdict says what it did not look at; no permutation was searched."""
    found = report_on(noise(500), preset=Preset.MINIMUM)

    assert (None, "preset_minimum") == (found.checks, found.checks_reason)
    assert {"permutation test", "PBO", "walk-forward"} <= {*found.verdict.skipped}
    assert {"holding", "grid edge", "one-bar delay"} <= {*found.verdict.checked}
    assert found.buy_and_hold == report_on(noise(500)).buy_and_hold


def test_a_preset_changes_no_verdict_that_needs_no_search() -> None:
    """A pair that does not beat holding does not beat it with fewer checks."""
    found = report_on(noise(500, drift=0.004), preset=Preset.MINIMUM)

    assert VerdictName.NOT_BETTER_THAN_HOLDING == found.verdict.name


def test_nothing_qualified_is_a_result_too() -> None:
    """Holding and the stamp are there; the sentence has the numbers."""
    found = report_on(noise(300), replace(SMALL, min_trades=200))

    assert VerdictName.NO_RESULT == found.verdict.name
    assert (None, "no_pair_reached_min_trades") == (found.checks, found.checks_reason)
    assert "closed 200 trades" in found.verdict.sentence


def test_a_short_window_leaves_checks_out_and_says_why() -> None:
    """Thirty bars: blocks need 20, folds 167."""
    found = report_on(noise(47), replace(SMALL, min_trades=1))

    assert found.checks is not None
    assert "too_few_bars" == found.checks.skipped["walk_forward"]
    assert "walk-forward" in found.verdict.skipped


def test_a_single_pair_is_reported_without_comparisons() -> None:
    """No ranks, no variance across trials, no plateau; the permutation test still stands."""
    spec = SweepSpec(Strategy.SMA, (6, 6), (12, 12), 1, min_trades=1)
    found = report_on(noise(300), spec)

    assert found.checks is not None
    assert {"overfitting", "half_correlation", "deflated_sharpe"} == {*found.checks.skipped}
    assert found.checks.permutation is not None


def test_a_price_that_never_moves_breaks_nothing() -> None:
    """Every ratio is undefined and nothing is found."""
    flat = np.full(300, 50.0)
    bars = bars_from(flat)
    still = replace(bars, open=flat, high=flat, low=flat)
    found = report_on(still, replace(SMALL, min_trades=0))

    assert VerdictName.LIKELY_LUCK == found.verdict.name
    assert found.checks is not None
    assert found.checks.permutation is not None
    assert 1.0 == found.checks.permutation.p_value


def test_synthetic_prices_are_named() -> None:
    """In the sentence, from the origin of the bars."""
    bars = noise(400)
    invented = replace(bars, origin=replace(bars.origin, synthetic=True))

    assert report_on(invented).verdict.sentence.endswith("(synthetic prices)")


def test_options_reach_their_checks() -> None:
    """Blocks, splits and training as asked, and all of them in the stamp."""
    asked = Options(permutations=5, block_bars=20, pbo_blocks=16, training=Training.ROLLING)
    found = report_on(noise(500), options=asked)

    assert found.checks is not None
    assert found.checks.permutation is not None
    assert found.checks.overfitting is not None
    assert found.checks.walk_forward is not None
    assert (5, 20) == (
        found.checks.permutation.permutations,
        found.checks.permutation.block_bars,
    )
    assert (16, 12_870) == (found.checks.overfitting.blocks, found.checks.overfitting.splits)
    assert "rolling" == found.checks.walk_forward.training
    assert {
        "preset": "standard",
        "seed": 1,
        "permutations": 5,
        "block_bars": 20,
        "pbo_blocks": 16,
        "training": "rolling",
    } == found.stamp.parameters["report"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"permutations": 0}, "permutations: at least 1"),
        ({"block_bars": 0}, "block_bars: at least 1"),
        ({"pbo_blocks": 12}, "pbo_blocks: 10 or 16"),
        ({"threads": 0}, "threads: at least 1"),
    ],
)
def test_a_wrong_option_is_refused_by_name(wrong: dict[str, Any], rule: str) -> None:
    """The message says the rule."""
    with pytest.raises(ValueError, match=rule):
        Options(**wrong)


def test_a_negative_seed_is_refused_by_name() -> None:
    """There is no such stream."""
    with pytest.raises(ValueError, match="seed: 0 or more"):
        report_on(noise(300), seed=-1)


def test_bars_of_another_sweep_are_refused() -> None:
    """A report on the wrong prices would look like a report."""
    bars = noise(300)
    result = sweep(bars, SMALL)

    with pytest.raises(ValueError, match="bars: are not those"):
        report(result, altered(bars, 250), SMALL)
    with pytest.raises(ValueError, match="spec: is not the one"):
        report(result, bars, replace(SMALL, fee_bps=1.0))


def test_progress_rises_to_one_and_names_what_is_done() -> None:
    """A bar over the permutations, not a jump."""
    seen: list[tuple[float, str]] = []
    report_on(noise(500), progress=lambda part, name: seen.append((part, name)))
    parts = [part for part, _ in seen]

    assert parts == sorted(parts)
    assert 1.0 == parts[-1]
    assert {"winner", "cross-validation", "walk-forward", "permutation"} == {n for _, n in seen}
    assert len(seen) >= QUICK.permutations_of(1)


@pytest.mark.parametrize("after", [0, 3, 12])
def test_a_report_that_is_no_longer_wanted_ends(after: int) -> None:
    """Within any of its parts."""
    steps: list[float] = []
    with pytest.raises(ReportCancelledError):
        report_on(
            noise(500),
            progress=lambda part, _: steps.append(part),
            cancel=lambda: len(steps) >= after,
        )
    assert after == len(steps)

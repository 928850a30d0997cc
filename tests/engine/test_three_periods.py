"""MACD with a range of signal periods, and the sampler that searches what a grid cannot hold."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engine.agreement import disagreements
from tests.engine.series import a_walk
from tradingapi.engine import Search, Strategy, SweepSpec, sweep
from tradingapi.engine.grid import MOST_COMBINATIONS, Triple, grid
from tradingapi.honesty import Options, report

THREE = SweepSpec(Strategy.MACD, (3, 9), (5, 21), 2, min_trades=5, signal_periods=(4, 8))
SAMPLED = replace(THREE, search=Search.BAYES, max_trials=40)


def test_every_combination_has_the_figures_of_its_twin() -> None:
    """Signal lines are not mixed up, whatever the order in which they are done."""
    result = sweep(a_walk(400), replace(THREE, signal_step=2), threads=2)

    assert [] == disagreements(result)


def test_a_combination_has_the_bytes_that_it_has_alone() -> None:
    """Measured on the same window."""
    bars = a_walk(400)
    start = int(bars.time[60])
    among = sweep(bars, replace(THREE, start=start))
    place = among.grid.pairs.index(Triple(5, 9, 6))

    one = replace(THREE, fast=(5, 5), slow=(9, 9), signal_periods=None, signal_period=6)
    alone = sweep(bars, replace(one, start=start))

    assert among.figures[:, place].tobytes() == alone.figures[:, 0].tobytes()


def test_progress_counts_all_signal_periods() -> None:
    """From nothing to everything, once."""
    told: list[tuple[int, int]] = []
    result = sweep(a_walk(400), THREE, lambda *news: told.append(news))
    done = [each for each, _ in told]

    assert [(0, len(result.grid)), (len(result.grid),) * 2] == [told[0], told[-1]]
    assert sorted(set(done)) == done


def test_combinations_are_in_the_order_of_their_periods() -> None:
    """Fast, then slow, then signal; the table has a column for it."""
    result = sweep(a_walk(400), THREE)
    triples = [tuple(each) for each in result.grid.pairs]

    assert sorted(triples) == triples
    assert 4 * 9 * 5 == result.requested
    assert set(range(4, 9)) == set(result.to_pandas()["signal_period"])


def test_more_than_five_million_combinations_are_refused() -> None:
    """The message says how many, and what to do."""
    full = SweepSpec(Strategy.MACD, (2, 499), (3, 500), signal_periods=(2, 50))

    with pytest.raises(ValueError, match=r"6,088,299 combinations, at most 5,000,000; .*bayes"):
        grid(full)
    assert len(grid(replace(full, signal_periods=(2, 41)))) < MOST_COMBINATIONS


def test_the_signal_line_has_a_range_only_where_there_is_one() -> None:
    """The field and the rule are named."""
    with pytest.raises(ValueError, match="signal_periods: only for MACD"):
        replace(THREE, strategy=Strategy.SMA)
    with pytest.raises(ValueError, match="signal_periods: 2 <= min <= max <= 50"):
        replace(THREE, signal_periods=(8, 4))


def test_a_sampler_tests_so_many_and_each_once() -> None:
    """Its figures are the grid's for the same combinations; the seed decides which."""
    whole, found = sweep(a_walk(400), THREE), sweep(a_walk(400), SAMPLED)
    places = [whole.grid.pairs.index(each) for each in found.grid.pairs]

    assert 40 == len(set(places))
    assert whole.figures[:, places].tobytes() == found.figures.tobytes()
    assert whole.requested == found.requested
    assert found.grid.pairs == sweep(a_walk(400), SAMPLED).grid.pairs
    assert found.grid.pairs != sweep(a_walk(400), replace(SAMPLED, search_seed=1)).grid.pairs


def test_a_sampler_with_trials_enough_has_tested_the_grid() -> None:
    """It ends when nothing is left, with the grid's best."""
    small = replace(THREE, fast=(3, 7), slow=(5, 13))
    whole = sweep(a_walk(400), small)

    found = sweep(a_walk(400), replace(small, search=Search.BAYES, max_trials=1_000))

    assert whole.grid.pairs == found.grid.pairs
    assert np.array_equal(whole.order, found.order)


def test_a_report_on_a_sampler_says_what_cannot_be_tested() -> None:
    """What it tested is no sample; what searches again has the sampler inside."""
    result = sweep(a_walk(400), SAMPLED)

    found = report(result, result.history, SAMPLED, options=Options(permutations=2))

    assert found.checks is not None
    assert found.checks.permutation is not None
    assert found.checks.walk_forward is not None
    assert None is found.checks.plateau
    assert None is found.checks.overfitting
    assert {"adaptive_search"} == {
        found.checks.skipped[name] for name in ("plateau", "overfitting", "deflated_sharpe")
    }


def test_a_report_on_three_periods_has_every_check() -> None:
    """Neighbors are near in all three; the stamp holds the ranges."""
    result = sweep(a_walk(400), THREE)

    found = report(result, result.history, THREE, options=Options(permutations=2))

    assert found.checks is not None
    assert {} == dict(found.checks.skipped)
    assert (4, 8) == tuple(found.stamp.parameters["signal_periods"])

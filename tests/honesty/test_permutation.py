"""The permutation test: skill is found, luck is not, and the arithmetic is right."""

from dataclasses import replace

import numpy as np
import pytest
from typing_extensions import override

from tests.honesty.markets import noise, study_of, trends, winner_of
from tradingapi.engine import Bars, SweepSpec
from tradingapi.honesty.backtester import Surface
from tradingapi.honesty.by_engine import SweepEngine
from tradingapi.honesty.permutation import (
    Draw,
    Permutation,
    compare,
    draw_of,
    permutations_for,
    search_permuted,
)
from tradingapi.honesty.study import Study
from tradingapi.honesty.watch import ReportCancelledError, Watch

QUIET = Watch(1, None, None)


def examined(study: Study, count: int = 39, *, block: int = 1, threads: int = 1) -> Permutation:
    """Run the whole test."""
    draws = search_permuted(study, count=count, block=block, seed=1, threads=threads, watch=QUIET)
    observed = float(study.surface.score[winner_of(study)])
    return compare(draws, observed, block=block, seed=1)


def draws_of(*scores: float) -> tuple[Draw, ...]:
    """Build what permuted searches found, with a Sharpe ratio of a tenth of the score."""
    return tuple(Draw(score, score / 10, score / 10, 1, 0.0, 0.0) for score in scores)


def test_a_market_with_an_edge_has_a_small_p() -> None:
    """None of 39 permutations of a trending market is as good: p is 1/40, the least there is."""
    assert 1 / 40 == examined(study_of(trends())).p_value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_rising_market_without_skill_has_a_large_p(seed: int) -> None:
    """Its drift is in every permutation too, so it is not taken for skill."""
    assert examined(study_of(noise(seed=seed, drift=0.002))).p_value > 0.05


def test_permuted_blocks_keep_what_lies_within_them() -> None:
    """A trend shorter than a block is in the permutations too, and is no longer a find."""
    study = study_of(trends(length=12, drift=0.012))

    assert examined(study, block=24).p_value > examined(study, block=1).p_value


def test_p_counts_the_permutations_that_are_at_least_as_good() -> None:
    """Two of four reach 1.0: (1 + 2) / (4 + 1)."""
    found = compare(draws_of(0.5, 1.0, 2.0, 0.9), 1.0, block=1, seed=1)

    assert (0.6, 2, 4) == (found.p_value, found.at_least_observed, found.permutations)
    assert found.null_mean_score == pytest.approx(1.1)
    assert found.null_mean_sharpe == pytest.approx(0.11)


def test_a_permutation_that_differs_by_rounding_is_as_good() -> None:
    """Where order changes nothing, nothing is found."""
    assert 1.0 == compare(draws_of(*[1.0 - 1e-13] * 3), 1.0, block=1, seed=1).p_value


def test_a_permutation_without_a_result_counts_as_less() -> None:
    """It is told, and the means leave it out."""
    empty = Draw(np.nan, np.nan, np.nan, 0, 0.0, 0.0)
    found = compare((empty, *draws_of(2.0)), 1.0, block=1, seed=1)

    assert (2 / 3, 1, 2.0) == (found.p_value, found.without_result, found.null_mean_score)


def test_permutations_without_any_result_have_no_means() -> None:
    """Nothing is averaged over nothing."""
    empty = Draw(np.nan, np.nan, np.nan, 0, 0.0, 0.0)
    found = compare((empty,), 1.0, block=1, seed=1)

    assert (0.5, None, None) == (found.p_value, found.null_mean_sharpe, found.null_sharpe_95)


def test_p_lies_above_0_and_at_most_at_1() -> None:
    """Also for the best and for the worst result there can be."""
    draws = draws_of(0.1, 0.2)

    assert [1 / 3, 1.0] == [compare(draws, x, block=1, seed=1).p_value for x in (4.0, -4.0)]


def test_a_draw_keeps_the_chosen_pair_and_the_largest_ratio() -> None:
    """The pair with the best score need not have the best Sharpe; the unqualified do not count."""
    surface = Surface(
        fast=np.array([1, 1, 2, 2]),
        slow=np.array([3, 4, 3, 4]),
        score=np.array([1.0, 2.0, 1.5, 9.0]),
        sharpe=np.array([0.8, 0.5, np.nan, 7.0]),
        annualized=np.zeros(4),
        trades=np.array([10, 10, 10, 1]),
    )
    draw = draw_of(surface, min_trades=10)

    assert (2.0, 0.5, 0.8, 2) == (draw.score, draw.sharpe, draw.max_sharpe, draw.sharpes)
    assert (draw.total, draw.squares) == pytest.approx((1.3, 0.89))


def test_equal_scores_go_by_sharpe_then_fewer_trades_then_smaller_periods() -> None:
    """The same order as the ranking's."""
    surface = Surface(
        fast=np.array([1, 2, 3, 4, 5]),
        slow=np.array([9, 9, 9, 9, 9]),
        score=np.ones(5),
        sharpe=np.array([np.nan, 0.4, 0.5, 0.5, 0.5]),
        annualized=np.zeros(5),
        trades=np.array([1, 1, 7, 3, 3]),
    )

    assert [3, 4, 2, 1, 0] == surface.order(surface.qualified(0)).tolist()
    assert 3 == surface.best(0)
    assert surface.best(100) is None


def test_the_test_is_the_same_with_any_number_of_threads() -> None:
    """A permutation's numbers depend on its index alone."""
    study = study_of(noise(200))

    assert examined(study, 12) == examined(study, 12, threads=3)


def test_a_large_grid_is_searched_99_times() -> None:
    """999 permutations up to 2,000 pairs."""
    assert (999, 999, 99) == tuple(permutations_for(pairs) for pairs in (8, 2_000, 2_001))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_canceled_test_ends_between_two_permutations(threads: int) -> None:
    """It does not search the other thousands first."""
    searched: list[SweepSpec] = []

    class Counting(SweepEngine):
        @override
        def surface(self, bars: Bars, spec: SweepSpec) -> Surface:
            searched.append(spec)
            return super().surface(bars, spec)

    study = replace(study_of(noise(150)), engine=Counting())
    watch = Watch(5_000, None, lambda: len(searched) >= 3)

    with pytest.raises(ReportCancelledError, match="permutation"):
        search_permuted(study, count=5_000, block=1, seed=1, threads=threads, watch=watch)
    assert len(searched) <= 2 + threads

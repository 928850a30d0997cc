"""PBO against a second implementation in plain Python, and against what it must say."""

import math
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.honesty.markets import noise, study_of
from tradingapi.honesty.backtester import BlockSums, Surface
from tradingapi.honesty.overfitting import cross_validate, edges, half_correlation
from tradingapi.honesty.study import Study
from tradingapi.honesty.watch import ReportCancelledError, Watch

STUDY = study_of(noise(300))
QUIET = Watch(1, None, None)


def sums_of(returns: NDArray[np.float64], blocks: int) -> BlockSums:
    """Cut each pair's returns into blocks, one by one."""
    cuts = edges(returns.shape[1], blocks)
    parts = [returns[:, a:b] for a, b in pairwise(cuts)]
    return BlockSums(
        np.stack([part.sum(axis=1) for part in parts], axis=1),
        np.stack([(part**2).sum(axis=1) for part in parts], axis=1),
        np.array([part.shape[1] for part in parts]),
    )


def with_pairs(pairs: int, trades: NDArray[np.int64] | None = None) -> Study:
    """Pretend that the study had so many pairs."""
    return replace(
        STUDY,
        surface=Surface(
            fast=np.arange(pairs),
            slow=np.arange(pairs) + 1,
            score=np.zeros(pairs),
            sharpe=np.zeros(pairs),
            annualized=np.zeros(pairs),
            trades=np.full(pairs, 100) if trades is None else trades,
        ),
    )


def ratio(returns: list[float]) -> float:
    """Sharpe ratio of a bar, 0 without movement."""
    mean = math.fsum(returns) / len(returns)
    spread = math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (len(returns) - 1))
    return mean / spread if spread > 1e-14 else 0.0


def naive_pbo(returns: NDArray[np.float64], blocks: int) -> tuple[float, float]:
    """Every split, every pair, every bar."""
    cuts = edges(returns.shape[1], blocks)
    below, losses, splits = 0, 0, 0
    for way in combinations(range(blocks), blocks // 2):
        inside = [t for k in way for t in range(cuts[k], cuts[k + 1])]
        outside = sorted(set(range(returns.shape[1])) - set(inside))
        trained = [ratio([float(row[t]) for t in inside]) for row in returns]
        tested = [ratio([float(row[t]) for t in outside]) for row in returns]
        chosen = tested[trained.index(max(trained))]
        equal = sum(math.isclose(x, chosen, abs_tol=1e-15) for x in tested)
        less = sum(x < chosen for x in tested)
        rank = less + (equal + 1) / 2
        below += rank / (len(tested) + 1) < 0.5
        losses += chosen < 0
        splits += 1
    return below / splits, losses / splits


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pbo_is_that_of_the_plain_implementation(seed: int) -> None:
    """Share below the middle and share of losses, on unequal blocks."""
    returns = np.random.default_rng(seed).normal(0.0003, 0.01, (7, 83))
    found = cross_validate(with_pairs(7), sums_of(returns, 6), QUIET)

    assert found is not None
    assert naive_pbo(returns, 6) == (found.pbo, found.probability_of_loss)
    assert (6, 20, 7, 7) == (
        found.blocks,
        found.splits,
        found.trials_total,
        found.trials_eligible,
    )


def test_a_pair_that_is_always_best_is_not_overfitted() -> None:
    """Chosen on any half, it is the best on the other."""
    returns = np.random.default_rng(1).normal(0, 0.01, (9, 200))
    returns[4] += 0.02
    found = cross_validate(with_pairs(9), sums_of(returns, 10), QUIET)

    assert found is not None
    assert (0.0, 0.0, 252) == (found.pbo, found.probability_of_loss, found.splits)


def test_a_pair_that_takes_turns_with_another_is_overfitted() -> None:
    """Good on one half of the blocks means bad on the others: the best of one half is the worst."""
    flip = np.where(np.arange(200) // 20 % 2 == 0, 1.0, -1.0)
    wobble = np.random.default_rng(1).normal(0, 0.001, (2, 200))
    returns = 0.01 * np.stack([flip, -flip]) + wobble
    found = cross_validate(with_pairs(2), sums_of(returns, 10), QUIET)

    assert found is not None
    assert found.pbo == 1.0
    assert found.probability_of_loss == 1.0


def test_equal_pairs_stand_in_the_middle() -> None:
    """Ties have their mean rank: half of N + 1 is not below the middle."""
    returns = np.tile(np.random.default_rng(1).normal(0, 0.01, 100), (5, 1))
    found = cross_validate(with_pairs(5), sums_of(returns, 10), QUIET)

    assert found is not None
    assert found.pbo == 0.0


def test_a_pair_that_never_trades_has_a_ratio_of_nothing() -> None:
    """No movement is 0: better than losing, and no error."""
    returns = np.random.default_rng(1).normal(-0.01, 0.01, (3, 100))
    returns[1] = 0.0
    found = cross_validate(with_pairs(3), sums_of(returns, 10), QUIET)

    assert found is not None
    assert (0.0, 0.0) == (found.pbo, found.probability_of_loss)


def test_only_pairs_with_enough_trades_take_part() -> None:
    """Both numbers of trials are reported."""
    returns = np.random.default_rng(2).normal(0, 0.01, (4, 120))
    study = with_pairs(4, np.array([100, 0, 100, 100]))
    found = cross_validate(study, sums_of(returns, 10), QUIET)

    assert found is not None
    assert (4, 3) == (found.trials_total, found.trials_eligible)
    assert naive_pbo(returns[[0, 2, 3]], 10)[0] == found.pbo


def test_one_pair_has_no_rank() -> None:
    """There is nothing to compare it with."""
    assert cross_validate(with_pairs(1), sums_of(np.ones((1, 40)), 10), QUIET) is None


def test_a_long_cross_validation_can_be_canceled() -> None:
    """Sixteen blocks of a large grid take seconds: it is asked between chunks of splits."""
    asked: list[bool] = []

    def cancel() -> bool:
        asked.append(True)
        return len(asked) == 3

    returns = np.random.default_rng(1).normal(0, 0.01, (20_000, 32))
    with pytest.raises(ReportCancelledError, match="cross-validation"):
        cross_validate(with_pairs(20_000), sums_of(returns, 16), Watch(1, None, cancel))
    assert 3 == len(asked)


def test_blocks_cover_the_window_and_are_nearly_equal() -> None:
    """Lengths differ by at most one bar."""
    cuts = edges(103, 10)
    lengths = {b - a for a, b in pairwise(cuts)}

    assert (0, 103, {10, 11}) == (cuts[0], cuts[-1], lengths)


def test_a_surface_that_stays_correlates_with_itself() -> None:
    """Means that rise over the pairs in both halves: 1; that turn round: -1."""
    shift = np.linspace(-0.02, 0.02, 8)[:, None]
    noise_of = np.random.default_rng(1).normal(0, 0.001, (8, 100))
    turned = np.concatenate((noise_of[:, :50] + shift, noise_of[:, 50:] - shift), axis=1)

    assert half_correlation(sums_of(noise_of + shift, 10)) == pytest.approx(1.0)
    assert half_correlation(sums_of(turned, 10)) == pytest.approx(-1.0)


def test_a_half_without_differences_has_no_correlation() -> None:
    """Nothing moved, so nothing is ranked."""
    assert half_correlation(sums_of(np.zeros((4, 40)), 10)) is None


def test_the_engines_block_sums_are_those_of_its_runs() -> None:
    """Every pair, every block, in the surface's order."""
    cuts = edges(STUDY.size, 10)
    sums = STUDY.engine.block_sums(STUDY.bars, STUDY.spec, cuts)
    runs = [
        STUDY.engine.run(STUDY.bars, STUDY.spec, STUDY.surface.pair(index)).returns
        for index in range(len(STUDY.surface))
    ]
    expected = sums_of(np.stack(runs) - STUDY.risk_free, 10)

    np.testing.assert_allclose(expected.total, sums.total, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(expected.squares, sums.squares, rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(expected.bars, sums.bars)

"""The bootstrap interval: the right resamples, the right ratio, the right width."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.honesty.markets import SMALL, noise, study_of
from tradingapi.honesty import draws
from tradingapi.honesty.bootstrap import intervals, resampled_sharpe


def test_a_resample_is_blocks_from_a_ring() -> None:
    """Bar by bar: three blocks of four from eleven bars, the last one cut to three."""
    series = np.random.default_rng(1).normal(0.001, 0.01, 11)
    starts = np.array([[0, 9, 4], [10, 10, 10]])
    found = resampled_sharpe(series, starts, 4, 252.0)

    for row, ratio in zip(starts, found, strict=True):
        bars = [
            series[(s + k) % 11]
            for s, size in zip(row, (4, 4, 3), strict=True)
            for k in range(size)
        ]
        expected = np.mean(bars) / np.std(bars, ddof=1) * math.sqrt(252)
        assert ratio == pytest.approx(expected)


def test_a_resample_without_movement_has_a_ratio_of_nothing() -> None:
    """A flat stretch drawn again and again."""
    assert [0.0] == resampled_sharpe(np.zeros(8), np.array([[0, 4]]), 4, 252.0).tolist()


def test_an_interval_is_as_wide_as_theory_says() -> None:
    """For independent returns: 1.96 standard errors of sqrt(A/n), within a tenth."""
    series = np.random.default_rng(2).normal(0.0002, 0.01, 4_000)
    starts = draws.integers(4_000, (1_000, 200), seed=1)
    low, high = np.quantile(resampled_sharpe(series, starts, 20, 252.0), [0.025, 0.975])

    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(252 / 4_000), rel=0.1)


def test_the_best_ten_pairs_have_an_interval_around_their_ratio() -> None:
    """Best first, on the same resampled bars, and it says what it ignores."""
    study = study_of(noise(400))
    top = study.surface.order(study.surface.qualified(3))
    found = intervals(study, top.tolist(), seed=1)

    assert 10 == len(found.pairs)
    assert [study.surface.pair(int(i)) for i in top[:10]] == [(p.fast, p.slow) for p in found.pairs]
    for pair in found.pairs:
        assert pair.sharpe is not None
        assert pair.low is not None
        assert pair.high is not None
        assert pair.low < pair.sharpe < pair.high
    assert found.ignores_selection is True


def test_a_pair_without_a_ratio_has_no_interval() -> None:
    """It never traded."""
    study = study_of(noise(400), replace(SMALL, min_trades=0))
    silent = replace(study.surface, sharpe=np.full(len(study.surface), np.nan))
    found = intervals(replace(study, surface=silent), [0], seed=1)

    assert (None, None, None) == (found.pairs[0].sharpe, found.pairs[0].low, found.pairs[0].high)


def test_drawn_numbers_are_even_and_never_change() -> None:
    """Each of ten comes a tenth of the time; the first ones are fixed for a seed."""
    found = draws.integers(10, (1_000, 100), seed=1)

    assert np.abs(np.bincount(found.ravel(), minlength=10) - 10_000).max() < 400
    assert [4, 4, 4, 2, 8] == found[0, :5].tolist()

"""How uncertain a Sharpe ratio is: its interval from resampled blocks of the pair's own returns.

Circular block bootstrap (Politis and Romano 1992): blocks of consecutive bars, drawn with
replacement from the window closed to a ring, are put together to a series of the same length.
Percentile interval. Blocks of 20 bars keep what volatility remembers over a month of days.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.grid import Choice
from tradingapi.honesty import draws
from tradingapi.honesty.ratios import NO_VARIATION, finite
from tradingapi.honesty.shuffling import BLOCK_BARS
from tradingapi.honesty.study import Study

RESAMPLES: Final = 1_000

PAIRS: Final = 10
"""The interval is given for so many of the best pairs."""

LEVEL: Final = 0.95


@dataclass(frozen=True)
class Interval:
    """One pair's Sharpe ratio, a year's, with the bounds of its interval."""

    fast: int
    slow: int
    sharpe: float | None
    low: float | None
    high: float | None
    """None where the returns do not vary."""


@dataclass(frozen=True)
class Intervals:
    """The best pairs. Every pair sees the same resampled bars."""

    level: float
    resamples: int
    block_bars: int
    seed: int
    ignores_selection: bool
    """Always true: an interval is as if its pair had been the only one tested."""
    pairs: tuple[Interval, ...]


def intervals(study: Study, top: Sequence[int], seed: int) -> Intervals:
    """Compute the interval of each pair in `top`."""
    block = min(BLOCK_BARS, study.size)
    starts = draws.integers(study.size, (RESAMPLES, -(-study.size // block)), seed)
    return Intervals(
        level=LEVEL,
        resamples=RESAMPLES,
        block_bars=block,
        seed=seed,
        ignores_selection=True,
        pairs=tuple(
            _interval(study, study.surface.pair(index), finite(study.surface.sharpe[index]), starts)
            for index in top[:PAIRS]
        ),
    )


def resampled_sharpe(
    excess: FloatArray, starts: IntArray, block: int, per_year: float
) -> FloatArray:
    """Return the Sharpe ratio of each resample; 0 where it does not vary.

    Args:
        excess: A pair's excess returns.
        starts: First bar of each block, one row for each resample. The last block is cut so that
            a resample is as long as the series.
        block: Bars in a block.
        per_year: Bars a year.
    """
    size = excess.size
    lengths = np.full(starts.shape[1], block)
    lengths[-1] = size - block * (starts.shape[1] - 1)
    ring = np.concatenate((excess, excess))
    total, squares = (
        _block_sums(values, starts, lengths).sum(axis=1) for values in (ring, ring * ring)
    )
    mean = total / size
    spread = np.sqrt(np.maximum((squares - total * mean) / (size - 1), 0))
    ratio = np.where(spread > NO_VARIATION, mean / np.maximum(spread, NO_VARIATION), 0.0)
    return np.asarray(ratio * math.sqrt(per_year))


def _block_sums(ring: FloatArray, starts: IntArray, lengths: IntArray) -> FloatArray:
    before = np.concatenate(([0.0], np.cumsum(ring)))
    return np.asarray(before[starts + lengths] - before[starts])


def _interval(study: Study, pair: Choice, ratio: float | None, starts: IntArray) -> Interval:
    if ratio is None:
        return Interval(pair.fast, pair.slow, None, None, None)
    excess = study.engine.run(study.bars, study.spec, pair).returns - study.risk_free
    block = min(BLOCK_BARS, study.size)
    sampled = resampled_sharpe(excess, starts, block, study.per_year)
    low, high = np.quantile(sampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(pair.fast, pair.slow, ratio, float(low), float(high))

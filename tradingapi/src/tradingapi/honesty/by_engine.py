"""The sweep engine as the checks' `Backtester`: the one file that knows the engine inside."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tradingapi.engine import Bars, SweepResult, SweepSpec, sweep
from tradingapi.engine.bars import BoolArray, FloatArray
from tradingapi.engine.fills import factors, follow
from tradingapi.engine.grid import Pair, grid
from tradingapi.engine.indicators import lines
from tradingapi.engine.periods import bars_per_year
from tradingapi.engine.positions import held_bars, long_state
from tradingapi.engine.window import Window
from tradingapi.honesty.backtester import BlockSums, Run, Surface


class SweepEngine:
    """Answers the checks' questions by the engine that answered the sweep."""

    def surface(self, bars: Bars, spec: SweepSpec) -> Surface:
        """Evaluate every pair of the grid."""
        return surface_of(sweep(bars, spec))

    def run(self, bars: Bars, spec: SweepSpec, pair: Pair, *, delay: int = 0) -> Run:
        """Follow one pair, filling every signal `delay` bars later."""
        window = window_of(bars, spec)
        history = bars.until(window.stop)
        line = lines(history.close, spec, pair)
        state = long_state(line[pair.fast], line[pair.slow], history.close)
        return _follow(history, spec, window, held_bars(_late(state, delay), window, spec))

    def hold(self, bars: Bars, spec: SweepSpec) -> Run:
        """Hold the ticker from the window's first fill to its end."""
        window = window_of(bars, spec)
        always = np.ones(window.bars, dtype=np.bool_)
        return _follow(bars.until(window.stop), spec, window, always)

    def block_sums(self, bars: Bars, spec: SweepSpec, edges: Sequence[int]) -> BlockSums:
        """Add up every pair's excess returns in each block of the window."""
        window = window_of(bars, spec)
        history = bars.until(window.stop)
        pairs = sorted(grid(spec).pairs)
        line = lines(history.close, spec, (period for pair in pairs for period in pair))
        riskless = (1 + spec.risk_free_rate) ** (1 / bars_per_year(bars)[0]) - 1
        sums = np.empty((2, len(pairs), len(edges) - 1))
        for index, pair in enumerate(pairs):
            state = long_state(line[pair.fast], line[pair.slow], history.close)
            run = _follow(history, spec, window, held_bars(state, window, spec))
            sums[:, index] = _by_block(run.returns - riskless, edges)
        lengths = [stop - start for start, stop in pairwise(edges)]
        return BlockSums(sums[0], sums[1], np.array(lengths, dtype=np.int64))


def window_of(bars: Bars, spec: SweepSpec) -> Window:
    """Return the bars of [start, end].

    Raises:
        ValueError: One of the two is not set: which bars are meant would depend on the grid.
    """
    if spec.start is None or spec.end is None:
        raise ValueError("start, end: both are needed to ask about single pairs")
    first = int(np.searchsorted(bars.time, spec.start, side="left"))
    return Window(first, int(np.searchsorted(bars.time, spec.end, side="right")), None)


def surface_of(result: SweepResult) -> Surface:
    """Arrange a finished sweep by fast and slow."""
    rows = sorted(result.rows, key=lambda row: row.pair)

    def figures(values: Sequence[float | None]) -> FloatArray:
        return np.array([math.nan if value is None else value for value in values])

    return Surface(
        fast=np.array([row.pair.fast for row in rows], dtype=np.int64),
        slow=np.array([row.pair.slow for row in rows], dtype=np.int64),
        score=figures([row.score for row in rows]),
        sharpe=figures([row.metrics.sharpe for row in rows]),
        annualized=figures([row.metrics.annualized_return for row in rows]),
        trades=np.array([row.metrics.trades for row in rows], dtype=np.int64),
    )


def _follow(history: Bars, spec: SweepSpec, window: Window, held: BoolArray) -> Run:
    path = follow(held, factors(history, window, spec))
    return Run(path.returns, held.astype(np.int64))


def _late(state: BoolArray, delay: int) -> BoolArray:
    """Move a state to later bars; before it began nothing was held."""
    return np.concatenate((np.zeros(delay, dtype=np.bool_), state[: state.size - delay]))


def _by_block(returns: FloatArray, edges: Sequence[int]) -> FloatArray:
    starts = np.asarray(edges[:-1], dtype=np.int64)
    return np.stack([np.add.reduceat(values, starts) for values in (returns, returns * returns)])

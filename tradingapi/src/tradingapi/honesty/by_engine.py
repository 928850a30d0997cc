"""The sweep engine as the checks' `Backtester`: the one file that knows the engine inside."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tradingapi.engine import Bars, SweepResult, SweepSpec, columns, sweep
from tradingapi.engine.grid import Choice
from tradingapi.engine.trace import Trace, block_sums, trace, trace_holding
from tradingapi.engine.window import Window
from tradingapi.honesty.backtester import BlockSums, Run, Surface


class SweepEngine:
    """Answers the checks' questions by the engine that answered the sweep."""

    def surface(self, bars: Bars, spec: SweepSpec) -> Surface:
        """Evaluate every pair of the grid."""
        return surface_of(sweep(bars, spec, bar=False))

    def run(self, bars: Bars, spec: SweepSpec, pair: Choice, *, delay: int = 0) -> Run:
        """Follow one pair, filling every signal `delay` bars later."""
        return _run(trace(bars, spec, window_of(bars, spec), pair, late=delay))

    def hold(self, bars: Bars, spec: SweepSpec) -> Run:
        """Hold the ticker from the window's first fill to its end."""
        return _run(trace_holding(bars, spec, window_of(bars, spec)))

    def block_sums(self, bars: Bars, spec: SweepSpec, edges: Sequence[int]) -> BlockSums:
        """Add up every pair's excess returns in each block of the window."""
        total, squares = block_sums(bars, spec, window_of(bars, spec), edges)
        lengths = [stop - start for start, stop in pairwise(edges)]
        return BlockSums(total, squares, np.array(lengths, dtype=np.int64))


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
    figures = result.figures
    return Surface(
        fast=result.grid.fast,
        slow=result.grid.slow,
        score=figures[columns.SCORE],
        sharpe=figures[columns.SHARPE],
        annualized=figures[columns.ANNUALIZED_RETURN],
        trades=figures[columns.TRADES].astype(np.int64),
        signal=result.grid.signal,
    )


def _run(found: Trace) -> Run:
    return Run(found.returns, found.sides)

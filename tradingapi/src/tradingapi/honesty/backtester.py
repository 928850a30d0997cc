"""What the honesty checks ask of an engine, and what it answers.

Every check is a question about a search, so all of them speak to one narrow port: evaluate a
whole grid on given bars, follow one pair bar by bar, hold the ticker, and add up a pair's returns
by block. The plain engine can answer it as well as compiled kernels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from tradingapi.engine import Bars, SweepSpec
from tradingapi.engine.bars import BoolArray, FloatArray, IntArray
from tradingapi.engine.grid import Choice, Pair, Triple


@dataclass(frozen=True, eq=False)
class Surface:
    """The figures of every pair of a grid, ordered by fast and then by slow. NaN is undefined."""

    fast: IntArray
    slow: IntArray
    score: FloatArray
    sharpe: FloatArray
    """A year's."""
    annualized: FloatArray
    """A year's return, as a fraction."""
    trades: IntArray
    """Closed ones."""
    signal: IntArray | None = None
    """Where the signal line has a range of its own."""

    def __len__(self) -> int:
        return self.fast.size

    def pair(self, index: int) -> Choice:
        """Return the periods at an index."""
        fast, slow = int(self.fast[index]), int(self.slow[index])
        return (
            Pair(fast, slow) if self.signal is None else Triple(fast, slow, int(self.signal[index]))
        )

    def qualified(self, min_trades: int) -> BoolArray:
        """Mark the pairs that may be ranked."""
        return self.trades >= min_trades

    def order(self, candidates: BoolArray) -> IntArray:
        """Return the indices of the candidates, best first.

        By score, then Sharpe (undefined last), fewer trades, and smaller periods.
        """
        chosen = np.flatnonzero(candidates)
        sharpe = np.where(np.isnan(self.sharpe), -np.inf, self.sharpe)[chosen]
        last = self.slow if self.signal is None else self.signal
        keys = (
            last[chosen],
            self.slow[chosen],
            self.fast[chosen],
            self.trades[chosen],
            -sharpe,
            -self.score[chosen],
        )
        return chosen[np.lexsort(keys)]

    def best(self, min_trades: int) -> int | None:
        """Return the index of the pair that the search would choose; None if none qualifies."""
        qualified = self.qualified(min_trades)
        if not qualified.any():
            return None
        # Sorting the whole grid once for each permutation would cost as much as the sweep.
        top = self.score[qualified].max()
        return int(self.order(qualified & (self.score == top))[0])


class Run(NamedTuple):
    """One pair on the window, bar by bar."""

    returns: FloatArray
    """Equity's return on each bar, costs included, as a fraction."""
    exposure: IntArray
    """1 on the bars that end with a position held, -1 with one sold short, 0 with none."""


class BlockSums(NamedTuple):
    """Sums of each pair's excess returns, one column for each block of the window."""

    total: FloatArray
    """Sums of r, shaped pairs by blocks, in the order of `Surface`."""
    squares: FloatArray
    """Sums of r²."""
    bars: IntArray
    """Bars in each block."""


class Backtester(Protocol):
    """An engine. The same question has the same answer, to the byte, also from two threads.

    The window is [start, end] of the spec. The fields that a method does not need are ignored:
    `fast`, `slow` and `step` by `run` and `hold`.
    """

    def surface(self, bars: Bars, spec: SweepSpec) -> Surface:
        """Evaluate every pair of the grid."""
        ...

    def run(self, bars: Bars, spec: SweepSpec, pair: Choice, *, delay: int = 0) -> Run:
        """Follow one pair, filling every signal `delay` bars later than the spec says."""
        ...

    def hold(self, bars: Bars, spec: SweepSpec) -> Run:
        """Hold the ticker from the window's first fill to its end."""
        ...

    def block_sums(self, bars: Bars, spec: SweepSpec, edges: Sequence[int]) -> BlockSums:
        """Add up every pair's returns in the blocks [edges[k], edges[k + 1]) of the window."""
        ...

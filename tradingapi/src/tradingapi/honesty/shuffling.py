"""Price paths that never were, from the bars that were: the same moves in another order."""

from typing import Final

import numpy as np

from tradingapi.engine import Bars
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.honesty import draws
from tradingapi.honesty.study import Study

BLOCK_BARS: Final = 20
"""Length of a block where blocks are moved instead of single bars: about a month of days."""


class Shuffler:
    """Makes the i-th permutation of a study's window.

    A bar moves as a whole: its close, open, high and low, each relative to the close before it.
    So its close-to-close return and its opening gap stay together. Bars before the window (the
    warm-up) and after it stay as they are. The window's first bar stays too, because holding is
    bought at its fill: the first price, the last price and what holding earns are unchanged.
    """

    def __init__(self, study: Study, seed: int, block: int = 1) -> None:
        """Prepare permutations of single bars, or of blocks of `block` consecutive ones."""
        self._bars = study.bars
        self._seed = seed
        self._block = block
        self._moved = slice(study.first + 1, study.stop)
        before = self._bars.close[study.first : study.stop - 1]
        # Ratios instead of logarithms: a product is the same to the byte on every processor.
        self._ratios = [
            column[self._moved] / before
            for column in (self._bars.open, self._bars.high, self._bars.low, self._bars.close)
        ]

    def path(self, index: int) -> Bars:
        """Return the bars of the index-th permutation.

        Raises:
            BadBarsError: The moves in this order leave the range of prices.
        """
        bars = self._bars
        order = block_order(self._ratios[0].size, self._block, self._seed, index)
        opens, high, low, close = (ratio[order] for ratio in self._ratios)
        start = bars.close[self._moved.start - 1]
        closes = start * np.cumprod(close)
        # The product in another order differs in its last digits; the last price does not move.
        closes[-1] = bars.close[self._moved.stop - 1]
        before = np.concatenate(([start], closes[:-1]))
        return Bars(
            bars.time,
            self._put(bars.open, opens * before),
            self._put(bars.high, high * before),
            self._put(bars.low, low * before),
            self._put(bars.close, closes),
            bars.origin,
        )

    def _put(self, column: FloatArray, moved: FloatArray) -> FloatArray:
        changed = column.copy()
        changed[self._moved] = moved
        return changed


def block_order(size: int, block: int, seed: int, index: int) -> IntArray:
    """Return a random order of 0..size-1 in which blocks of consecutive numbers stay together.

    The last block may be shorter.
    """
    if block == 1:
        return draws.permutation(size, seed, index)
    starts = block * draws.permutation(-(-size // block), seed, index)
    spread = (starts[:, None] + np.arange(block)).ravel()
    return spread[spread < size]

"""From held bars to equity: what fills cost, and the trades they make.

A position is entered at price p with fee f and slippage s for p·(1+s)·(1+f) and left for
p·(1-s)·(1-f). While it is held, equity moves as the price does. So on each bar equity is
multiplied by one of four factors (C close, p fill price):

    entering   C_t / p_t / ((1+f)·(1+s))
    holding    C_t / C_{t-1}
    leaving    p_t / C_{t-1} · (1-f)·(1-s)
    flat       1
"""

from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import BadBarsError, Bars, BoolArray, FloatArray, IntArray
from tradingapi.engine.spec import Fill, SweepSpec
from tradingapi.engine.window import Window

BASIS_POINT = 1e-4


class Factors(NamedTuple):
    """What equity is multiplied by on each bar of the window, by what happens on it."""

    entering: FloatArray
    holding: FloatArray
    leaving: FloatArray


class Path(NamedTuple):
    """One pair's run through the window. Equity is 1 before the first bar."""

    returns: FloatArray
    """Equity's return on each bar, costs included."""
    equity: FloatArray
    """Equity at each bar's close."""
    entries: IntArray
    """Bars (of the window) on which a position was bought."""
    exits: IntArray
    """Bars on which it was sold: as many as entries, or one fewer if the last is still open."""

    def equity_before(self, bar: IntArray) -> FloatArray:
        """Return equity at the close before each of these bars."""
        return np.concatenate(([1.0], self.equity))[bar]


def factors(bars: Bars, window: Window, spec: SweepSpec) -> Factors:
    """Compute the three factors of each bar; they do not depend on the pair."""
    inside = slice(window.first, window.stop)
    close = bars.close[inside]
    price = bars.open[inside] if spec.fill is Fill.NEXT_OPEN else close
    # Nothing is held before the window: the first bar's own close stands in and is never used.
    before = np.concatenate((close[:1], close[:-1]))
    fee, slippage = spec.fee_bps * BASIS_POINT, spec.slippage_bps * BASIS_POINT
    return Factors(
        entering=close / price / ((1 + fee) * (1 + slippage)),
        holding=close / before,
        leaving=price / before * ((1 - fee) * (1 - slippage)),
    )


def follow(held: BoolArray, bar: Factors) -> Path:
    """Run through the window, holding a position on the bars where `held` says so.

    Raises:
        BadBarsError: Prices swing so wildly that equity is beyond floating point.
    """
    before = np.concatenate(([False], held[:-1]))
    entering = held & ~before
    leaving = ~held & before
    growth = np.select(
        [entering, held, leaving], [bar.entering, bar.holding, bar.leaving], default=1.0
    )
    with np.errstate(over="ignore"):
        equity = np.cumprod(growth)
    if not 0 < equity.min() <= equity.max() < np.inf:
        raise BadBarsError("the prices swing so wildly that equity is beyond floating point")
    return Path(growth - 1, equity, np.flatnonzero(entering), np.flatnonzero(leaving))

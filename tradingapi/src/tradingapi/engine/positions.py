"""From two lines to the bars on which a position is held."""

import numpy as np

from tradingapi.engine.bars import BoolArray, FloatArray
from tradingapi.engine.spec import Fill, StartState, SweepSpec
from tradingapi.engine.window import Window

TIE = 1e-12
"""Lines closer than this part of the price are equal: the rest is rounding."""


def long_state(fast: FloatArray, slow: FloatArray, close: FloatArray) -> BoolArray:
    """Say after each bar whether the rule wants to be long.

    Above is fast - slow > 1e-12 of the close, below is the mirror of it. Between the two the
    lines are tied and the last state stays: on prices in cents real ties are frequent, and to
    leave on equality is wrong. Before both lines exist the state is flat.
    """
    margin = TIE * close
    with np.errstate(invalid="ignore"):
        distance = fast - slow
        above = distance > margin
        decided = above | (distance < -margin)
    last_decided = np.maximum.accumulate(np.where(decided, np.arange(close.size), -1))
    return (last_decided >= 0) & above[last_decided]


def held_bars(state: BoolArray, window: Window, spec: SweepSpec) -> BoolArray:
    """Say for each bar of the window whether a position is held once that bar's fill is done.

    With fills at the next open a bar is held if the rule was long after the bar before it, so
    that a signal on the last bar never fills; with fills at the close, if it is long after it.
    """
    now = state[window.first : window.stop]
    if spec.start_state is StartState.FRESH:
        now = now & ~_leading_run(now)
    if spec.fill is Fill.SAME_CLOSE:
        return now
    carry = spec.start_state is StartState.CARRY and window.first > 0
    before = state[window.first - 1] if carry else False
    return np.concatenate(([before], now[:-1]))


def _leading_run(state: BoolArray) -> BoolArray:
    """Mark the bars before the first bar on which the state is flat."""
    return np.logical_and.accumulate(state)

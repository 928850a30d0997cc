"""The first bar on which a price is reached, by a tree of lows: O(log bars) for each trade."""

from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray
from tradingapi.engine.jit import kernel, piece


class Limits(NamedTuple):
    """Stop-loss and take-profit: where they lie, and what is needed to find the bar."""

    stop: float
    """Loss from the entry's fill at which a position is left, as a fraction; inf for none."""
    target: float
    """Gain from the entry's fill at which it is left; inf for none."""
    open: FloatArray
    lows: FloatArray
    """Trees (see `fill_tree`) of the window's lows, and of its negated highs."""
    highs: FloatArray


@kernel
def fill_tree(values: FloatArray, tree: FloatArray) -> None:
    """Fill tree[level, i] with the least of values[i·2^level : (i+1)·2^level]."""
    tree[0] = values
    for level in range(1, tree.shape[0]):
        below = 1 << (level - 1)
        for i in range(-(-values.size // (2 * below))):
            other = 2 * i + 1
            least = tree[level - 1, 2 * i]
            if other * below < values.size and tree[level - 1, other] < least:
                least = tree[level - 1, other]
            tree[level, i] = least


@piece
def first_at_or_below(tree: FloatArray, price: float, start: int, stop: int) -> int:
    """Return the first bar of start..stop-1 whose value is at most `price`, or `stop`."""
    bar, level = start, 0
    while bar < stop:
        if tree[level, bar >> level] <= price:
            if level == 0:
                return bar
            level -= 1
            continue
        bar += 1 << level
        while level + 1 < tree.shape[0] and bar & ((2 << level) - 1) == 0:
            level += 1
    return stop


@piece
def first_limit(limits: Limits, entry: float, start: int, stop: int) -> tuple[int, float]:
    """Return the bar of start..stop-1 on which a long position is left, and its price.

    A bar that opens beyond a limit fills at its open. Within a bar the stop comes before the
    target, since nothing says which was reached first. `stop` is returned where neither is.
    """
    loss, gain = entry * (1.0 - limits.stop), entry * (1.0 + limits.target)
    down = stop
    if loss > 0.0:
        down = first_at_or_below(limits.lows, loss, start, stop)
    up = stop
    if gain < np.inf:
        up = first_at_or_below(limits.highs, -gain, start, down + 1 if down < stop else stop)
    bar = up if up < down else down
    if bar == stop:
        return stop, 0.0
    opened = limits.open[bar]
    if up <= bar and opened >= gain:
        return bar, opened
    if down == bar:
        return bar, opened if opened < loss else loss
    return bar, gain

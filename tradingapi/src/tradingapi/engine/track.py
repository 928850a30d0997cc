"""What a position goes through, bar by bar, prepared so that a whole trade is looked up at once.

While a position is held its value follows a path: the closes for a long one, the inverse path
prod(1 - r) for a short one of constant exposure. A trade entered at bar a and left at bar b has

    on bar a        enter[a]·(1-cost) - 1      from the fill to the close
    on a+1..b-1     the path's own returns     sums of them are differences of prefix sums
    on bar b        leave[b]·(1-cost) - 1      from the close before to the fill

All three are one difference of two rows: what bar a adds is off the prefix sums that stand at a,
and what bar b adds is in those at b. Its drawdown comes from two look-ups in a disjoint sparse
table. Bars count from the window's first.
"""

from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.jit import kernel, piece
from tradingapi.engine.tally import Sums, bar_added, nothing

RETURNS: Final = 0
"""Prefix sums of r; the next ones are of r², min(r - rf, 0)², r³, r⁴ and r times the market's."""
SQUARES: Final = 1
DOWN_SQUARES: Final = 2
CUBES: Final = 3
FOURTHS: Final = 4
WITH_MARKET: Final = 5

PRICE: Final = 6
"""What one unit of the path costs at an entry, or brings at an exit, before costs."""
UNIT: Final = 7
"""At an entry: 1 / PRICE. At an exit: unused."""
WIDTH: Final = 8

HIGHEST: Final = 0
LOWEST: Final = 1
WORST: Final = 2
"""Least ratio of a value to one before it in the same stretch."""


class Held(NamedTuple):
    """How a position is held."""

    side: float
    """1 for long, -1 for short: the sign of the path's return against the price's."""
    riskless: float
    """A bar's riskless return."""
    entering: float
    """What a side of a trade multiplies equity by, as `leaving`."""
    leaving: float
    apart: bool
    """Whether what an exit's bar adds depends on the trade: limits are reached at their price."""


class Track(NamedTuple):
    """A side's path through the window."""

    entries: FloatArray
    """One row a bar: prefix sums up to and with this bar, less what the bar adds to a position
    entered on it, then PRICE and UNIT."""
    exits: FloatArray
    """One row a bar: prefix sums up to the bar before, and what the bar adds to a position left
    on it unless that is `apart`, then PRICE. The row after the last bar has the sums over the
    whole window."""
    path: FloatArray
    """Value at each close."""
    stretches: FloatArray
    """The sparse table: level, bar, (HIGHEST, LOWEST, WORST) from the bar to its block's middle."""
    market: FloatArray
    """The price's own return on each bar."""
    time: IntArray
    """UTC nanoseconds of each bar."""
    riskless: float
    """A bar's riskless return."""
    delay: int
    """1 where fills are at the open, 0 where they are at the close."""


@kernel
def long_path(close: FloatArray, fill: FloatArray, before: float, bars: FloatArray) -> None:
    """Fill (path, enter, leave, cost of a unit, proceeds of a unit) of a long position."""
    for t in range(close.size):
        last = close[t - 1] if t > 0 else before
        bars[0, t] = close[t]
        bars[1, t] = close[t] / fill[t]
        bars[2, t] = fill[t] / last
        bars[3, t] = fill[t]
        bars[4, t] = fill[t]


@kernel
def short_path(close: FloatArray, fill: FloatArray, before: float, bars: FloatArray) -> None:
    """Fill the same for a short position whose exposure is brought back to equity at each close.

    Its value moves by 2 - p/q where the price moves from q to p.
    """
    value = 1.0
    for t in range(close.size):
        last = close[t - 1] if t > 0 else before
        earlier = value
        value = earlier * (2.0 - close[t] / last) if t > 0 else 1.0
        bars[0, t] = value
        bars[1, t] = 2.0 - close[t] / fill[t]
        bars[2, t] = 2.0 - fill[t] / last
        bars[3, t] = value / bars[1, t]
        bars[4, t] = earlier * bars[2, t]


@kernel
def fill_bars(
    bars: FloatArray, market: FloatArray, held: Held, entries: FloatArray, exits: FloatArray
) -> None:
    """Fill the rows of entries and exits from (path, enter, leave, cost, proceeds)."""
    sums, none, riskless = nothing()[0], nothing()[0], held.riskless
    for t in range(bars.shape[1]):
        own = bar_added(none, bars[2, t] * held.leaving - 1.0, market[t], riskless)
        _write(exits[t], sums, none if held.apart else own, 1.0)
        exits[t, PRICE] = bars[4, t]
        if t > 0:
            r = bars[0, t] / bars[0, t - 1] - 1.0
            sums = bar_added(sums, r, held.side * r, riskless)
        own = bar_added(none, bars[1, t] * held.entering - 1.0, market[t], riskless)
        _write(entries[t], sums, own, -1.0)
        entries[t, PRICE] = bars[3, t]
        entries[t, UNIT] = 1.0 / bars[3, t]
    _write(exits[bars.shape[1]], sums, none, 1.0)


@piece
def _write(row: FloatArray, sums: Sums, own: Sums, sign: float) -> None:
    row[RETURNS] = sums.returns + sign * own.returns
    row[SQUARES] = sums.squares + sign * own.squares
    row[DOWN_SQUARES] = sums.down_squares + sign * own.down_squares
    row[CUBES] = sums.cubes + sign * own.cubes
    row[FOURTHS] = sums.fourths + sign * own.fourths
    row[WITH_MARKET] = sums.with_market + sign * own.with_market


@kernel
def fill_stretches(path: FloatArray, inverse: FloatArray, table: FloatArray) -> None:
    """Fill the disjoint sparse table: any stretch of the path is answered by two of its entries.

    At level L the bars are cut into blocks of 2^(L+1). From each bar to the middle of its block
    the table holds the highest, the lowest and the worst fall. The bars i < j lie on the two
    sides of the middle of one block at level = highest bit of i xor j. `inverse` is 1 / path.
    """
    bars = path.size
    for level in range(table.shape[0]):
        half = 1 << level
        for middle in range(half, bars + half, 2 * half):
            _left_of(path, inverse, (middle - half, min(middle, bars)), table[level])
            _right_of(path, inverse, (middle, min(middle + half, bars)), table[level])


@piece
def _left_of(
    path: FloatArray, inverse: FloatArray, bars: tuple[int, int], table: FloatArray
) -> None:
    highest, lowest, worst = -np.inf, np.inf, 1.0
    for t in range(bars[1] - 1, bars[0] - 1, -1):
        worst = min(worst, lowest * inverse[t])
        highest = max(highest, path[t])
        lowest = min(lowest, path[t])
        table[t, HIGHEST], table[t, LOWEST], table[t, WORST] = highest, lowest, worst


@piece
def _right_of(
    path: FloatArray, inverse: FloatArray, bars: tuple[int, int], table: FloatArray
) -> None:
    highest, lowest, worst = -np.inf, np.inf, 1.0
    scale = 0.0
    for t in range(bars[0], bars[1]):
        if path[t] >= highest:
            highest, scale = path[t], inverse[t]
        else:
            worst = min(worst, path[t] * scale)
        lowest = min(lowest, path[t])
        table[t, HIGHEST], table[t, LOWEST], table[t, WORST] = highest, lowest, worst

"""One pair's run, a trade at a time: each costs a few look-ups, however long it is held."""

from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.bits import last_bit
from tradingapi.engine.jit import piece
from tradingapi.engine.passage import Limits, first_limit
from tradingapi.engine.tally import (
    Equity,
    OpenTrade,
    Sums,
    Trades,
    at,
    bar_added,
    nothing,
    sunk,
    trade_added,
)
from tradingapi.engine.track import (
    CUBES,
    DOWN_SQUARES,
    FOURTHS,
    HIGHEST,
    LOWEST,
    MOVE,
    PRICE,
    RETURNS,
    SQUARES,
    UNIT,
    WORST,
    Track,
)


class Costs(NamedTuple):
    """What a side of a trade multiplies equity by."""

    entering: float
    """1 / ((1 + fee)·(1 + slippage))."""
    leaving: float
    """(1 - fee)·(1 - slippage)."""


@piece
def extremes(table: FloatArray, path: FloatArray, a: int, z: int) -> tuple[float, float, float]:
    """Return (lowest, highest, worst ratio of a later to an earlier value) of closes a..z."""
    first, last = np.uint64(a), np.uint64(z)
    if first == last:
        return path[first], path[first], 1.0
    level = np.uint64(last_bit(first ^ last))
    highest, lowest = table[level, first, HIGHEST], table[level, last, LOWEST]
    worst = lowest / highest
    if table[level, first, WORST] < worst:
        worst = table[level, first, WORST]
    if table[level, last, WORST] < worst:
        worst = table[level, last, WORST]
    if table[level, last, HIGHEST] > highest:
        highest = table[level, last, HIGHEST]
    if table[level, first, LOWEST] < lowest:
        lowest = table[level, first, LOWEST]
    return lowest, highest, worst


@piece
def stretch_added(
    sums: Sums, entries: FloatArray, exits: FloatArray, side: float, bars: tuple[int, int]
) -> Sums:
    """Add the bars between entry and exit: differences of prefix sums."""
    a, b = np.uint64(bars[0]), np.uint64(bars[1])
    squares = exits[b, SQUARES] - entries[a, SQUARES]
    return Sums(
        sums.returns + (exits[b, RETURNS] - entries[a, RETURNS]),
        sums.squares + squares,
        sums.down_squares + (exits[b, DOWN_SQUARES] - entries[a, DOWN_SQUARES]),
        sums.cubes + (exits[b, CUBES] - entries[a, CUBES]),
        sums.fourths + (exits[b, FOURTHS] - entries[a, FOURTHS]),
        sums.with_market + side * squares,
        sums.held + (bars[1] - bars[0]),
        sums.touched + (bars[1] - bars[0]) - 1,
    )


@piece
def walk(
    events: IntArray,
    found: int,
    track: Track,
    costs: Costs,
    limits: Limits | None,
) -> tuple[Sums, Equity, Trades, OpenTrade]:
    """Run through the trades of one side of the market."""
    sums, equity, trades, open_trade = nothing()
    entries, exits, last_bar = track.entries, track.exits, track.path.size
    round_trip = costs.entering * costs.leaving
    for i in range(0, found, 2):
        a = events[i]
        closed = i + 1 < found
        b = events[i + 1] if closed else last_bar
        cost, unit = entries[np.uint64(a), PRICE], entries[np.uint64(a), UNIT]
        price = 0.0
        if limits is not None:
            until = b + 1 - track.delay if closed else last_bar
            limit, price = first_limit(limits, cost, a + 1 - track.delay, until)
            if price > 0.0:
                b, closed = limit, True
        if a == b:
            # Entered at the open and stopped out within the bar: its close is never held.
            gain = (price * round_trip - cost) * unit
            sums = bar_added(sums, gain, track.market[np.uint64(a)], track.riskless)
        else:
            x = entries[np.uint64(a), MOVE] * costs.entering - 1.0
            sums = bar_added(sums, x, track.market[np.uint64(a)], track.riskless)
            sums = stretch_added(sums, entries, exits, track.side, (a, b))
            scale = equity.now * costs.entering * unit
            lowest, highest, worst = extremes(track.stretches, track.path, a, b - 1)
            equity = sunk(equity, scale * lowest, scale * highest, worst)
            if not closed:
                value = scale * track.path[np.uint64(last_bar - 1)]
                open_trade = OpenTrade(a, value / equity.now - 1.0)
                return sums, at(equity, value), trades, open_trade
            move = exits[np.uint64(b), MOVE]
            if price > 0.0:
                move = price / track.path[np.uint64(b - 1)]
            else:
                price = exits[np.uint64(b), PRICE]
            x = move * costs.leaving - 1.0
            sums = bar_added(sums, x, track.market[np.uint64(b)], track.riskless)
            # Both sides of the comparison are prices: a trade that breaks even is exactly zero.
            gain = (price * round_trip - cost) * unit
        profit = equity.now * gain
        # What is left of a collapse is a product: 1 + gain would have few of its digits.
        growth = 1.0 + gain if gain > -0.5 else price * round_trip * unit
        equity = at(equity, equity.now * growth)
        trades = trade_added(trades, gain, profit, b - a, track.time[b] - track.time[a])
    return sums, equity, trades, open_trade

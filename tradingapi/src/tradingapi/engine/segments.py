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
    PRICE,
    RETURNS,
    SQUARES,
    UNIT,
    WITH_MARKET,
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
def extremes(table: FloatArray, a: int, z: int) -> tuple[float, float, float]:
    """Return (lowest, highest, worst ratio of a later to an earlier value) of closes a..z."""
    first, last = np.uint64(a), np.uint64(z)
    # At level 0 each bar is half a block: one bar alone is found there twice.
    level = np.uint64(last_bit(first ^ last | np.uint64(1)))
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
def stretch_added(sums: Sums, entry: FloatArray, leave: FloatArray) -> Sums:
    """Add the bars from an entry to an exit: the differences of their rows."""
    return Sums(
        sums.returns + (leave[RETURNS] - entry[RETURNS]),
        sums.squares + (leave[SQUARES] - entry[SQUARES]),
        sums.down_squares + (leave[DOWN_SQUARES] - entry[DOWN_SQUARES]),
        sums.cubes + (leave[CUBES] - entry[CUBES]),
        sums.fourths + (leave[FOURTHS] - entry[FOURTHS]),
        sums.with_market + (leave[WITH_MARKET] - entry[WITH_MARKET]),
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
    last_bar, round_trip = track.path.size, costs.entering * costs.leaving
    for i in range(0, found, 2):
        a = events[i]
        closed = i + 1 < found
        b = events[i + 1] if closed else last_bar
        entry, price = track.entries[np.uint64(a)], 0.0
        cost, unit = entry[PRICE], entry[UNIT]
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
            leave = track.exits[np.uint64(b)]
            sums = stretch_added(sums, entry, leave)
            scale = equity.now * costs.entering * unit
            lowest, highest, worst = extremes(track.stretches, a, b - 1)
            equity = sunk(equity, scale * lowest, scale * highest, worst)
            if not closed:
                value = scale * track.path[np.uint64(last_bar - 1)]
                open_trade = OpenTrade(a, value / equity.now - 1.0)
                return sums, at(equity, value), trades, open_trade
            if price == 0.0:
                price = leave[PRICE]
            if limits is not None:
                # The rows leave this bar out: its price depends on the trade.
                x = price / track.path[np.uint64(b - 1)] * costs.leaving - 1.0
                sums = bar_added(sums, x, track.market[np.uint64(b)], track.riskless)
            # Both sides of the comparison are prices: a trade that breaks even is exactly zero.
            gain = (price * round_trip - cost) * unit
        profit = equity.now * gain
        # What is left of a collapse is a product: 1 + gain would have few of its digits.
        growth = 1.0 + gain if gain > -0.5 else price * round_trip * unit
        equity = at(equity, equity.now * growth)
        trades = trade_added(trades, gain, profit, b - a, track.time[b] - track.time[a])
    return sums, equity, trades, open_trade

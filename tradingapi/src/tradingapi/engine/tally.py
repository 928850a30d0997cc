"""What a run adds up to, and how bars and trades are added."""

from typing import NamedTuple

import numpy as np

from tradingapi.engine.jit import piece


class Sums(NamedTuple):
    """Sums over the bars of a run. Flat bars add nothing; what they owe is reckoned at the end."""

    returns: float
    squares: float
    down_squares: float
    """Of min(r - rf, 0), over the bars that a position touches."""
    cubes: float
    fourths: float
    with_market: float
    """Of r times the price's own return."""


class Equity(NamedTuple):
    """Equity from 1, its peak, and the worst ratio of a later to an earlier close."""

    now: float
    peak: float
    worst: float


class Trades(NamedTuple):
    """Closed trades."""

    closed: int
    won: int
    lost: int
    bars: int
    """From fill to fill, like `time`, which is in nanoseconds."""
    time: int
    profits: float
    """Currency that the won ones brought."""
    losses: float
    """Currency that the lost ones cost."""
    returns: float
    squares: float
    won_returns: float
    lost_returns: float
    """Of the lost ones, as a positive number."""
    best: float
    worst: float


class OpenTrade(NamedTuple):
    """The position held at the end: its entry's bar (-1 for none), and its return so far."""

    bar: int
    gain: float


@piece
def nothing() -> tuple[Sums, Equity, Trades, OpenTrade]:
    """Return a run before its first bar."""
    return (
        Sums(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        Equity(1.0, 1.0, 1.0),
        Trades(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -np.inf, np.inf),
        OpenTrade(-1, 0.0),
    )


@piece
def bar_added(sums: Sums, r: float, market: float, riskless: float) -> Sums:
    """Add one bar's return."""
    down = r - riskless
    if down > 0.0:
        down = 0.0
    return Sums(
        sums.returns + r,
        sums.squares + r * r,
        sums.down_squares + down * down,
        sums.cubes + r * r * r,
        sums.fourths + r * r * r * r,
        sums.with_market + r * market,
    )


@piece
def sunk(equity: Equity, lowest: float, highest: float, worst: float) -> Equity:
    """Let equity go through a stretch: `worst` is the worst ratio inside it."""
    fall = lowest / equity.peak
    if worst < fall:
        fall = worst
    if equity.worst < fall:
        fall = equity.worst
    return Equity(equity.now, highest if highest > equity.peak else equity.peak, fall)


@piece
def at(equity: Equity, value: float) -> Equity:
    """Let equity close at a value."""
    after = sunk(equity, value, value, 1.0)
    return Equity(value, after.peak, after.worst)


@piece
def trade_added(trades: Trades, gain: float, profit: float, bars: int, time: int) -> Trades:
    """Add a closed trade; one that breaks even is neither won nor lost."""
    won, lost = gain > 0.0, gain < 0.0
    return Trades(
        trades.closed + 1,
        trades.won + (1 if won else 0),
        trades.lost + (1 if lost else 0),
        trades.bars + bars,
        trades.time + time,
        trades.profits + (profit if profit > 0.0 else 0.0),
        trades.losses - (profit if profit < 0.0 else 0.0),
        trades.returns + gain,
        trades.squares + gain * gain,
        trades.won_returns + (gain if won else 0.0),
        trades.lost_returns - (gain if lost else 0.0),
        gain if gain > trades.best else trades.best,
        gain if gain < trades.worst else trades.worst,
    )

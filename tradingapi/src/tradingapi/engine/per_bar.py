"""One pair's run, bar by bar: for what has no look-up, and where a look-up has lost its digits.

A short position of constant exposure moves by 2 - p/q where the price moves from q to p. One of
constant shares sells, at its entry, as many shares as the same equity would have bought, and its
loss has no bound: where equity is gone the run ends with nothing.
"""

from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.bits import WORD
from tradingapi.engine.figures import Fit, Moments, Scale
from tradingapi.engine.jit import piece
from tradingapi.engine.tally import Equity, OpenTrade, Trades, at, nothing, trade_added

LONG: Final = 1
SHORT: Final = -1


class Prices(NamedTuple):
    """The window's bars."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    market: FloatArray
    """The price's own return on each bar."""
    time: IntArray


class Terms(NamedTuple):
    """How positions are filled and left."""

    entering: float
    """1 / ((1 + fee)·(1 + slippage)), as `leaving` is (1 - fee)·(1 - slippage)."""
    leaving: float
    at_open: bool
    constant_shares: bool
    """Whether a short position keeps its shares; else its exposure follows equity."""
    stop: float
    """Fractions of the entry's fill; inf for none."""
    target: float


class Scratch(NamedTuple):
    """Room for one run. `wanted` is the side to be on after each bar's fill."""

    events: IntArray
    """Bars of a pair's fills."""
    wanted: IntArray
    returns: FloatArray
    """Equity's return on each bar."""
    sides: IntArray
    """What is held at each close: 1, 0 or -1."""
    gains: FloatArray
    """Return of each closed trade, and below the bars of its entry and exit."""
    entries: IntArray
    exits: IntArray


class Room(NamedTuple):
    """Everything that a run needs."""

    prices: Prices
    terms: Terms
    scratch: Scratch


def room_of(prices: Prices, terms: Terms) -> Room:
    """Return room for the runs of one thread. Kernels that allocate take longer to compile."""
    bars = prices.close.size
    events, wanted = np.empty(bars + WORD, np.int64), np.zeros(bars, np.int64)
    sides, entries, exits = np.empty((3, bars + 1), np.int64)
    returns, gains = np.empty((2, bars + 1))
    scratch = Scratch(events, wanted, returns[:bars], sides[:bars], gains, entries, exits)
    return Room(prices, terms, scratch)


class Account(NamedTuple):
    """Equity, and what is held."""

    equity: float
    side: int
    """1, 0 or -1."""
    entry: float
    """Price of the entry's fill."""
    bar: int
    """Bar of the entry's fill."""
    before: float
    """Equity before the entry."""
    marked: float
    """The price at which equity was last reckoned."""
    shares: float
    blocked: int
    """The side that a limit has closed: it is not taken again before the rule has left it."""


@piece
def worth(account: Account, price: float, terms: Terms) -> float:
    """Return equity when the price has moved from where it was last reckoned."""
    if account.side == LONG:
        return account.equity * (price / account.marked)
    if terms.constant_shares:
        return account.equity - account.shares * (price - account.marked)
    return account.equity * (2.0 - price / account.marked)


@piece
def entered(account: Account, side: int, price: float, bar: int, terms: Terms) -> Account:
    """Open a position with all equity, and pay for it."""
    shares = account.equity * terms.entering / price
    after = account.equity * terms.entering
    if side == SHORT and terms.constant_shares:
        after = account.equity - shares * price * (1.0 - terms.leaving)
    return Account(after, side, price, bar, account.equity, price, shares, 0)


@piece
def left(
    account: Account, trades: Trades, price: float, bar: int, room: Room
) -> tuple[Account, Trades]:
    """Close the position at a price. Equity is never below nothing."""
    terms = room.terms
    after = worth(account, price, terms)
    if account.side == SHORT and terms.constant_shares:
        after -= account.shares * price * (1.0 / terms.entering - 1.0)
    else:
        after *= terms.leaving
    after = max(after, 0.0)
    gain = after / account.before - 1.0
    if account.side == LONG:
        # From the two prices: a trade that breaks even is exactly zero.
        gain = (price * (terms.entering * terms.leaving) - account.entry) / account.entry
    room.scratch.gains[trades.closed] = gain
    room.scratch.entries[trades.closed] = account.bar
    room.scratch.exits[trades.closed] = bar
    time = room.prices.time[bar] - room.prices.time[account.bar]
    profit = account.before * gain
    trades = trade_added(trades, gain, profit, bar - account.bar, time)
    return Account(after, 0, 0.0, 0, 0.0, 0.0, 0.0, 0), trades


@piece
def filled(
    account: Account, trades: Trades, price: float, bar: int, room: Room
) -> tuple[Account, Trades]:
    """Bring the account to the side that is wanted."""
    wanted, blocked = room.scratch.wanted[bar], account.blocked
    if account.side not in (0, wanted):
        account, trades = left(account, trades, price, bar, room)
    if wanted not in (0, account.side, blocked) and account.equity > 0.0:
        account = entered(account, wanted, price, bar, room.terms)
    elif blocked != 0 and account.side == 0:
        account = idle(account.equity, blocked if wanted == blocked else 0)
    return account, trades


@piece
def idle(equity: float, blocked: int) -> Account:
    """Return an account that holds nothing."""
    return Account(equity, 0, 0.0, 0, 0.0, 0.0, 0.0, blocked)


@piece
def limit_price(account: Account, prices: Prices, bar: int, terms: Terms) -> float:
    """Return the price at which a stop or target closes the position on a bar; 0 for neither.

    A bar that opens beyond a limit fills at its open; the stop comes before the target.
    """
    side, opened = account.side, float(prices.open[bar])
    stop = account.entry * (1.0 - side * terms.stop)
    target = account.entry * (1.0 + side * terms.target)
    worst = prices.low[bar] if side == LONG else prices.high[bar]
    best = prices.high[bar] if side == LONG else prices.low[bar]
    held_before = account.bar < bar
    if held_before and (side * (opened - stop) <= 0.0 or side * (opened - target) >= 0.0):
        return opened
    if side * (worst - stop) <= 0.0:
        return stop
    if side * (best - target) >= 0.0:
        return target
    return 0.0


@piece
def limited(account: Account, trades: Trades, bar: int, room: Room) -> tuple[Account, Trades]:
    """Close the position where a limit is reached within the bar."""
    if account.side == 0:
        return account, trades
    price = limit_price(account, room.prices, bar, room.terms)
    if price <= 0.0:
        return account, trades
    side = account.side
    account, trades = left(account, trades, price, bar, room)
    return idle(account.equity, side), trades


@piece
def marked(account: Account, trades: Trades, bar: int, room: Room) -> tuple[Account, Trades]:
    """Reckon equity at the close; where it is gone, the position is too."""
    if account.side == 0:
        return account, trades
    price = room.prices.close[bar]
    equity = worth(account, price, room.terms)
    if equity <= 0.0:
        return left(account, trades, price, bar, room)
    return Account(
        equity, account.side, account.entry, account.bar, account.before, price, account.shares, 0
    ), trades


@piece
def run(room: Room) -> tuple[Equity, Trades, OpenTrade, int]:
    """Trade bar by bar; return also at how many closes a position was held."""
    _, equity, trades, open_trade = nothing()
    account, held, prices = idle(1.0, 0), 0, room.prices
    for t in range(prices.close.size):
        before = account.equity
        if room.terms.at_open:
            account, trades = filled(account, trades, prices.open[t], t, room)
            account, trades = limited(account, trades, t, room)
            account, trades = marked(account, trades, t, room)
        else:
            account, trades = limited(account, trades, t, room)
            account, trades = marked(account, trades, t, room)
            account, trades = filled(account, trades, prices.close[t], t, room)
        held += 1 if account.side != 0 else 0
        room.scratch.sides[t] = account.side
        equity = at(equity, account.equity)
        room.scratch.returns[t] = account.equity / before - 1.0 if before > 0.0 else 0.0
    if account.side != 0:
        open_trade = OpenTrade(account.bar, account.equity / account.before - 1.0)
    return equity, trades, open_trade, held


@piece
def measured(room: Room, trades: Trades, held: int, scale: Scale) -> tuple[Moments, Fit]:
    """Return the moments of a run by two passes, and its regression on the price."""
    returns, market, n = room.scratch.returns, room.prices.market, scale.bars
    total = 0.0
    for t in range(n):
        total += returns[t]
    mean = total / n
    second = third = fourth = down = joint = 0.0
    for t in range(n):
        apart = returns[t] - mean
        second += apart * apart
        third += apart * apart * apart
        fourth += apart * apart * apart * apart
        below = min(returns[t] - scale.riskless, 0.0)
        down += below * below
        joint += apart * (market[t] - scale.market_mean)
    spread, mean_gain = 0.0, trades.returns / max(trades.closed, 1)
    for i in range(trades.closed):
        spread += (room.scratch.gains[i] - mean_gain) ** 2
    moments = Moments(mean, second, third, fourth, down, joint, spread, held / n)
    return moments, regressed(room, joint, scale)


@piece
def regressed(room: Room, joint: float, scale: Scale) -> Fit:
    """Fit what a run is apart from the price itself, or from its inverse.

    A position that is held nearly always moves with the price: mean(r) - beta·mean(x) would be a
    small difference of large numbers, and so would be r - beta·x.
    """
    returns, market, n = room.scratch.returns, room.prices.market, scale.bars
    squares = scale.market_squares
    near = joint / squares if squares > 0.0 else 0.0
    whole = 1.0 if near > 0.5 else (-1.0 if near < -0.5 else 0.0)
    total = 0.0
    for t in range(n):
        total += returns[t] - whole * market[t]
    mean, joint = total / n, 0.0
    for t in range(n):
        joint += (returns[t] - whole * market[t] - mean) * (market[t] - scale.market_mean)
    part, rest = joint / squares if squares > 0.0 else 0.0, 0.0
    for t in range(n):
        error = returns[t] - whole * market[t] - mean - part * (market[t] - scale.market_mean)
        rest += error * error
    idle = (1.0 - whole) * scale.riskless
    return Fit(mean - idle - part * (scale.market_mean - scale.riskless), whole + part, rest)

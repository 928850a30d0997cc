"""Cash and shares, bar by bar."""

import math
from dataclasses import dataclass, field

from tradingapi.engine import Bars, Direction, Fill, ShortSale, StartState, SweepSpec


@dataclass
class Trade:
    """One position from its fill to its end; `left` is None while it is held."""

    side: int
    entered: int
    price: float
    before: float
    left: int | None = None
    gain: float = 0.0
    profit: float = 0.0


@dataclass
class Account:
    """Equity is cash while nothing is held; a long position is shares; a short one a debt."""

    spec: SweepSpec
    cash: float = 1.0
    shares: float = 0.0
    exposure: float = 0.0
    marked: float = 0.0
    trade: Trade | None = None
    blocked: int = 0
    trades: list[Trade] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    @property
    def cost(self) -> tuple[float, float]:
        """What buying a share at price 1 costs, and what selling one brings."""
        fee, slip = self.spec.fee_bps / 1e4, self.spec.slippage_bps / 1e4
        return (1 + fee) * (1 + slip), (1 - fee) * (1 - slip)

    @property
    def side(self) -> int:
        """What is held."""
        return 0 if self.trade is None else self.trade.side

    @property
    def rebalanced(self) -> bool:
        """Whether a short position's exposure follows equity."""
        return self.spec.short_sale is ShortSale.CONSTANT_EXPOSURE

    def worth(self, price: float) -> float:
        """Equity at a price."""
        if self.side == 0:
            return self.cash
        if self.side == 1:
            return self.shares * price
        if self.rebalanced:
            return self.exposure * (2 - price / self.marked)
        return self.cash - self.shares * price

    def enter(self, side: int, price: float, bar: int) -> None:
        """Put all equity on one side."""
        paid, brought = self.cost
        self.trade = Trade(side, bar, price, self.cash)
        self.trades.append(self.trade)
        self.shares = self.cash / (price * paid)
        if side == 1:
            self.cash = 0.0
        elif self.rebalanced:
            self.exposure, self.marked = self.cash / paid, price
        else:
            self.cash += self.shares * price * brought

    def leave(self, price: float, bar: int) -> None:
        """Close the position."""
        assert self.trade is not None
        paid, brought = self.cost
        if self.side == -1 and not self.rebalanced:
            after = self.cash - self.shares * price * paid
        else:
            after = self.worth(price) * brought
        after = max(after, 0.0)
        trade = self.trade
        trade.left, trade.profit = bar, after - trade.before
        trade.gain = after / trade.before - 1
        if trade.side == 1:
            # A trade that breaks even does so to the last bit.
            trade.gain = (price * (brought / paid) - trade.price) / trade.price
            trade.profit = trade.before * trade.gain
        self.cash, self.shares, self.trade = after, 0.0, None

    def close_bar(self, price: float) -> None:
        """Reckon equity at a close."""
        now = self.worth(price)
        if self.side == -1 and now > 0 and self.rebalanced:
            self.exposure, self.marked = now, price
        self.equity.append(now)
        self.held.append(self.side)


def wanted_sides(states: list[int], first: int, spec: SweepSpec) -> list[int]:
    """Say which side to be on after the fill of each bar of the window."""
    allowed = {
        Direction.LONG: {1: 1, 0: 0, -1: 0},
        Direction.SHORT: {1: 0, 0: 0, -1: -1},
        Direction.BOTH: {1: 1, 0: 0, -1: -1},
    }[spec.direction]
    sides = [allowed[state] for state in states]
    late = 1 if spec.fill is Fill.NEXT_OPEN else 0
    if spec.start_state is StartState.FRESH:
        run = sides[first]
        for t in range(first, len(sides)):
            if sides[t] != run:
                break
            sides[t] = 0
        return ([0] * late + sides[first:])[: len(sides) - first]
    return [sides[t - late] if t >= late else 0 for t in range(first, len(sides))]


def run(bars: Bars, spec: SweepSpec, states: list[int], first: int) -> Account:
    """Trade bar by bar from index `first` to the end."""
    account = Account(spec)
    for t, wanted in enumerate(wanted_sides(states, first, spec)):
        opened, high, low, close = (
            float(column[first + t]) for column in (bars.open, bars.high, bars.low, bars.close)
        )
        if spec.fill is Fill.NEXT_OPEN:
            turn(account, wanted, opened, t)
            limit(account, t, (opened, high, low))
        else:
            limit(account, t, (opened, high, low))
        if account.side and account.worth(close) <= 0:
            account.leave(close, t)
        if spec.fill is Fill.SAME_CLOSE:
            turn(account, wanted, close, t)
        account.close_bar(close)
    return account


def turn(account: Account, wanted: int, price: float, bar: int) -> None:
    """Bring the account to the wanted side, unless a limit has closed that side before."""
    if wanted != account.blocked:
        account.blocked = 0
    if account.side not in (0, wanted):
        account.leave(price, bar)
    if wanted not in (0, account.side, account.blocked) and account.cash > 0:
        account.enter(wanted, price, bar)


def limit(account: Account, bar: int, prices: tuple[float, float, float]) -> None:
    """Close the position where its stop or its target is reached."""
    trade, spec = account.trade, account.spec
    if trade is None:
        return
    opened, high, low = prices
    side = trade.side
    stop = trade.price * (1 - side * (spec.stop_loss or math.inf))
    target = trade.price * (1 + side * (spec.take_profit or math.inf))
    against, along = (low, high) if side == 1 else (high, low)
    price = None
    if bar > trade.entered and (side * opened <= side * stop or side * opened >= side * target):
        price = opened
    elif side * against <= side * stop:
        price = stop
    elif side * along >= side * target:
        price = target
    if price is not None:
        account.leave(price, bar)
        account.blocked = side

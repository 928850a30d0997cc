"""The engine once more, bar by bar with cash and shares, in plain Python: slow and obvious."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

from tradingapi.engine import Bars, Fill, StartState, Strategy, SweepSpec
from tradingapi.engine.grid import Pair


@dataclass
class Account:
    """Cash, shares and what happened to them."""

    cash: float = 1.0
    shares: float = 0.0
    paid: float = 0.0
    profits: list[float] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)

    def buy(self, price: float, spec: SweepSpec) -> None:
        """Put all cash into shares."""
        self.paid = self.cash
        self.shares = self.cash / (price * (1 + spec.slippage_bps / 1e4) * (1 + spec.fee_bps / 1e4))
        self.cash = 0.0

    def sell(self, price: float, spec: SweepSpec) -> None:
        """Turn all shares into cash."""
        self.cash = self.shares * price * (1 - spec.slippage_bps / 1e4) * (1 - spec.fee_bps / 1e4)
        self.shares = 0.0
        self.profits.append(self.cash - self.paid)

    def trade(self, wanted: bool, price: float, spec: SweepSpec) -> None:
        """Bring the account to the wanted side."""
        if wanted and self.shares == 0:
            self.buy(price, spec)
        elif not wanted and self.shares > 0:
            self.sell(price, spec)


def mean_line(close: list[float], period: int) -> list[float]:
    """Moving average by exactly rounded sums."""
    return [
        math.nan if t + 1 < period else math.fsum(close[t + 1 - period : t + 1]) / period
        for t in range(len(close))
    ]


def smooth(values: list[float], period: int) -> list[float]:
    """Exponential average, begun at the first value."""
    weight, line = 2 / (period + 1), [values[0]]
    for value in values[1:]:
        line.append(line[-1] + weight * (value - line[-1]))
    return line


def difference(close: list[float], spec: SweepSpec, pair: Pair) -> list[float]:
    """Fast line minus slow line, or MACD minus its signal; NaN before it exists."""
    if spec.strategy is Strategy.SMA:
        fast, slow = (mean_line(close, p) for p in pair)
        return [f - s for f, s in zip(fast, slow, strict=True)]
    fast, slow = (smooth(close, p) for p in pair)
    line, hidden = [f - s for f, s in zip(fast, slow, strict=True)], pair.slow - 1
    if spec.strategy is Strategy.MACD:
        signal = smooth(line, spec.signal_period)
        line = [m - s for m, s in zip(line, signal, strict=True)]
        hidden += spec.signal_period - 1
    return [math.nan if t < hidden else d for t, d in enumerate(line)]


def states(line: list[float], margin: list[float]) -> list[bool]:
    """Long above the margin, flat below it, unchanged between."""
    long, result = False, []
    for d, m in zip(line, margin, strict=True):
        if d > m:
            long = True
        elif d < -m:
            long = False
        result.append(long)
    return result


def run(bars: Bars, spec: SweepSpec, state: list[bool], first: int) -> Account:
    """Trade bar by bar from index `first` to the end."""
    account = Account()
    asleep = spec.start_state is StartState.FRESH
    before = first > 0 and state[first - 1] and not asleep
    for t in range(first, len(bars)):
        if spec.fill is Fill.NEXT_OPEN:
            account.trade(before, float(bars.open[t]), spec)
        asleep = asleep and state[t]
        before = state[t] and not asleep
        if spec.fill is Fill.SAME_CLOSE:
            account.trade(before, float(bars.close[t]), spec)
        account.equity.append(account.cash + account.shares * float(bars.close[t]))
    return account


def figures(account: Account, per_year: float) -> dict[str, float]:
    """The metrics from the definitions, in plain Python; what is undefined is left out."""
    equity = [1.0, *account.equity]
    returns = [b / a - 1 for a, b in pairwise(equity)]
    n = len(returns)
    mean = math.fsum(returns) / n
    spread = math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (n - 1))
    down = math.sqrt(math.fsum(min(r, 0) ** 2 for r in returns) / n)
    peak, drawdown = 1.0, 0.0
    for value in equity:
        peak = max(peak, value)
        drawdown = max(drawdown, 1 - value / peak)
    found = {
        "total_return": equity[-1] - 1,
        "annualized_return": equity[-1] ** (per_year / n) - 1,
        "max_drawdown": drawdown,
        "trades": float(len(account.profits)),
    }
    if spread > 0:
        found["sharpe"] = mean / spread * math.sqrt(per_year)
    if down > 0:
        found["sortino"] = mean * per_year / (down * math.sqrt(per_year))
    if account.profits:
        won = [p for p in account.profits if p > 0]
        lost = -math.fsum(p for p in account.profits if p < 0)
        found["win_rate"] = len(won) / len(account.profits)
        if lost > 0:
            found["profit_factor"] = math.fsum(won) / lost
    return found

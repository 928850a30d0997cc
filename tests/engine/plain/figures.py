"""Every figure from its definition; None where it is undefined."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tests.engine.plain.account import Account
from tests.engine.plain.score import score
from tradingapi.engine import Bars

NOISE = 1e-14

Figures = dict[str, float | None]


def figures_of(
    account: Account, bars: Bars, first: int, per_year: float, riskless: float
) -> Figures:
    """Measure a run on the window that begins at index `first`."""
    equity = np.array([1.0, *account.equity])
    returns = np.array([b / a - 1 if a > 0 else 0.0 for a, b in pairwise(equity)])
    before = bars.close[first - 1] if first else bars.open[0]
    market = bars.close[first:] / np.array([before, *bars.close[first:-1]]) - 1
    entered = bool(account.trades)
    found: Figures = {
        "total_return": float(equity[-1]) - 1,
        "annualized_return": finite(lambda: float(equity[-1]) ** (per_year / returns.size) - 1),
        "max_drawdown": drawdown(equity),
        "exposure": float(np.mean(np.array(account.held) != 0)),
        **of_returns(returns - riskless, per_year, entered=entered),
        **of_trades(account, bars.time[first:]),
        **regression(returns, market, riskless, per_year),
    }
    open_trade = account.trade
    found["open_return"] = None if open_trade is None else float(equity[-1]) / open_trade.before - 1
    found["open_bar"] = None if open_trade is None else float(open_trade.entered)
    found["score"] = score(found, float((returns - riskless).mean()))
    return found


def drawdown(equity: np.ndarray) -> float:
    """The deepest fall from a peak, by a loop."""
    peak, worst = 1.0, 0.0
    for value in equity:
        peak = max(peak, value)
        worst = max(worst, 1 - value / peak)
    return float(worst) if worst > NOISE else 0.0


def of_returns(excess: np.ndarray, per_year: float, *, entered: bool) -> Figures:
    """Sharpe, Sortino and the shape of the bar returns."""
    n, mean = excess.size, math.fsum(excess) / excess.size
    central = [math.fsum((excess - mean) ** power) / n for power in (2, 3, 4)]
    deviation = math.sqrt(central[0] * n / (n - 1))
    downside = math.sqrt(math.fsum(np.minimum(excess, 0) ** 2) / n)
    varies, yearly = entered and deviation > NOISE, math.sqrt(per_year)
    return {
        "sharpe": mean / deviation * yearly if varies else None,
        "sortino": mean / downside * yearly if entered and downside > NOISE else None,
        "skew": central[1] / central[0] ** 1.5 if varies else None,
        "kurtosis": central[2] / central[0] ** 2 if varies else None,
    }


def of_trades(account: Account, time: np.ndarray) -> Figures:
    """What closed trades tell."""
    closed = [trade for trade in account.trades if trade.left is not None]
    left = [trade.left for trade in account.trades if trade.left is not None]
    count, gains = len(closed), [trade.gain for trade in closed]
    won, lost = [g for g in gains if g > 0], [-g for g in gains if g < 0]
    losses = -math.fsum(t.profit for t in closed if t.gain < 0)
    profits = math.fsum(t.profit for t in closed if t.gain > 0)
    spread = float(np.std(gains, ddof=1)) if count > 1 else 0.0
    seconds = [int(time[b] - time[t.entered]) / 1e9 for t, b in zip(closed, left, strict=True)]
    bars = [b - t.entered for t, b in zip(closed, left, strict=True)]
    some = count > 0
    return {
        "trades": float(count),
        "win_rate": len(won) / count if some else None,
        "profit_factor": finite(lambda: profits / losses) if losses > 0 else None,
        "duration_seconds": sum(seconds) / count if some else None,
        "duration_bars": sum(bars) / count if some else None,
        "sqn": math.sqrt(count) * (math.fsum(gains) / count) / spread if spread > NOISE else None,
        "best_trade": max(gains) if some else None,
        "worst_trade": min(gains) if some else None,
        "payoff": (
            (math.fsum(won) / len(won)) / (math.fsum(lost) / len(lost)) if won and lost else None
        ),
    }


def regression(
    returns: np.ndarray, market: np.ndarray, riskless: float, per_year: float
) -> Figures:
    """Least squares of the run on the price, by the normal equations in rational numbers."""
    n = returns.size
    x = [Fraction(value) - Fraction(riskless) for value in market.tolist()]
    y = [Fraction(value) - Fraction(riskless) for value in returns.tolist()]
    mean, level = sum(x) / n, sum(y) / n
    squares = sum((value - mean) ** 2 for value in x)
    if squares / n <= Fraction(NOISE) ** 2:
        return {"alpha": None, "beta": None, "alpha_t": None}
    beta = sum((a - mean) * (b - level) for a, b in zip(x, y, strict=True)) / squares
    alpha = level - beta * mean
    rest = sum((b - alpha - beta * a) ** 2 for a, b in zip(x, y, strict=True))
    error = math.sqrt(rest / (n - 2) * (Fraction(1, n) + mean**2 / squares)) if n > 2 else 0.0
    return {
        "alpha": float(alpha) * per_year,
        "beta": float(beta),
        "alpha_t": float(alpha) / error if error > NOISE else None,
    }


def finite(formula: "Callable[[], float]") -> float | None:
    """Evaluate a formula; None where it is beyond any float."""
    try:
        value = formula()
    except (OverflowError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None

"""What is measured on one pair's run. Everything is a fraction; a drawdown is positive.

What cannot be measured is None with a reason, never inf or NaN.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.fills import Path

DAYS_A_MONTH = 30.436875
"""Mean month of the Gregorian calendar."""

NO_VARIATION = 1e-14
"""A bar's return is rounded to about 2e-16, so a smaller standard deviation is noise."""


class Scale(NamedTuple):
    """What the figures of one sweep have in common."""

    time: IntArray
    """Time of each bar of the window, in nanoseconds."""
    days: float
    """Calendar days of the window: from its first bar's opening to its last bar's end."""
    per_year: float
    """Bars a year."""
    risk_free: float
    """A bar's riskless return: (1 + rate)^(1 / bars a year) - 1."""


class OpenTrade(NamedTuple):
    """A position that is still held at the window's end, marked to its last close."""

    entry_time: int
    """UTC nanoseconds."""
    gain: float
    """Its return so far, entry costs included."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one run. See docs for each formula; None is explained in `nulls`."""

    total_return: float | None
    annualized_return: float | None
    mean_excess: float
    """Mean return of a bar above the riskless one."""
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    win_rate: float | None
    profit_factor: float | None
    trades: int
    """Closed trades."""
    trades_per_month: float
    duration_seconds: float | None
    """Mean calendar time of a closed trade."""
    duration_bars: float | None
    open_trade: OpenTrade | None
    nulls: dict[str, str]
    """Field name to the reason why it is None."""


def measure(path: Path, scale: Scale) -> Metrics:
    """Compute every metric of a run, E_0 = 1, n bars, A bars a year.

    total return = E_n - 1; annualized = E_n^(A/n) - 1; trades a month = closed trades /
    (days / 30.436875).
    """
    nulls: dict[str, str] = {}
    final = float(path.equity[-1])
    excess = path.returns - scale.risk_free
    win_rate, profit_factor = _wins(path, nulls)
    seconds, bars = _durations(path, scale, nulls)
    return Metrics(
        total_return=_finite(final - 1, "total_return", nulls),
        annualized_return=_annualized(final, path.returns.size, scale, nulls),
        mean_excess=float(excess.mean()),
        sharpe=_sharpe(path, excess, scale, nulls),
        sortino=_sortino(path, excess, scale, nulls),
        max_drawdown=_drawdown(path.equity),
        win_rate=win_rate,
        profit_factor=profit_factor,
        trades=path.exits.size,
        trades_per_month=path.exits.size / (scale.days / DAYS_A_MONTH),
        duration_seconds=seconds,
        duration_bars=bars,
        open_trade=_open_trade(path, scale),
        nulls=nulls,
    )


def _annualized(final: float, bars: int, scale: Scale, nulls: dict[str, str]) -> float | None:
    """E_n^(A/n) - 1. A two-bar window that doubled is beyond any float, and says so."""
    try:
        grown = math.pow(final, scale.per_year / bars)
    except OverflowError:
        grown = math.inf
    return _finite(grown - 1, "annualized_return", nulls)


def _finite(value: float, name: str, nulls: dict[str, str]) -> float | None:
    if math.isfinite(value):
        return value
    nulls[name] = "out_of_range"
    return None


def _sharpe(path: Path, excess: FloatArray, scale: Scale, nulls: dict[str, str]) -> float | None:
    """Mean / std(ddof=1) · sqrt(A)."""
    spread = float(excess.std(ddof=1))
    if path.entries.size == 0:
        nulls["sharpe"] = "never_entered"
    elif spread <= NO_VARIATION:
        nulls["sharpe"] = "no_variation"
    else:
        return float(excess.mean()) / spread * math.sqrt(scale.per_year)
    return None


def _sortino(path: Path, excess: FloatArray, scale: Scale, nulls: dict[str, str]) -> float | None:
    """Mean·A / (sqrt(mean(min(r, 0)²))·sqrt(A)), the mean over all bars, flat ones included."""
    downside = math.sqrt(float(np.mean(np.minimum(excess, 0) ** 2)))
    if path.entries.size == 0:
        nulls["sortino"] = "never_entered"
    elif downside <= NO_VARIATION:
        nulls["sortino"] = "no_down_bar"
    else:
        return float(excess.mean()) / downside * math.sqrt(scale.per_year)
    return None


def _drawdown(equity: FloatArray) -> float:
    """Return max(1 - E_t / max_{s<=t} E_s) at closes; the peak starts at the initial capital."""
    peak = np.maximum.accumulate(np.maximum(equity, 1.0))
    return float((1 - equity / peak).max())


def _wins(path: Path, nulls: dict[str, str]) -> tuple[float | None, float | None]:
    """Return win rate and profit factor, gains and losses in currency."""
    if path.exits.size == 0:
        nulls["win_rate"] = nulls["profit_factor"] = "no_closed_trade"
        return None, None
    closed = path.entries[: path.exits.size]
    profit = path.equity[path.exits] - path.equity_before(closed)
    win_rate = float((profit > 0).mean())
    lost = -float(profit[profit < 0].sum())
    if lost == 0:
        nulls["profit_factor"] = "no_losing_trade"
        return win_rate, None
    return win_rate, _finite(float(profit[profit > 0].sum()) / lost, "profit_factor", nulls)


def _durations(
    path: Path, scale: Scale, nulls: dict[str, str]
) -> tuple[float | None, float | None]:
    """Return the mean time of closed trades, in seconds and in bars, from fill to fill."""
    if path.exits.size == 0:
        nulls["duration_seconds"] = nulls["duration_bars"] = "no_closed_trade"
        return None, None
    closed = path.entries[: path.exits.size]
    elapsed = scale.time[path.exits] - scale.time[closed]
    return float(elapsed.mean()) / 1e9, float((path.exits - closed).mean())


def _open_trade(path: Path, scale: Scale) -> OpenTrade | None:
    if path.entries.size == path.exits.size:
        return None
    entry = path.entries[-1:]
    gain = float(path.equity[-1] / path.equity_before(entry)[0]) - 1
    return OpenTrade(int(scale.time[entry[0]]), gain)

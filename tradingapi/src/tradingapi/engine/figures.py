"""From a run's moments to its figures: every formula of the engine stands here.

n bars, A bars a year, r a bar's return with costs, rf the riskless one, x the price's own.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.jit import piece
from tradingapi.engine.score import score
from tradingapi.engine.tally import Equity, OpenTrade, Sums, Trades

NO_VARIATION: Final = 1e-14
"""A bar's return is rounded to about 2e-16, so a smaller deviation, or drawdown, is noise."""

MOST_CANCELLED: Final = 1e4
"""A sum that is this much smaller than what it is the difference of has lost four of its sixteen
digits, and is added up again bar by bar."""


class Scale(NamedTuple):
    """What the figures of one sweep have in common."""

    bars: int
    per_year: float
    riskless: float
    """A bar's riskless return: (1 + rate)^(1/A) - 1."""
    market_mean: float
    market_squares: float
    """Sum over the bars of (x - mean)²."""


class Moments(NamedTuple):
    """A run's bar returns: mean and sums of central powers over all bars, flat ones included."""

    mean: float
    second: float
    third: float
    fourth: float
    down_squares: float
    """Sum of min(r - rf, 0)²."""
    with_market: float
    """Sum of (r - mean)·(x - mean of x)."""
    gain_squares: float
    """Sum over closed trades of (return - mean return)²."""
    exposure: float


class Fit(NamedTuple):
    """Least squares of a run on the price: r - rf = alpha + beta·(x - rf) + e over the bars."""

    alpha: float
    """A bar's."""
    beta: float
    rest: float
    """Sum of e²."""


@piece
def central(sums: Sums, trades: Trades, open_trade: OpenTrade, scale: Scale) -> Moments:
    """Turn sums of powers into central ones.

    A position touches one bar more than it has closes, unless it is still held.
    """
    n, mean = float(scale.bars), sums.returns / scale.bars
    third = sums.cubes - 3.0 * mean * sums.squares + 2.0 * n * mean**3
    fourth = (
        sums.fourths
        - 4.0 * mean * sums.cubes
        + 6.0 * mean**2 * sums.squares
        - 3.0 * n * mean**4
    )  # fmt: skip
    held = trades.bars + (scale.bars - open_trade.bar if open_trade.bar >= 0 else 0)
    idle = min(-scale.riskless, 0.0)
    count = max(trades.closed, 1)
    return Moments(
        mean,
        sums.squares - sums.returns * mean,
        third,
        fourth,
        sums.down_squares + (scale.bars - held - trades.closed) * idle * idle,
        sums.with_market - sums.returns * scale.market_mean,
        trades.squares - trades.returns * trades.returns / count,
        held / n,
    )


@piece
def doubtful(sums: Sums, trades: Trades, moments: Moments, scale: Scale, total: Sums) -> bool:
    """Say whether a difference of large numbers has eaten the figures' digits.

    `total` has the sums over the whole window: those of a run are differences of such.
    """
    if trades.closed == 0 and moments.exposure == 0.0:
        return False
    lost = (
        sums.squares * MOST_CANCELLED < total.squares
        or sums.fourths * MOST_CANCELLED < total.fourths
        or 0.0 < sums.down_squares * MOST_CANCELLED < total.down_squares
    )
    steady = moments.second < 0.01 * sums.squares
    parallel = unexplained(moments, scale) < 1e-4 * moments.second
    alike = trades.closed > 1 and moments.gain_squares < 1e-5 * trades.squares
    return lost or steady or parallel or alike


@piece
def unexplained(moments: Moments, scale: Scale) -> float:
    """Return the sum of squares that the regression on the price leaves."""
    if scale.market_squares <= 0.0:
        return moments.second
    return moments.second - moments.with_market**2 / scale.market_squares


@piece
def fitted(moments: Moments, scale: Scale) -> Fit:
    """Return the regression where the run is not nearly the price's own."""
    excess, market = moments.mean - scale.riskless, scale.market_mean - scale.riskless
    beta = moments.with_market / scale.market_squares if scale.market_squares > 0.0 else 0.0
    return Fit(excess - beta * market, beta, unexplained(moments, scale))


@piece
def write(
    moments: Moments,
    fit: Fit,
    equity: Equity,
    trades: Trades,
    open_trade: OpenTrade,
    scale: Scale,
    out: FloatArray,
    k: int,
) -> None:
    """Write the figures of pair `k`.

    Total return E_n - 1; annualized E_n^(A/n) - 1; drawdown max(1 - E_t / max E_s, s <= t).
    """
    growth = equity.now ** (scale.per_year / scale.bars) - 1.0
    drawdown = 1.0 - equity.worst
    out[c.TOTAL_RETURN, k] = equity.now - 1.0
    out[c.ANNUALIZED_RETURN, k] = growth if growth < np.inf else np.nan
    out[c.MAX_DRAWDOWN, k] = drawdown if drawdown > NO_VARIATION else 0.0
    out[c.EXPOSURE, k] = moments.exposure
    out[c.OPEN_BAR, k] = open_trade.bar if open_trade.bar >= 0 else np.nan
    out[c.OPEN_RETURN, k] = open_trade.gain if open_trade.bar >= 0 else np.nan
    _write_ratios(moments, scale, trades.closed > 0 or open_trade.bar >= 0, out, k)
    _write_regression(fit, scale, out, k)
    _write_trades(trades, moments.gain_squares, out, k)
    out[c.SCORE, k] = score(
        trades.closed,
        out[c.SHARPE, k],
        out[c.SORTINO, k],
        moments.mean - scale.riskless,
        out[c.ANNUALIZED_RETURN, k],
        out[c.MAX_DRAWDOWN, k],
        out[c.PROFIT_FACTOR, k],
        out[c.WIN_RATE, k],
    )


@piece
def _write_ratios(moments: Moments, scale: Scale, entered: bool, out: FloatArray, k: int) -> None:
    """Sharpe = (mean - rf) / std(ddof=1)·sqrt(A); Sortino = (mean - rf) / sqrt(down² / n)·sqrt(A).

    Skew and kurtosis are the moments' ratios, without a correction for small samples.
    """
    n, excess = scale.bars, moments.mean - scale.riskless
    deviation = math.sqrt(max(moments.second, 0.0) / (n - 1))
    downside = math.sqrt(moments.down_squares / n)
    varies, yearly = entered and deviation > NO_VARIATION, math.sqrt(scale.per_year)
    falls = entered and downside > NO_VARIATION
    variance = moments.second / n
    out[c.SHARPE, k] = excess / deviation * yearly if varies else np.nan
    out[c.SORTINO, k] = excess / downside * yearly if falls else np.nan
    out[c.SKEW, k] = moments.third / n / (variance * math.sqrt(variance)) if varies else np.nan
    out[c.KURTOSIS, k] = moments.fourth / n / (variance * variance) if varies else np.nan


@piece
def _write_regression(fit: Fit, scale: Scale, out: FloatArray, k: int) -> None:
    """Alpha is shown for a year.

    t = alpha / (s·sqrt(1/n + mean(x - rf)² / Sxx)), s² = sum(e²) / (n - 2).
    """
    n, market = scale.bars, scale.market_mean - scale.riskless
    defined = scale.market_squares / n > NO_VARIATION**2
    error = 0.0
    if n > 2 and fit.rest > 0.0:
        error = math.sqrt(fit.rest / (n - 2) * (1.0 / n + market * market / scale.market_squares))
    out[c.BETA, k] = fit.beta if defined else np.nan
    out[c.ALPHA, k] = fit.alpha * scale.per_year if defined else np.nan
    out[c.ALPHA_T, k] = fit.alpha / error if defined and error > NO_VARIATION else np.nan


@piece
def _write_trades(trades: Trades, gain_squares: float, out: FloatArray, k: int) -> None:
    """Win rate = won / closed; profit factor = won / lost currency; payoff = mean won / mean lost.

    SQN = sqrt(trades)·mean / std(ddof=1) of the trades' returns (Van Tharp).
    """
    count = trades.closed
    any_closed = count > 0
    out[c.TRADES, k] = count
    out[c.WIN_RATE, k] = trades.won / count if any_closed else np.nan
    factor = trades.profits / trades.losses if trades.losses > 0.0 else np.nan
    out[c.PROFIT_FACTOR, k] = factor if factor < np.inf else np.nan
    out[c.DURATION_SECONDS, k] = trades.time * 1e-9 / count if any_closed else np.nan
    out[c.DURATION_BARS, k] = trades.bars / count if any_closed else np.nan
    out[c.BEST_TRADE, k] = trades.best if any_closed else np.nan
    out[c.WORST_TRADE, k] = trades.worst if any_closed else np.nan
    mean_won, mean_lost = trades.won_returns / trades.won, trades.lost_returns / trades.lost
    out[c.PAYOFF, k] = mean_won / mean_lost if trades.won > 0 and trades.lost > 0 else np.nan
    deviation = math.sqrt(max(gain_squares, 0.0) / (count - 1)) if count > 1 else 0.0
    varies = deviation > NO_VARIATION
    out[c.SQN, k] = math.sqrt(count) * (trades.returns / count) / deviation if varies else np.nan

"""Buy-and-hold: one position from the window's first fill to its end, which needs no loop."""

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.figures import Fit, Moments, Scale, write
from tradingapi.engine.jit import kernel
from tradingapi.engine.search import Job
from tradingapi.engine.tally import Equity, OpenTrade, nothing


def held_throughout(job: Job) -> FloatArray:
    """Return the figures of a long position without a stop or a target."""
    prices, scale, entering = job.prices, job.scale, job.terms.entering
    bought = float(prices.open[0] if job.terms.at_open else prices.close[0])
    worth = prices.close * (entering / bought)
    returns = prices.market.copy()
    returns[0] = worth[0] - 1.0
    peaks = np.maximum(np.maximum.accumulate(worth), 1.0)
    equity = Equity(float(worth[-1]), float(peaks[-1]), float((worth / peaks).min()))
    figures = np.empty((c.COUNT, 1))
    moments, fit = _moments(returns, scale), _fit(returns, prices.market, scale)
    _write(moments, fit, equity, OpenTrade(0, equity.now - 1.0), scale, figures, 0)
    return figures[:, 0]


def _moments(returns: FloatArray, scale: Scale) -> Moments:
    """Return the moments by two passes; the one with the market is the regression's matter."""
    mean = float(returns.mean())
    apart, below = returns - mean, np.minimum(returns - scale.riskless, 0.0)
    return Moments(
        mean,
        second=float((apart**2).sum()),
        third=float((apart * apart * apart).sum()),
        fourth=float((apart**2 * apart**2).sum()),
        down_squares=float((below**2).sum()),
        with_market=np.nan,
        gain_squares=0.0,
        exposure=1.0,
    )


def _fit(returns: FloatArray, market: FloatArray, scale: Scale) -> Fit:
    """Fit what the position is apart from the price: its first bar."""
    apart, moved = returns - market, market - scale.market_mean
    mean = float(apart.mean())
    apart -= mean
    squares = scale.market_squares
    part = float((apart * moved).sum()) / squares if squares > 0.0 else 0.0
    rest = float(((apart - part * moved) ** 2).sum())
    return Fit(mean - part * (scale.market_mean - scale.riskless), 1.0 + part, rest)


@kernel
def _write(
    moments: Moments,
    fit: Fit,
    equity: Equity,
    held: OpenTrade,
    scale: Scale,
    out: FloatArray,
    k: int,
) -> None:
    # A literal 0 would be a type of its own, and the figures be compiled a second time for it.
    write(moments, fit, equity, nothing()[2], held, scale, out, k)

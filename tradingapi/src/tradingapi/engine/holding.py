"""Buy-and-hold: one position from the window's first fill to its end, which needs no loop."""

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.figures import Moments, Scale, write
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
    moments, rest = _moments(returns, prices.market, scale)
    figures = np.empty((c.COUNT, 1))
    _write(moments, equity, OpenTrade(0, equity.now - 1.0), scale, rest, figures)
    return figures[:, 0]


def _moments(returns: FloatArray, market: FloatArray, scale: Scale) -> tuple[Moments, float]:
    """Return the moments by two passes, and what the regression on the price leaves."""
    mean = float(returns.mean())
    apart, moved = returns - mean, market - scale.market_mean
    below = np.minimum(returns - scale.riskless, 0.0)
    joint = float((apart * moved).sum())
    beta = joint / scale.market_squares if scale.market_squares > 0.0 else 0.0
    moments = Moments(
        mean,
        second=float((apart**2).sum()),
        third=float((apart * apart * apart).sum()),
        fourth=float((apart**2 * apart**2).sum()),
        down_squares=float((below**2).sum()),
        with_market=joint,
        gain_squares=0.0,
        exposure=1.0,
    )
    return moments, float(((apart - beta * moved) ** 2).sum())


@kernel
def _write(
    moments: Moments, equity: Equity, held: OpenTrade, scale: Scale, rest: float, out: FloatArray
) -> None:
    write(moments, equity, nothing()[2], held, scale, rest, out, 0)

"""Buy-and-hold: one position from the window's first fill to its end."""

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.figures import Fit, Moments, Scale, write
from tradingapi.engine.jit import kernel, piece
from tradingapi.engine.search import Job
from tradingapi.engine.signals import NONE
from tradingapi.engine.tally import Equity, OpenTrade, nothing


def held_throughout(job: Job) -> FloatArray:
    """Return the figures of a long position without a stop or a target."""
    prices, figures = job.prices, np.empty((c.COUNT, 1))
    bought = float(prices.open[0] if job.terms.at_open else prices.close[0])
    _hold(prices.close, prices.market, job.terms.entering / bought, job.scale, figures)
    return figures[:, 0]


@kernel
def _hold(
    close: FloatArray, market: FloatArray, units: float, scale: Scale, out: FloatArray
) -> None:
    """Measure `units` of the price; its returns are the market's own but on the first bar."""
    first = close[0] * units - 1.0
    equity = _equity(close, units)
    moments = _moments(market, first, scale)
    fit = _fit(market, first - market[0], scale)
    write(moments, fit, equity, nothing()[2], OpenTrade(NONE, equity.now - 1.0), scale, out, NONE)


@piece
def _equity(close: FloatArray, units: float) -> Equity:
    peak, worst = 1.0, 1.0
    for t in range(close.size):
        worth = close[t] * units
        peak = max(peak, worth)
        worst = min(worst, worth / peak)
    return Equity(close[close.size - 1] * units, peak, worst)


@piece
def _moments(market: FloatArray, first: float, scale: Scale) -> Moments:
    """Return the moments by two passes; the one with the market is the regression's matter."""
    total = first
    for t in range(1, market.size):
        total += market[t]
    mean = total / market.size
    second = third = fourth = down_squares = 0.0
    for t in range(market.size):
        r = market[t] if t > 0 else first
        apart, below = r - mean, min(r - scale.riskless, 0.0)
        second += apart * apart
        third += apart * apart * apart
        fourth += apart * apart * (apart * apart)
        down_squares += below * below
    return Moments(mean, second, third, fourth, down_squares, np.nan, 0.0, 1.0)


@piece
def _fit(market: FloatArray, apart: float, scale: Scale) -> Fit:
    """Fit what the position is apart from the price: `apart`, on its first bar."""
    mean, squares = apart / market.size, scale.market_squares
    part = apart * (market[0] - scale.market_mean) / squares if squares > 0.0 else 0.0
    rest = 0.0
    for t in range(market.size):
        left = (apart if t == 0 else 0.0) - mean - part * (market[t] - scale.market_mean)
        rest += left * left
    return Fit(mean - part * (scale.market_mean - scale.riskless), 1.0 + part, rest)

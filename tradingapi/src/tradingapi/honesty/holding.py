"""The winner against doing nothing: hold the ticker over the same bars."""

import math
from dataclasses import dataclass

from tradingapi.engine.bars import FloatArray
from tradingapi.honesty.ratios import NO_VARIATION, annualized, growth, sharpe
from tradingapi.honesty.study import Study


@dataclass(frozen=True)
class Holding:
    """Buy at the window's first fill, pay its costs, and keep it to the last close."""

    total_return: float
    annualized_return: float | None
    sharpe: float | None


@dataclass(frozen=True)
class Alpha:
    """What the pair earned that the price's own moves do not explain (Jensen 1968).

    Least squares of the pair's excess bar returns on the price's, over all bars of the window:
    r = alpha + beta·m + e. t = alpha / its standard error, n - 2 degrees of freedom. It takes the
    bars to be independent.
    """

    alpha: float
    """A year's: a bar's times A."""
    beta: float
    t: float | None
    """None where nothing is left to explain."""


def hold(study: Study) -> Holding:
    """Measure holding."""
    returns = study.engine.hold(study.bars, study.spec).returns
    grown = growth(returns)
    return Holding(
        total_return=grown - 1,
        annualized_return=annualized(grown, returns.size, study.per_year),
        sharpe=sharpe(returns, study.risk_free, study.per_year),
    )


def alpha(
    returns: FloatArray, market: FloatArray, risk_free: float, per_year: float
) -> Alpha | None:
    """Regress a pair's returns on the price's; None where the price does not move."""
    y, x = returns - risk_free, market - risk_free
    size = y.size
    around = x - x.mean()
    spread = float((around * around).sum())
    if size < 3 or spread <= size * NO_VARIATION**2:
        return None
    beta = float((around * y).sum()) / spread
    intercept = float(y.mean()) - beta * float(x.mean())
    rest = y - intercept - beta * x
    variance = float((rest * rest).sum()) / (size - 2)
    error = math.sqrt(variance * (1 / size + float(x.mean()) ** 2 / spread))
    told = math.sqrt(variance) > NO_VARIATION
    return Alpha(intercept * per_year, beta, intercept / error if told else None)

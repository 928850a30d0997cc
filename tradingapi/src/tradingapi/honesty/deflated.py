"""The deflated Sharpe ratio, with the choices that decide it.

Bailey and López de Prado, "The Deflated Sharpe Ratio" (Journal of Portfolio Management, 2014):
the probability that the true Sharpe ratio is above what the best of N unskilled trials reaches.

    SR0 = sqrt(V) · ((1-g)·Φ⁻¹(1 - 1/N) + g·Φ⁻¹(1 - 1/(N·e))),  g = 0.5772... (Euler)
    DSR = Φ((SR - SR0)·sqrt(n-1) / sqrt(1 - skew·SR + (kurtosis-1)/4·SR²))

SR is a bar's, V the variance of SR across the trials, kurtosis 3 for a normal distribution. It
takes trials to earn nothing on average, so on a rising market it finds skill in what the market
gave: it stands beside the permutation test, never above it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from tradingapi.engine.bars import FloatArray
from tradingapi.honesty.permutation import Draw
from tradingapi.honesty.study import Study

EULER_MASCHERONI: Final = 0.5772156649015329

MOST_TRIALS: Final = 1e12
"""Where the search for an effective number of trials ends."""

NORMAL: Final = NormalDist()


@dataclass(frozen=True)
class Deflated:
    """The ratio for one choice of N."""

    choice: str
    """`all_pairs`: every pair tested; `effective`: as many independent trials as the permuted
    searches behave like."""
    trials: float
    """N."""
    sharpe_needed: float
    """SR0, a year's."""
    probability: float | None
    """DSR; None where the estimate's variance is not positive."""


@dataclass(frozen=True)
class DeflatedSharpe:
    """All choices side by side: one of them can flip the verdict, so none is hidden."""

    sharpe: float
    """A year's, of the chosen pair."""
    trial_variance: float
    """V: the variance of a year's Sharpe ratio across the pairs that reached min_trades."""
    skew: float
    kurtosis: float
    bars: int
    by_choice: tuple[Deflated, ...]


def expected_maximum(trials: float) -> float:
    """Return the expected largest of N standard normal numbers, in the paper's approximation.

    0 for so few trials that the approximation falls below it.
    """
    if trials <= 1:
        return 0.0
    high = NORMAL.inv_cdf(1 - 1 / trials)
    higher = NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return max((1 - EULER_MASCHERONI) * high + EULER_MASCHERONI * higher, 0.0)


def effective_trials(draws: Sequence[Draw]) -> float | None:
    """Return N of the independent trials whose largest is as large as the permuted searches' is.

    Solves expected_maximum(N) = (mean of max* - mean of SR*) / sd of SR*, SR* being the Sharpe
    ratios of all qualified pairs in all permutations. Their mean is taken off because it is what
    the drift gives every pair. None without two Sharpe ratios that differ.
    """
    count = sum(draw.sharpes for draw in draws)
    found = [draw.max_sharpe for draw in draws if draw.sharpes > 0]
    if count < 2:
        return None
    mean = math.fsum(draw.total for draw in draws) / count
    variance = math.fsum(draw.squares for draw in draws) / count - mean * mean
    if variance <= 0:
        return None
    return _trials_for((math.fsum(found) / len(found) - mean) / math.sqrt(variance))


def deflate(
    study: Study, winner: int, returns: FloatArray, draws: Sequence[Draw]
) -> DeflatedSharpe | None:
    """Deflate the chosen pair's Sharpe ratio; None where fewer than two pairs have one."""
    surface = study.surface
    known = surface.sharpe[surface.qualified(study.spec.min_trades) & ~np.isnan(surface.sharpe)]
    if known.size < 2 or np.isnan(surface.sharpe[winner]):
        return None
    skew, kurtosis = moments(returns - study.risk_free)
    spread = float(known.std(ddof=1))
    sharpe = float(surface.sharpe[winner])
    choices = {"all_pairs": float(len(surface)), "effective": effective_trials(draws)}
    return DeflatedSharpe(
        sharpe=sharpe,
        trial_variance=spread * spread,
        skew=skew,
        kurtosis=kurtosis,
        bars=returns.size,
        by_choice=tuple(
            Deflated(
                choice=choice,
                trials=trials,
                sharpe_needed=spread * expected_maximum(trials),
                probability=probability(
                    sharpe / math.sqrt(study.per_year),
                    spread * expected_maximum(trials) / math.sqrt(study.per_year),
                    returns.size,
                    (skew, kurtosis),
                ),
            )
            for choice, trials in choices.items()
            if trials is not None
        ),
    )


def probability(
    sharpe: float, needed: float, bars: int, shape: tuple[float, float]
) -> float | None:
    """Return DSR from a bar's ratios and (skew, kurtosis)."""
    skew, kurtosis = shape
    variance = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
    if variance <= 0:
        return None
    return NORMAL.cdf((sharpe - needed) * math.sqrt(bars - 1) / math.sqrt(variance))


def moments(returns: FloatArray) -> tuple[float, float]:
    """Return skew and kurtosis (3 = normal) from central moments; 0 and 3 without variation."""
    centered = returns - returns.mean()
    second, third, fourth = (float((centered**power).mean()) for power in (2, 3, 4))
    if second <= 0:
        return 0.0, 3.0
    return third / second**1.5, fourth / second**2


def _trials_for(maximum: float) -> float:
    """Invert `expected_maximum` by bisection on a logarithmic scale."""
    low, high = 0.0, math.log(MOST_TRIALS)
    for _ in range(80):
        middle = (low + high) / 2
        if expected_maximum(math.exp(middle)) < maximum:
            low = middle
        else:
            high = middle
    return math.exp(high)

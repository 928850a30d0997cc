"""The engine's definitions, for any series of returns: excess over a riskless bar, A bars a year.

Undefined is None. `None` becomes text only where a reader sees it.
"""

import math
from typing import Final

import numpy as np
import pandas as pd

from tradingapi.engine.bars import FloatArray

NO_VARIATION: Final = 1e-14
"""A bar's return is rounded to about 2e-16, so a smaller standard deviation is noise."""


def sharpe(returns: FloatArray, risk_free: float, per_year: float) -> float | None:
    """Return mean(r - rf) / std(r - rf, ddof=1) · sqrt(A) (Sharpe 1994)."""
    if returns.size < 2:
        return None
    excess = returns - risk_free
    spread = float(excess.std(ddof=1))
    if spread <= NO_VARIATION:
        return None
    return float(excess.mean()) / spread * math.sqrt(per_year)


def sortino(returns: FloatArray, risk_free: float, per_year: float) -> float | None:
    """Return mean(r - rf) / sqrt(mean of min(r - rf, 0)²) · sqrt(A) (Sortino, van der Meer 1991).

    The second mean is over all bars; None where no bar is below.
    """
    excess = returns - risk_free
    below = float(np.mean(np.minimum(excess, 0.0) ** 2))
    return None if below == 0.0 else float(excess.mean()) / math.sqrt(below) * math.sqrt(per_year)


def growth(returns: FloatArray) -> float:
    """Return what 1 becomes."""
    return float(np.prod(1 + returns))


def annualized(grown: float, bars: int, per_year: float) -> float | None:
    """Return grown^(A/n) - 1; None where that is beyond floating point."""
    try:
        return math.pow(grown, per_year / bars) - 1
    except OverflowError:
        return None


def returns_of(equity: FloatArray) -> FloatArray:
    """Return what equity, 1 before the first bar, gained on each bar; 0 where nothing was left."""
    before = np.concatenate(([1.0], equity[:-1]))
    gained = np.divide(equity, before, out=np.ones_like(equity), where=before > 0)
    return gained - 1


def max_drawdown(equity: FloatArray) -> float:
    """Return max(1 - E_t / max_{s<=t} E_s), the peak starting at the initial capital of 1."""
    peak = np.maximum.accumulate(np.maximum(equity, 1.0))
    return float((1 - equity / peak).max())


def finite(value: float) -> float | None:
    """Return a figure of an array, in which NaN is undefined."""
    return float(value) if math.isfinite(value) else None


def spearman(first: FloatArray, second: FloatArray) -> float | None:
    """Return the correlation of the ranks, ties at their mean rank (Spearman 1904).

    None where all values of one side are equal.
    """
    x, y = (pd.Series(side).rank().to_numpy() for side in (first, second))
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else None

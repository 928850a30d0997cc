"""One number to rank pairs by, version 1, and the order it gives.

score = 4·c·sum(w·S(x, k)), S(x, k) = x / (|x| + k), c = min(1, sqrt(closed trades / 30)).

It lies in (-4, 4); 0 means no edge. It is two-sided on purpose: a one-sided form ranks a pair
that loses nearly everything above one that loses a little. Raising one metric with the trades
fixed never lowers it.
"""

import math

from tradingapi.engine.grid import Pair
from tradingapi.engine.metrics import Metrics

SCORE_VERSION = 1

TRUSTED_TRADES = 30
"""From so many closed trades the score is not damped."""


def score(metrics: Metrics) -> float:
    """Return the score of a run. An unknown metric counts as no edge (0)."""
    damping = min(1.0, math.sqrt(metrics.trades / TRUSTED_TRADES))
    win_rate = None if metrics.win_rate is None else 2 * metrics.win_rate - 1
    edge = (
        0.30 * _squash(metrics.sharpe, 1.0)
        + 0.15 * _sortino_part(metrics)
        + 0.20 * _return_over_drawdown(metrics)
        + 0.15 * _profit_factor_part(metrics)
        + 0.10 * _squash(win_rate, 1.0)
        + 0.10 * _squash(metrics.annualized_return, 0.20)
    )
    # Adding 0.0 turns the -0.0 of a loser without closed trades into 0.0.
    return 4 * damping * edge + 0.0


def rank_key(pair: Pair, metrics: Metrics, value: float) -> tuple[float, float, int, int, int]:
    """Return the key that sorts best first: score, Sharpe (None last), fewer trades, periods."""
    sharpe = -math.inf if metrics.sharpe is None else metrics.sharpe
    return -value, -sharpe, metrics.trades, pair.fast, pair.slow


def _squash(x: float | None, scale: float) -> float:
    return 0.0 if x is None else x / (abs(x) + scale)


def _sortino_part(metrics: Metrics) -> float:
    if metrics.nulls.get("sortino") == "no_down_bar":
        return 1.0 if metrics.mean_excess > 0 else 0.0
    return _squash(metrics.sortino, 1.5)


def _return_over_drawdown(metrics: Metrics) -> float:
    annualized = metrics.annualized_return
    if annualized is None:
        return 0.0
    if metrics.max_drawdown == 0:
        return math.copysign(1.0, annualized) if annualized else 0.0
    return _squash(annualized / metrics.max_drawdown, 1.0)


def _profit_factor_part(metrics: Metrics) -> float:
    if metrics.nulls.get("profit_factor") == "no_losing_trade":
        return 1.0 if metrics.win_rate else 0.0
    return 0.0 if metrics.profit_factor is None else _squash(metrics.profit_factor - 1, 1.0)

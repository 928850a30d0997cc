"""The score, version 1, as its formula reads."""

import math
from collections.abc import Mapping


def score(figures: Mapping[str, float | None], mean_excess: float) -> float:
    """4·c·sum(w·S(x, k)), S(x, k) = x / (|x| + k), c = min(1, sqrt(trades / 30))."""
    annualized, win_rate = figures["annualized_return"], figures["win_rate"]
    factor, sortino = figures["profit_factor"], figures["sortino"]
    drawdown = figures["max_drawdown"] or 0.0
    gained = 1.0 if mean_excess > 0 else 0.0
    downside = gained if sortino is None else squashed(sortino, 1.5)
    if annualized is None:
        calmar = 0.0
    elif drawdown == 0:
        calmar = math.copysign(1.0, annualized) if annualized else 0.0
    else:
        calmar = squashed(annualized / drawdown, 1)
    only_wins = 1.0 if win_rate else 0.0
    profit = only_wins if factor is None else squashed(factor - 1, 1)
    edge = (
        0.30 * squashed(figures["sharpe"], 1)
        + 0.15 * downside
        + 0.20 * calmar
        + 0.15 * profit
        + 0.10 * squashed(None if win_rate is None else 2 * win_rate - 1, 1)
        + 0.10 * squashed(annualized, 0.20)
    )
    return 4 * min(1.0, math.sqrt((figures["trades"] or 0.0) / 30)) * edge


def squashed(x: float | None, k: float) -> float:
    """An unknown metric is no edge."""
    return 0.0 if x is None else x / (abs(x) + k)

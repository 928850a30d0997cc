"""One number to rank pairs by, version 1, and the order it gives.

score = 4·c·sum(w·S(x, k)), S(x, k) = x / (|x| + k), c = min(1, sqrt(closed trades / 30)).

It lies in (-4, 4); 0 means no edge. It is two-sided on purpose: a one-sided form ranks a pair
that loses nearly everything above one that loses a little. Raising one metric with the trades
fixed never lowers it.
"""

import math
from typing import Final

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.columns import SCORE, SHARPE, TRADES
from tradingapi.engine.jit import piece

SCORE_VERSION: Final = 1

TRUSTED_TRADES: Final = 30
"""From so many closed trades the score is not damped."""


@piece
def squashed(x: float, scale: float) -> float:
    """Return x / (|x| + scale); an unknown metric counts as no edge (0)."""
    return 0.0 if math.isnan(x) else x / (abs(x) + scale)


@piece
def sortino_part(sortino: float, mean_excess: float) -> float:
    """Without a down bar the edge is full where something was gained."""
    if math.isnan(sortino):
        return 1.0 if mean_excess > 0.0 else 0.0
    return squashed(sortino, 1.5)


@piece
def return_over_drawdown_part(annualized: float, drawdown: float) -> float:
    """Without a drawdown the sign of the return decides."""
    if math.isnan(annualized):
        return 0.0
    if drawdown == 0.0:
        return 1.0 if annualized > 0.0 else (-1.0 if annualized < 0.0 else 0.0)
    return squashed(annualized / drawdown, 1.0)


@piece
def profit_factor_part(profit_factor: float, win_rate: float) -> float:
    """Only wins are a full edge."""
    if math.isnan(profit_factor):
        return 1.0 if win_rate > 0.0 else 0.0
    return squashed(profit_factor - 1.0, 1.0)


@piece
def score(
    trades: int,
    sharpe: float,
    sortino: float,
    mean_excess: float,
    annualized: float,
    drawdown: float,
    profit_factor: float,
    win_rate: float,
) -> float:
    """Return the score of a run; what is undefined is NaN."""
    damping = min(1.0, math.sqrt(trades / TRUSTED_TRADES))
    edge = (
        0.30 * squashed(sharpe, 1.0)
        + 0.15 * sortino_part(sortino, mean_excess)
        + 0.20 * return_over_drawdown_part(annualized, drawdown)
        + 0.15 * profit_factor_part(profit_factor, win_rate)
        + 0.10 * squashed(2.0 * win_rate - 1.0, 1.0)
        + 0.10 * squashed(annualized, 0.20)
    )
    # Adding 0.0 turns the -0.0 of a loser without closed trades into 0.0.
    return 4.0 * damping * edge + 0.0


def ranked(figures: FloatArray) -> IntArray:
    """Return the pairs, best first: score, Sharpe (undefined last), fewer trades, the grid's order.

    The grid's order is by fast and then by slow period. Only pairs of equal score are looked at
    twice: sorting a full grid by all keys takes longer than computing it.
    """
    best = -figures[SCORE]
    order = np.argsort(best)
    ranks = best[order]
    same = ranks[1:] == ranks[:-1]
    if not same.any():
        return order
    tie = np.zeros(order.size, bool)
    tie[1:] = same
    tie[:-1] |= same
    tied = np.flatnonzero(tie)
    among = order[tied]
    # Undefined ones are NaN, which is sorted behind all numbers.
    keys = (among, figures[TRADES, among], -figures[SHARPE, among], ranks[tied])
    order[tied] = among[np.lexsort(keys)]
    return order

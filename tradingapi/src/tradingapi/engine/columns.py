"""The figures of a sweep as columns: what each holds, and where kernels write it.

Everything is a fraction; a drawdown is positive; what is undefined is NaN. `nulls.py` knows why.
"""

from typing import Final

SCORE: Final = 0
TOTAL_RETURN: Final = 1
ANNUALIZED_RETURN: Final = 2
SHARPE: Final = 3
SORTINO: Final = 4
MAX_DRAWDOWN: Final = 5
WIN_RATE: Final = 6
PROFIT_FACTOR: Final = 7
TRADES: Final = 8
"""Closed trades."""
DURATION_SECONDS: Final = 9
"""Mean calendar time of a closed trade."""
DURATION_BARS: Final = 10
EXPOSURE: Final = 11
"""Part of the window's closes at which a position was held."""
SQN: Final = 12
BEST_TRADE: Final = 13
WORST_TRADE: Final = 14
PAYOFF: Final = 15
"""Mean return of won trades / mean loss of lost ones."""
SKEW: Final = 16
KURTOSIS: Final = 17
"""3 is normal."""
ALPHA: Final = 18
"""A year's return beyond beta times the price's own."""
BETA: Final = 19
ALPHA_T: Final = 20
OPEN_RETURN: Final = 21
"""Return so far of the position that is held at the end, entry costs included."""
OPEN_BAR: Final = 22
"""The window's bar on which it was entered."""
COUNT: Final = 23

NAMES: Final = (
    "score",
    "total_return",
    "annualized_return",
    "sharpe",
    "sortino",
    "max_drawdown",
    "win_rate",
    "profit_factor",
    "trades",
    "duration_seconds",
    "duration_bars",
    "exposure",
    "sqn",
    "best_trade",
    "worst_trade",
    "payoff",
    "skew",
    "kurtosis",
    "alpha",
    "beta",
    "alpha_t",
    "open_return",
    "open_bar",
)

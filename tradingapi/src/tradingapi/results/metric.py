"""The columns of a result: those that can be sorted by and drawn, and those beside them."""

from enum import StrEnum
from typing import Any, Final

import pyarrow as pa


class Metric(StrEnum):
    """A figure of a pair. Units are those of the wire: percent where the name says so."""

    SCORE = "score"
    SHARPE = "sharpe_ratio"
    SORTINO = "sortino_ratio"
    TOTAL_RETURN = "total_return_pct"
    ANNUALIZED_RETURN = "annualized_return"
    MAX_DRAWDOWN = "max_drawdown_pct"
    WIN_RATE = "win_rate_pct"
    PROFIT_FACTOR = "profit_factor"
    TRADES = "total_trades"
    TRADES_PER_MONTH = "trades_per_month"
    DURATION_SECONDS = "avg_trade_duration_seconds"
    DURATION_BARS = "avg_trade_duration_bars"
    EXPOSURE = "exposure_pct"
    SQN = "sqn"
    BEST_TRADE = "best_trade_pct"
    WORST_TRADE = "worst_trade_pct"
    PAYOFF = "payoff_ratio"
    SKEWNESS = "skewness"
    KURTOSIS = "kurtosis"
    ALPHA = "alpha_pct"
    BETA = "beta"
    ALPHA_T = "alpha_t_stat"


class Place(StrEnum):
    """A figure of a pair over many tickers; a place is in percent of the pairs below."""

    MEDIAN = "median_rank_pct"
    WORST = "worst_rank_pct"
    TICKERS = "tickers"
    """How many have it eligible."""
    RANK = "rank"
    """In the whole run; 1 is the best."""


Figure = Metric | Place
"""What a run's pairs can be sorted by: of one ticker by the first, of many by the second."""


def figure(name: str) -> Figure:
    """Find a figure by its name.

    Raises:
        ValueError: There is none of that name.
    """
    return Place(name) if name in set(Place) else Metric(name)


WHOLE: Final[frozenset[Figure]] = frozenset({Metric.TRADES, Place.TICKERS, Place.RANK})
"""Metrics that are counts."""

TEXT: Final = pa.dictionary(pa.int32(), pa.string())
"""A text that few values stand for: one byte or so a row."""

FIGURES: Final[list["pa.Field[Any]"]] = [
    pa.field(metric, pa.int64() if metric in WHOLE else pa.float64()) for metric in Metric
]

COLUMNS: Final[list["pa.Field[Any]"]] = [
    pa.field("rank", pa.int32(), nullable=False),
    pa.field("qualified", pa.bool_(), nullable=False),
    pa.field("ticker", TEXT, nullable=False),
    pa.field("strategy_type", TEXT, nullable=False),
    pa.field("fast_period", pa.int32(), nullable=False),
    pa.field("slow_period", pa.int32(), nullable=False),
    pa.field("signal_period", pa.int32()),
    pa.field("rsi_period", pa.int32()),
    *FIGURES,
    pa.field("null_reasons", TEXT),
    pa.field("open_trade_entry_time", TEXT),
    pa.field("open_trade_return_pct", pa.float64()),
    pa.field("synthetic", pa.bool_(), nullable=False),
]

SCHEMA: Final = pa.schema(COLUMNS)
"""Rows are in the order of rank. `null_reasons` is JSON: the column and why it is null."""

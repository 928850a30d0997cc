"""One grid on many tickers: which pair does well nearly everywhere, not best somewhere.

A score of one ticker says nothing beside a score of another, a place among the pairs does. So each
pair has, for each ticker, its place among all pairs, and pairs are ranked by the middle of theirs.
"""

from tradingapi.tickers.part import BadTickerError, TickerPart
from tradingapi.tickers.portfolio import Portfolio, portfolio
from tradingapi.tickers.result import ManyResult, PairRank
from tradingapi.tickers.sweep import MOST_TICKERS, sweep_many

__all__ = [
    "MOST_TICKERS",
    "BadTickerError",
    "ManyResult",
    "PairRank",
    "Portfolio",
    "TickerPart",
    "portfolio",
    "sweep_many",
]

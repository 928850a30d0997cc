"""One ticker's part: its sweep, of which the places of all pairs and a few figures are kept."""

from dataclasses import dataclass
from typing import NamedTuple

from tradingapi.engine import (
    BadBarsError,
    InsufficientDataError,
    Origin,
    Progress,
    Row,
    SweepSpec,
    sweep,
)
from tradingapi.engine import columns as c
from tradingapi.engine.coercion import PricesLike
from tradingapi.engine.grid import PairsLike
from tradingapi.engine.metrics import Metrics
from tradingapi.tickers.ranks import Places, places_of


class BadTickerError(ValueError):
    """One of the tickers cannot be swept. Its `__cause__` says why, and the message both."""

    def __init__(self, ticker: str, why: Exception) -> None:
        super().__init__(f"{ticker}: {why}")
        self.ticker = ticker


@dataclass(frozen=True)
class TickerPart:
    """What is kept of one ticker's sweep."""

    ticker: str
    origin: Origin
    data_sha256: str
    """Of the bars up to its window's end."""
    window_start: int
    """First measured bar, in UTC nanoseconds, as the next is the last one."""
    window_end: int
    window_bars: int
    window_limited_by: str | None
    periods_per_year: float
    eligible: int
    """Pairs that closed `min_trades` trades."""
    best: Row
    """Its own best pair: of the eligible ones, or of all if there are none."""
    holding: Metrics
    """The ticker bought at its window's first fill and never sold."""


class Examined(NamedTuple):
    """A ticker's part, and the place of each pair among its pairs."""

    part: TickerPart
    places: Places


def examine(
    ticker: str,
    prices: PricesLike,
    spec: SweepSpec,
    on_progress: Progress | None = None,
    *,
    pairs: PairsLike | None = None,
    threads: int | None = None,
) -> Examined:
    """Sweep one ticker.

    Raises:
        BadTickerError: Its prices are wrong, or too few.
    """
    try:
        result = sweep(prices, spec, on_progress, pairs=pairs, threads=threads, bar=False)
    except (BadBarsError, InsufficientDataError) as error:
        raise BadTickerError(ticker, error) from error
    eligible = result.qualified
    part = TickerPart(
        ticker=ticker,
        origin=result.origin,
        data_sha256=result.data_sha256,
        window_start=result.window_start,
        window_end=result.window_end,
        window_bars=result.window_bars,
        window_limited_by=result.window_limited_by,
        periods_per_year=result.periods_per_year,
        eligible=int(eligible.sum()),
        best=result.best(1)[0],
        holding=result.buy_and_hold,
    )
    return Examined(part, places_of(result.figures[c.SCORE], eligible))

"""One ticker's part: its sweep, of which the places of all pairs and a few figures are kept."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from tradingapi.engine import (
    BadBarsError,
    InsufficientDataError,
    Origin,
    Progress,
    Row,
    SweepResult,
    SweepSpec,
    sweep,
)
from tradingapi.engine import columns as c
from tradingapi.engine.coercion import PricesLike
from tradingapi.engine.grid import Choice, PairsLike
from tradingapi.engine.metrics import Metrics
from tradingapi.tickers.ranks import Places, places_of


class BadTickerError(ValueError):
    """One of the tickers cannot be swept; the message says which, and why."""

    def __init__(self, ticker: str, why: Exception) -> None:
        super().__init__(f"{ticker}: {why}")
        self.ticker, self.why = ticker, why


TOP: Final = 100


class Scored(NamedTuple):
    """One of a ticker's pairs, with its score on that ticker."""

    pair: Choice
    score: float


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
    top: tuple[Scored, ...]
    """The best of its eligible pairs, at most a hundred."""
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
        top=_top(result),
        holding=result.buy_and_hold,
    )
    return Examined(part, places_of(result.figures[c.SCORE], eligible))


def _top(result: SweepResult) -> tuple[Scored, ...]:
    best = result.order[result.qualified[result.order]][:TOP]
    scores = result.figures[c.SCORE]
    return tuple(Scored(result.grid.pair(index), float(scores[index])) for index in best.tolist())

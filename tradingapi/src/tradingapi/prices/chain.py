"""Several sources in order: the first that has a ticker gives it."""

from collections.abc import Sequence

from tradingapi.engine import Bars
from tradingapi.prices.source import (
    EVERYTHING,
    PriceSource,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
)


class ChainedSource:
    """A source made of sources.

    One that does not have the ticker, or cannot answer now, passes the question on. Wrong data
    does not: another source's prices in their place would be a silent surprise.
    """

    name = "chain"

    def __init__(self, sources: Sequence[PriceSource]) -> None:
        self._sources = tuple(sources)

    def fetch(self, ticker: str, interval: str, wanted: Wanted = EVERYTHING, /) -> Bars:
        """Ask each source in turn."""
        unavailable: SourceUnavailableError | None = None
        for source in self._sources:
            try:
                return source.fetch(ticker, interval, wanted)
            except SymbolNotFoundError:
                continue
            except SourceUnavailableError as error:
                unavailable = error
        raise unavailable or SymbolNotFoundError(f"no source has {interval} bars of {ticker}")

"""The price sources of a server: its own, and those of other packages."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from tradingapi.clock import Clock
from tradingapi.prices.arch_data import ArchSource
from tradingapi.prices.cached import CachedSource
from tradingapi.prices.chain import ChainedSource
from tradingapi.prices.directory import DirectorySource
from tradingapi.prices.exchange import ExchangeSource
from tradingapi.prices.shelf import BarShelf
from tradingapi.prices.source import PriceSource
from tradingapi.prices.synthetic import SyntheticSource
from tradingapi.prices.yahoo import YahooSource
from tradingapi.settings import Settings

GROUP = "tradingapi.sources"
"""Entry points of other packages: a name for `TRADING_API_SOURCES`, and what makes the source.

It is called without arguments and returns a `PriceSource`; what it needs, it reads itself.
"""


class SourceError(Exception):
    """A source that is asked for cannot be had; the message names it."""


@dataclass(frozen=True)
class SourceSettings:
    """What sources need to know: no secret is among it, so it may go to other machines."""

    names: tuple[str, ...]
    prices_dir: Path | None
    synthetic_tickers: tuple[str, ...]
    exchange: str
    fetched_dir: Path
    """Where is kept which fetched series is whose."""
    fetched_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "SourceSettings":
        """Take them from a server's settings."""
        return cls(
            settings.sources,
            None if settings.prices_dir is None else settings.prices_dir.absolute(),
            settings.synthetic_tickers,
            settings.exchange,
            settings.shared_dir / "fetched",
            settings.fetched_seconds,
        )


def build_source(settings: SourceSettings, shelf: BarShelf, clock: Clock) -> PriceSource:
    """Chain the sources that are switched on.

    Raises:
        SourceError: There is no source of that name, or it cannot be made.
    """
    sources = (_source(name, settings, shelf, clock) for name in settings.names)
    return ChainedSource([source for source in sources if source is not None])


def _source(
    name: str, settings: SourceSettings, shelf: BarShelf, clock: Clock
) -> PriceSource | None:
    match name:
        case "directory":
            return None if settings.prices_dir is None else DirectorySource(settings.prices_dir)
        case "arch":
            return ArchSource()
        case "synthetic":
            return SyntheticSource(settings.synthetic_tickers)
        case "yfinance":
            return _cached(YahooSource(), settings, shelf, clock)
        case "ccxt":
            return _cached(ExchangeSource(settings.exchange), settings, shelf, clock)
        case _:
            return foreign(name)


def _cached(
    source: PriceSource, settings: SourceSettings, shelf: BarShelf, clock: Clock
) -> PriceSource:
    return CachedSource(source, shelf, settings.fetched_dir, clock, settings.fetched_seconds)


def foreign(name: str) -> PriceSource:
    """Find a source of another package.

    Raises:
        SourceError: There is none of that name, or it cannot be made.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        raise SourceError(f"sources: there is no source {name!r}")
    return _made(found[0])


def _made(point: EntryPoint) -> PriceSource:
    try:
        source: PriceSource = point.load()()
    except Exception as error:
        raise SourceError(f"sources: {point.name!r} cannot be made: {error}") from error
    return source

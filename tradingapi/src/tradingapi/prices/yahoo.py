"""Prices of Yahoo Finance, through the `yfinance` package: an optional extra.

What everybody tries first, without a key, and not what a server should depend on alone: Yahoo
limits rates in waves, and gives intraday bars of the last days or weeks only.
"""

import importlib
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from tradingapi.engine import Bars, Origin
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    EVERYTHING,
    PriceError,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    is_ticker,
)

INTERVALS: Final = {
    "1m": "1m",
    "5m": "5m",
    "15m": "15m",
    "30m": "30m",
    "1h": "1h",
    "1d": "1d",
    "1w": "1wk",
}
"""Ours and theirs. There are no bars of four hours."""

DATED: Final = frozenset({"1d", "1w"})
"""Intervals whose bars belong to a day of the exchange, not to a moment."""

TIMEOUT: Final = 10
"""Seconds for one answer of theirs."""

RETRY_AFTER: Final = 60.0
"""Seconds; they do not say when they may be asked again."""

MISSING: Final = frozenset({"YFTickerMissingError", "YFTzMissingError", "YFPricesMissingError"})


def load_yfinance() -> Any:  # noqa: ANN401 - the package has no types
    """Import the package, and make it raise what it would only log."""
    package = importlib.import_module("yfinance")
    package.config.debug.hide_exceptions = False
    return package


class YahooSource:
    """Adjusted bars of any symbol that Yahoo knows, under Yahoo's own name for it."""

    name = "yfinance"

    def __init__(self, load: Callable[[], Any] = load_yfinance) -> None:
        """Take what returns the package: it is imported when a ticker is first asked for."""
        self._load = load

    def fetch(self, ticker: str, interval: str, _: Wanted = EVERYTHING, /) -> Bars:
        """Ask for all bars that there are."""
        theirs = INTERVALS.get(interval)
        if theirs is None or not is_ticker(ticker):
            raise SymbolNotFoundError(f"yfinance has no {interval} bars of {ticker}")
        frame = self._history(ticker, theirs)
        if frame.empty:
            raise SymbolNotFoundError(f"yfinance has no {interval} bars of {ticker}")
        origin = Origin(self.name, ticker, interval, adjusted=True)
        return bars_from_frame(_named(frame, interval), origin)

    def _history(self, ticker: str, interval: str) -> pd.DataFrame:
        try:
            package = self._load()
        except ImportError as error:
            raise SourceUnavailableError("install tradingapi[yfinance] for this source") from error
        try:
            found = package.Ticker(ticker).history(
                period="max", interval=interval, auto_adjust=True, actions=False, timeout=TIMEOUT
            )
        except Exception as error:
            raise _translated(error, ticker, interval) from error
        if not isinstance(found, pd.DataFrame):
            raise SourceUnavailableError("yfinance answered with no table")
        return found


def _named(frame: pd.DataFrame, interval: str) -> pd.DataFrame:
    """Bring the times into a column; a day is the exchange's own, wherever it begins in UTC."""
    if isinstance(frame.index, pd.DatetimeIndex) and interval in DATED:
        frame = frame.set_axis(frame.index.tz_localize(None).normalize(), axis=0)
    return frame.rename_axis("time").reset_index()


def _translated(error: Exception, ticker: str, interval: str) -> PriceError:
    """Say in our words what theirs mean; by name, since the package may not be there."""
    names = {each.__name__ for each in type(error).__mro__}
    if "YFRateLimitError" in names:
        return RateLimitedError("Yahoo limits the rate of requests", RETRY_AFTER)
    if names & MISSING:
        return SymbolNotFoundError(f"yfinance has no {interval} bars of {ticker}")
    return SourceUnavailableError(f"Yahoo could not be asked: {type(error).__name__}")

"""Prices of a cryptocurrency exchange, through the `ccxt` package: an optional extra."""

import importlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from tradingapi.engine import Bars, Origin
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    EVERYTHING,
    DataQualityError,
    PriceError,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    is_ticker,
)

PAGE: Final = 1_000
"""Bars that are asked for at once; an exchange may give fewer."""

MOST_BARS: Final = 1_000_000
"""Bars of one series: two years of minutes."""

TIMEOUT: Final = 10_000
"""Milliseconds for one answer of theirs."""

RETRY_AFTER: Final = 30.0
"""Seconds; they do not say when they may be asked again."""

MILLION: Final = 10**6

COLUMNS: Final = ("time", "open", "high", "low", "close", "volume")


def load_ccxt() -> Any:  # noqa: ANN401 - the package's types are no help for a name in a setting
    """Import the package."""
    return importlib.import_module("ccxt")


class ExchangeSource:
    """Bars of one exchange; `BTC-USD` is its market `BTC/USD`."""

    name = "ccxt"

    def __init__(self, exchange: str, load: Callable[[], Any] = load_ccxt) -> None:
        """Take the exchange's name in ccxt, and what returns the package."""
        self._exchange = exchange
        self._load = load

    def fetch(self, ticker: str, interval: str, wanted: Wanted = EVERYTHING, /) -> Bars:
        """Page through the bars that are wanted; a bar that comes twice counts once."""
        try:
            exchange = self._open()
        except ImportError as error:
            raise SourceUnavailableError("install tradingapi[ccxt] for this source") from error
        try:
            rows = self._rows(exchange, ticker, interval, wanted)
        except PriceError:
            raise
        except Exception as error:
            raise self._translated(error, ticker, interval) from error
        origin = Origin(f"ccxt:{self._exchange}", ticker, interval, "crypto", adjusted=True)
        return bars_from_frame(_frame(rows), origin)

    def _open(self) -> Any:  # noqa: ANN401 - see `load_ccxt`
        package = self._load()
        make = getattr(package, self._exchange, None)
        if self._exchange not in package.exchanges or make is None:
            raise SourceUnavailableError(f"ccxt knows no exchange {self._exchange!r}")
        return make({"enableRateLimit": True, "timeout": TIMEOUT})

    def _rows(
        self,
        exchange: Any,  # noqa: ANN401 - see `load_ccxt`
        ticker: str,
        interval: str,
        wanted: Wanted,
    ) -> list[list[float]]:
        markets = exchange.load_markets()
        symbol = ticker.replace("-", "/", 1)
        if not is_ticker(ticker) or symbol not in markets or interval not in exchange.timeframes:
            raise SymbolNotFoundError(f"{self._exchange} has no {interval} bars of {ticker}")
        since = 0 if wanted.first is None else max(wanted.first // MILLION, 0)
        last = None if wanted.last is None else wanted.last // MILLION
        rows: list[list[float]] = []
        while last is None or since <= last:
            page = exchange.fetch_ohlcv(symbol, interval, since=since, limit=PAGE)
            fresh = _after(page, since)
            if not fresh:
                break
            rows += fresh
            since = int(fresh[-1][0]) + 1
            if len(rows) > MOST_BARS:
                raise SourceUnavailableError(f"more than {MOST_BARS} bars: ask for a later start")
        return rows

    def _translated(self, error: Exception, ticker: str, interval: str) -> PriceError:
        names = {each.__name__ for each in type(error).__mro__}
        if names & {"RateLimitExceeded", "DDoSProtection"}:
            return RateLimitedError(f"{self._exchange} limits the rate of requests", RETRY_AFTER)
        if "BadSymbol" in names:
            return SymbolNotFoundError(f"{self._exchange} has no {interval} bars of {ticker}")
        return SourceUnavailableError(
            f"{self._exchange} could not be asked: {type(error).__name__}"
        )


def _after(page: object, since: int) -> list[list[float]]:
    """Return the bars of a page that are new, oldest first; a page is what a stranger sends."""
    if not isinstance(page, list):
        raise DataQualityError("the exchange sent no list of bars")
    for bar in page:
        numbers = isinstance(bar, list) and len(bar) == len(COLUMNS)
        if not numbers or not isinstance(bar[0], int):
            raise DataQualityError("the exchange sent a bar of another shape")
    found: dict[int, list[float]] = {bar[0]: bar for bar in page if bar[0] >= since}
    return [found[moment] for moment in sorted(found)]


def _frame(rows: list[list[float]]) -> pd.DataFrame:
    if not rows:
        raise SymbolNotFoundError("the exchange has no bars at that time")
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["time"] = frame["time"].astype(np.int64).astype("datetime64[ms]")
    return frame

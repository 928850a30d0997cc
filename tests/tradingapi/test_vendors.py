"""Prices from the network, against answers in the shape of the real packages: no network here."""

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tradingapi.prices.exchange import ExchangeSource, load_ccxt
from tradingapi.prices.source import (
    EVERYTHING,
    DataQualityError,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
)
from tradingapi.prices.yahoo import YahooSource, load_yfinance

DAY = 86_400 * 1_000


def nanoseconds(text: str) -> int:
    """Return a time in UTC nanoseconds."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def a_history(times: list[str], zone: str = "America/New_York", **columns: Any) -> pd.DataFrame:
    """Build a table as yfinance answers: times of the exchange, capital letters, a volume."""
    index = pd.DatetimeIndex(pd.to_datetime(times)).tz_localize(zone).rename("Date")
    prices = {"Open": 10.0, "High": 12.0, "Low": 9.0, "Close": 11.0, "Volume": 1_000} | columns
    return pd.DataFrame(prices, index=index)


class YFRateLimitError(Exception):
    """Named as theirs."""


class YFTickerMissingError(Exception):
    """Named as theirs."""


class YFPricesMissingError(YFTickerMissingError):
    """Named as theirs."""


def yahoo(answer: pd.DataFrame | Exception | None) -> tuple[YahooSource, list[dict[str, Any]]]:
    """Build a source for which yfinance has one recorded answer, and what it is asked."""
    asked: list[dict[str, Any]] = []

    class Ticker:
        def __init__(self, symbol: str) -> None:
            self._symbol = symbol

        def history(self, **options: Any) -> pd.DataFrame | None:
            asked.append({"symbol": self._symbol, **options})
            if isinstance(answer, Exception):
                raise answer
            return answer

    return YahooSource(lambda: SimpleNamespace(Ticker=Ticker)), asked


def test_yahoos_days_are_the_exchanges_own() -> None:
    """Midnight in New York is no moment of the day before or after; prices are adjusted."""
    source, asked = yahoo(a_history(["2024-03-08", "2024-03-11"]))

    bars = source.fetch("MSFT", "1d")

    assert [nanoseconds("2024-03-08"), nanoseconds("2024-03-11")] == bars.time.tolist()
    assert ("yfinance", "MSFT", True) == (
        bars.origin.source,
        bars.origin.ticker,
        bars.origin.adjusted,
    )
    (question,) = asked
    assert ("MSFT", "max", "1d", True) == (
        question["symbol"],
        question["period"],
        question["interval"],
        question["auto_adjust"],
    )


def test_days_east_of_greenwich_do_not_slip_back() -> None:
    """Midnight in Tokyo is the afternoon before in UTC."""
    source, _ = yahoo(a_history(["2024-03-08"], zone="Asia/Tokyo"))

    assert [nanoseconds("2024-03-08")] == source.fetch("7203.T", "1d").time.tolist()


def test_yahoos_hours_are_moments() -> None:
    """Half past nine in New York, in winter and in summer time."""
    source, asked = yahoo(a_history(["2024-03-08 09:30", "2024-03-11 09:30"]))

    bars = source.fetch("MSFT", "1h")

    assert [nanoseconds("2024-03-08T14:30"), nanoseconds("2024-03-11T13:30")] == bars.time.tolist()
    assert "1h" == asked[0]["interval"]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (YFRateLimitError("429"), RateLimitedError, "limits the rate"),
        (YFPricesMissingError("no price"), SymbolNotFoundError, "no 1d bars of MSFT"),
        (YFTickerMissingError("gone"), SymbolNotFoundError, "no 1d bars of MSFT"),
        (ConnectionError("https://secret"), SourceUnavailableError, "ConnectionError"),
        (KeyError("chart"), SourceUnavailableError, "KeyError"),
        (None, SourceUnavailableError, "no table"),
        (a_history([]), SymbolNotFoundError, "no 1d bars"),
        (a_history(["2024-01-02"]).drop(columns="Close"), DataQualityError, "'close'"),
        (a_history(["2024-01-02"], Close=float("nan")), DataQualityError, "row 1: close"),
        (a_history(["2024-01-02"], Low=0.0), DataQualityError, "row 1 .*low is not positive"),
        (a_history(["2024-01-02", "2024-01-02"]), DataQualityError, "row 2 .*not after"),
    ],
)
def test_yahoos_failures_are_told_apart(
    answer: pd.DataFrame | Exception | None, error: type[Exception], words: str
) -> None:
    """Whatever the package raises, and without repeating what it says."""
    with pytest.raises(error, match=words) as raised:
        yahoo(answer)[0].fetch("MSFT", "1d")

    assert "secret" not in str(raised.value)
    if isinstance(raised.value, RateLimitedError):
        assert 1 <= raised.value.retry_after


@pytest.mark.parametrize(("ticker", "interval"), [("MSFT", "4h"), ("../MSFT", "1d")])
def test_what_yahoo_cannot_have_is_not_asked_for(ticker: str, interval: str) -> None:
    """An interval that it lacks, a ticker that is a path."""
    source, asked = yahoo(a_history(["2024-01-02"]))

    with pytest.raises(SymbolNotFoundError):
        source.fetch(ticker, interval)
    assert [] == asked


class RateLimitExceeded(Exception):  # noqa: N818 - named as theirs
    """Named as theirs."""


class BadSymbol(Exception):  # noqa: N818 - named as theirs
    """Named as theirs."""


class RecordedExchange:
    """An exchange that has daily bars of `BTC/USD`, some at a time, as ccxt shows them."""

    timeframes = {"1d": "1d"}  # noqa: RUF012 - as theirs

    def __init__(self, bars: int, most: int, failure: Exception | None = None) -> None:
        self.history = [[n * DAY, 10.0, 12.0, 9.0, 11.0, 1.5] for n in range(1, bars + 1)]
        self.most = most
        self.failure = failure
        self.asked: list[int] = []

    def load_markets(self) -> dict[str, Any]:
        """Answer with the markets by symbol."""
        return {"BTC/USD": {"id": "XXBTZUSD"}}

    def fetch_ohlcv(self, symbol: str, timeframe: str, *, since: int, limit: int) -> Any:
        """Answer with the bars from `since` on, the first of them only."""
        assert (symbol, timeframe) == ("BTC/USD", "1d")
        if self.failure is not None:
            raise self.failure
        self.asked.append(since)
        found = [bar for bar in self.history if bar[0] >= since]
        return found[: min(limit, self.most)]

    def source(self) -> ExchangeSource:
        """Build a source that asks it."""
        package = SimpleNamespace(exchanges=["recorded"], recorded=lambda _: self)
        return ExchangeSource("recorded", lambda: package)


def test_an_exchange_is_paged_through() -> None:
    """Each page begins after the last bar of the one before; the last page is short."""
    exchange = RecordedExchange(bars=250, most=100)

    bars = exchange.source().fetch("BTC-USD", "1d")

    assert [n * DAY * 10**6 for n in range(1, 251)] == bars.time.tolist()
    assert [0, 100 * DAY + 1, 200 * DAY + 1, 250 * DAY + 1] == exchange.asked
    assert ("ccxt:recorded", "crypto") == (bars.origin.source, bars.origin.calendar)


def test_only_the_wanted_part_of_a_history_is_paged_through() -> None:
    """From the first bar that is needed, and not beyond the last."""
    exchange = RecordedExchange(bars=1_000, most=100)
    wanted = Wanted(first=500 * DAY * 10**6, last=650 * DAY * 10**6)

    bars = exchange.source().fetch("BTC-USD", "1d", wanted)

    assert 500 * DAY * 10**6 == bars.time[0]
    assert wanted.last is not None
    assert wanted.last <= bars.time[-1]
    assert 2 == len(exchange.asked)


def test_bars_that_come_again_count_once() -> None:
    """Some exchanges begin each page with the bar before, or ignore `since` altogether."""
    exchange = RecordedExchange(bars=5, most=100)
    exchange.history += exchange.history[1:3]
    stubborn = RecordedExchange(bars=5, most=100)
    everything = stubborn.history
    stubborn.fetch_ohlcv = lambda *_, **__: everything  # type: ignore[method-assign]  # deaf

    assert 5 == len(exchange.source().fetch("BTC-USD", "1d"))
    assert 5 == len(stubborn.source().fetch("BTC-USD", "1d"))


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (RateLimitExceeded("429"), RateLimitedError),
        (BadSymbol("x"), SymbolNotFoundError),
        (TimeoutError("slow"), SourceUnavailableError),
    ],
)
def test_an_exchanges_failures_are_told_apart(failure: Exception, error: type[Exception]) -> None:
    """Whatever the package raises."""
    with pytest.raises(error):
        RecordedExchange(5, 100, failure).source().fetch("BTC-USD", "1d")


@pytest.mark.parametrize(
    "page",
    ["busy", [["1", 1, 1, 1, 1, 1]], [[DAY, 1, 1]], [None], [[DAY, 10, 12, 9, None, 1]]],
)
def test_an_answer_of_another_shape_is_bad_data(page: Any) -> None:
    """What a stranger sends is looked at before it is used."""
    exchange = RecordedExchange(5, 100)
    exchange.fetch_ohlcv = lambda *_, **__: page  # type: ignore[method-assign]  # recorded as is

    with pytest.raises(DataQualityError):
        exchange.source().fetch("BTC-USD", "1d")


@pytest.mark.parametrize(
    ("ticker", "interval"), [("ETH-USD", "1d"), ("BTC-USD", "1m"), ("BTC/USD", "1d")]
)
def test_a_market_that_is_not_there_is_not_found(ticker: str, interval: str) -> None:
    """Another symbol, an interval that it lacks, a ticker that is a path."""
    with pytest.raises(SymbolNotFoundError):
        RecordedExchange(5, 100).source().fetch(ticker, interval)


def test_an_exchange_without_bars_then_has_none() -> None:
    """An empty first page."""
    with pytest.raises(SymbolNotFoundError):
        RecordedExchange(0, 100).source().fetch("BTC-USD", "1d")


def test_an_exchange_that_ccxt_does_not_know_is_named() -> None:
    """A slip in the settings; no other attribute of the package is called for it."""
    source = ExchangeSource("exchanges", lambda: SimpleNamespace(exchanges=["recorded"]))

    with pytest.raises(SourceUnavailableError, match="'exchanges'"):
        source.fetch("BTC-USD", "1d")


@pytest.mark.parametrize(
    ("source", "extra", "load"),
    [
        (YahooSource(), "yfinance", load_yfinance),
        (ExchangeSource("kraken"), "ccxt", load_ccxt),
    ],
)
def test_a_package_that_is_not_installed_is_named(source: Any, extra: str, load: Any) -> None:
    """With the command that installs it; where it is there, it has what we call."""
    if importlib.util.find_spec(extra) is None:
        with pytest.raises(SourceUnavailableError, match=rf"tradingapi\[{extra}\]"):
            source.fetch("BTC-USD", "1d", EVERYTHING)
    else:
        assert {"yfinance": "Ticker", "ccxt": "exchanges"}[extra] in dir(load())

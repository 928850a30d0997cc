"""Many tickers' prices, and what is found of them: here, or wherever tickers are swept."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from typing_extensions import override

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.engine import Bars
from tradingapi.prices.source import (
    PriceError,
    PriceSource,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    finished,
)
from tradingapi.results.library import Library
from tradingapi.results.question import ManyQuestion, known_until_the_end
from tradingapi.sweeping import Tell, processed
from tradingapi.tickers import ManyResult, sweep_many

HELD: Final = 128 * 2**20
"""Bytes of prices that stay in memory during a sweep; others are read from the shelf again."""

BYTES_A_BAR: Final = 40

AWAY: Final = 30.0
"""Seconds after which a cluster that is away is asked again."""

FETCHED: Final = 0.3
"""Part of a job's progress at which the prices are there."""

SWEPT: Final = 0.9
"""Part at which the pairs are ranked; the rest is the portfolio."""


class BadTickersError(Exception):
    """Some tickers have no prices, or bad ones: the first, why, and the others' names."""

    def __init__(self, bad: Mapping[str, Exception]) -> None:
        self.ticker, self.why = next(iter(bad.items()))
        self.others = list(bad)[1:]
        super().__init__(f"{self.ticker}: {self.why}")


class ClusterError(Exception):
    """A cluster cannot be used as it is; the message says what to change."""


class ClusterAwayError(RateLimitedError):
    """A cluster does not answer now: a job that needs it is tried again later."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The Dask cluster is away ({reason})", AWAY)


class Shelved(Mapping[str, Bars]):
    """Prices by ticker: some in memory, the others read from the shelf when they are wanted."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._names: dict[str, str] = {}
        self._held: dict[str, Bars] = {}
        self._room = HELD

    def put(self, ticker: str, bars: Bars) -> None:
        """Add a ticker.

        Raises:
            OSError: Its bars cannot be written.
        """
        self.know(ticker, self._library.put_bars(bars))
        self._hold(ticker, bars)

    def know(self, ticker: str, sha256: str) -> None:
        """Add a ticker whose bars are on the shelf."""
        self._names[ticker] = sha256

    @override
    def __getitem__(self, ticker: str) -> Bars:
        """Return a ticker's bars.

        Raises:
            SourceUnavailableError: They were deleted in the meantime.
        """
        if ticker in self._held:
            return self._held[ticker]
        found = self._library.bars(self._names[ticker])
        if found is None:
            raise SourceUnavailableError("prices were pruned while they were used")
        self._hold(ticker, found)
        return found

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @override
    def __len__(self) -> int:
        return len(self._names)

    def _hold(self, ticker: str, bars: Bars) -> None:
        size = BYTES_A_BAR * len(bars)
        if size <= self._room:
            self._room -= size
            self._held[ticker] = bars


@dataclass(frozen=True)
class Ready:
    """A sweep of which the question is known."""

    name: str
    """Its fingerprint: prices and all that was asked."""
    prices: Mapping[str, Bars]
    told: float
    """How far the job is."""
    rank: Callable[[Tell], ManyResult]
    """Ranks the pairs, if that is not done yet; the part of progress is told."""


class Tickers(Protocol):
    """Where many tickers are swept. The same question has the same result, to the byte."""

    def ready(self, request: SweepRequest, tell: Tell) -> Ready:
        """Get the prices of a request.

        Raises:
            BadTickersError: Tickers without prices, or with wrong ones; all of them are named.
            BadTickerError: A ticker has too few for the grid; here, or when pairs are ranked.
            RateLimitedError: It is to be tried later.
        """
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class LocalTickers:
    """On this machine, by the engine's threads."""

    def __init__(self, prices: PriceSource, library: Library, clock: Clock) -> None:
        self._prices = prices
        self._library = library
        self._clock = clock

    def ready(self, request: SweepRequest, tell: Tell) -> Ready:
        """Fetch all prices: wrong tickers are named together, not one a job."""
        assert request.tickers is not None
        spec, most = request.to_spec(), len(request.tickers)
        found, question, bad = Shelved(self._library), ManyQuestion(spec), dict[str, Exception]()
        for number, ticker in enumerate(request.tickers):
            tell(FETCHED * number / most, f"Fetching prices {number}/{most}")
            try:
                history = history_of(ticker, request, self._prices, self._clock())
            except RateLimitedError as error:
                raise RateLimitedError(f"{ticker}: {error}", error.retry_after) from error
            except PriceError as error:
                bad[ticker] = error
                continue
            question.add(ticker, history)
            found.put(ticker, history)
        if bad:
            raise BadTickersError(bad)

        def rank(tell: Tell) -> ManyResult:
            def told(done: int, total: int) -> None:
                tell(FETCHED + (SWEPT - FETCHED) * done / total, processed(done, total))

            return sweep_many(found, spec, told)

        return Ready(question.fingerprint(), found, FETCHED, rank)

    def close(self) -> None:
        """Nothing is held."""


def history_of(ticker: str, request: SweepRequest, prices: PriceSource, now: float) -> Bars:
    """Fetch the bars of a ticker up to the window's end.

    Raises:
        PriceError: There are none, or they are wrong.
    """
    spec = request.to_spec()
    bars = prices.fetch(ticker, request.interval, Wanted.by(spec, request.interval))
    history = known_until_the_end(finished(bars, now), spec)
    if len(history) == 0:
        raise SymbolNotFoundError("no bar in the window")
    return history

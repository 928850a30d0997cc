"""One sweep of many tickers: their prices, the pairs' places, and the winner as a portfolio."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from typing_extensions import override

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.engine import Bars, SweepSpec
from tradingapi.prices.source import (
    DataQualityError,
    PriceSource,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    finished,
)
from tradingapi.results.library import Fresh, Library
from tradingapi.results.places import places_of, report_on_many, summary_of_many
from tradingapi.results.question import ManyQuestion, known_until_the_end
from tradingapi.store.contents import Content
from tradingapi.sweeping import Tell, processed, tell_again
from tradingapi.tickers import portfolio, sweep_many

HELD: Final = 128 * 2**20
"""Bytes of prices that stay in memory during a sweep; others are read from the shelf again."""

BYTES_A_BAR: Final = 40

FETCHED: Final = 0.3
"""Part of a job's progress at which the prices are there."""

SWEPT: Final = 0.9
"""Part at which the pairs are ranked; the rest is the portfolio."""


class BadTickersError(Exception):
    """Some tickers have no prices, or bad ones; each cause is told of the first."""

    def __init__(self, bad: Mapping[str, Exception]) -> None:
        self.ticker, self.why = next(iter(bad.items()))
        self.others = list(bad)[1:]
        super().__init__(f"{self.ticker}: {self.why}")


class Shelved(Mapping[str, Bars]):
    """Prices by ticker: the first of them in memory, the others read when they are wanted."""

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
        self._names[ticker] = self._library.put_bars(bars)
        self._room -= BYTES_A_BAR * len(bars)
        if self._room >= 0:
            self._held[ticker] = bars

    @override
    def __getitem__(self, ticker: str) -> Bars:
        """Return a ticker's bars.

        Raises:
            SourceUnavailableError: They were deleted in the meantime.
        """
        held = self._held.get(ticker)
        found = self._library.bars(self._names[ticker]) if held is None else held
        if found is None:
            raise SourceUnavailableError("prices were pruned while they were used")
        return found

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @override
    def __len__(self) -> int:
        return len(self._names)


class ManySweeper:
    """Answers requests for sweeps of many tickers."""

    def __init__(self, prices: PriceSource, library: Library, clock: Clock) -> None:
        self._prices = prices
        self._library = library
        self._clock = clock

    def answer(self, request: SweepRequest, tell: Tell, *, anew: bool = False) -> Fresh | Content:
        """Find what a request asks for; compute it if nobody asked before, or if `anew`.

        Raises:
            BadTickersError: Tickers without prices, or with wrong ones; all of them are named.
            BadTickerError: A ticker has too few for the grid.
            RateLimitedError: The source wants to be asked later.
            SourceUnavailableError: Prices were pruned meanwhile.
        """
        spec, question = request.to_spec(), ManyQuestion(request.to_spec())
        prices = self._gathered(request, spec, question, tell)
        name = question.fingerprint()
        known = None if anew else self._library.find(name)
        if known is not None:
            tell_again(known.pairs, tell, FETCHED)
            return known
        return self._compute(name, prices, spec, tell)

    def _gathered(
        self, request: SweepRequest, spec: SweepSpec, question: ManyQuestion, tell: Tell
    ) -> Shelved:
        """Fetch all prices: wrong tickers are named together, not one a job."""
        assert request.tickers is not None
        found, bad, most = Shelved(self._library), dict[str, Exception](), len(request.tickers)
        wanted = Wanted.by(spec, request.interval)
        for number, ticker in enumerate(request.tickers):
            tell(FETCHED * number / most, f"Fetching prices {number}/{most}")
            try:
                bars = self._prices.fetch(ticker, request.interval, wanted)
            except RateLimitedError as error:
                raise RateLimitedError(f"{ticker}: {error}", error.retry_after) from error
            except (SymbolNotFoundError, DataQualityError, SourceUnavailableError) as error:
                bad[ticker] = error
                continue
            history = known_until_the_end(finished(bars, self._clock()), spec)
            if len(history) > 0:
                question.add(ticker, history)
                found.put(ticker, history)
            else:
                bad[ticker] = SymbolNotFoundError("no bar in the window")
        if bad:
            raise BadTickersError(bad)
        return found

    def _compute(self, name: str, prices: Shelved, spec: SweepSpec, tell: Tell) -> Fresh:
        def swept(done: int, total: int) -> None:
            tell(FETCHED + (SWEPT - FETCHED) * done / total, processed(done, total))

        def followed(done: int, total: int) -> None:
            tell(SWEPT + (1 - SWEPT) * done / total, f"Following the best pair {done}/{total}")

        result = sweep_many(prices, spec, swept)
        together = None
        if result.winner is not None:
            together = portfolio(result, prices, on_progress=followed)
        else:
            followed(1, 1)
        content = Content(
            name=name,
            summary=summary_of_many(result, together),
            pairs=len(result.grid),
            qualified=int(result.qualified.sum()),
            data_sha256=name,
            size=0,
            created_at=self._clock(),
        )
        report: dict[str, Any] = report_on_many(result, together)
        return Fresh(content, places_of(result), None, json.dumps(report, allow_nan=False))

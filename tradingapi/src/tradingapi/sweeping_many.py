"""One sweep of many tickers: the pairs' places, and the winner as a portfolio."""

import json

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.gathering import SWEPT, Ready, Tickers
from tradingapi.results.library import Fresh, Library
from tradingapi.results.places import places_of, report_on_many, summary_of_many
from tradingapi.store.contents import Content
from tradingapi.sweeping import Tell, tell_again
from tradingapi.tickers import portfolio


class ManySweeper:
    """Answers requests for sweeps of many tickers."""

    def __init__(self, tickers: Tickers, library: Library, clock: Clock) -> None:
        self._tickers = tickers
        self._library = library
        self._clock = clock

    def answer(self, request: SweepRequest, tell: Tell, *, anew: bool = False) -> Fresh | Content:
        """Find what a request asks for; compute it if nobody asked before, or if `anew`.

        Raises:
            BadTickersError, BadTickerError, RateLimitedError: As `Tickers` has it.
            SourceUnavailableError: Prices were pruned meanwhile.
        """
        ready = self._tickers.ready(request, tell)
        known = None if anew else self._library.find(ready.name)
        if known is not None:
            tell_again(known.pairs, tell, ready.told)
            return known
        return self._compute(ready, tell)

    def _compute(self, ready: Ready, tell: Tell) -> Fresh:
        def followed(done: int, total: int) -> None:
            tell(SWEPT + (1 - SWEPT) * done / total, f"Following the best pair {done}/{total}")

        result = ready.rank(tell)
        together = None
        if result.winner is not None:
            together = portfolio(result, ready.prices, on_progress=followed)
        else:
            followed(1, 1)
        content = Content(
            name=ready.name,
            summary=summary_of_many(result, together),
            pairs=len(result.grid),
            qualified=int(result.qualified.sum()),
            data_sha256=ready.name,
            size=0,
            created_at=self._clock(),
        )
        report = json.dumps(report_on_many(result, together), allow_nan=False)
        return Fresh(content, places_of(result), None, report)

    def close(self) -> None:
        """Let go of what is held."""
        self._tickers.close()

"""One sweep: its prices, the answer if the question was asked before, else the engine's."""

from typing import Any, Final

import numpy as np

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.engine import Bars, SweepResult, sweep
from tradingapi.engine.sweep import Progress
from tradingapi.prices.source import PriceSource, Wanted, finished
from tradingapi.results.library import Fresh, Library
from tradingapi.results.question import known_until_the_end, question
from tradingapi.results.table import table_of
from tradingapi.store.contents import Content
from tradingapi.wire import summary_on_the_wire, timestamp

STEPS: Final = 20
"""An answer that is there already tells its progress in so many steps."""

NANOSECONDS: Final = 10**9


class Sweeper:
    """Answers requests for sweeps."""

    def __init__(self, prices: PriceSource, library: Library, clock: Clock) -> None:
        self._prices = prices
        self._library = library
        self._clock = clock

    def answer(
        self, request: SweepRequest, on_progress: Progress, *, anew: bool = False
    ) -> Fresh | Content:
        """Find what a request asks for; compute it if nobody asked before, or if `anew`.

        Raises:
            PriceError: There are no prices, or bad ones.
            BadBarsError, InsufficientDataError: The engine cannot work with them.
        """
        spec = request.to_spec()
        wanted = Wanted.by(spec, request.interval)
        bars = self._prices.fetch(request.ticker, request.interval, wanted)
        history = known_until_the_end(finished(bars, self._clock()), spec)
        if len(history) == 0:
            # The engine says best what is missing.
            sweep(history, spec)
        name = question(history, spec, request.preset)
        known = None if anew else self._library.find(name)
        if known is not None:
            for step in range(STEPS + 1):
                on_progress(known.pairs * step // STEPS, known.pairs)
            return known
        result = sweep(history, spec, on_progress)
        return Fresh(self._content(name, result, history), table_of(result), history)

    def _content(self, name: str, result: SweepResult, history: Bars) -> Content:
        return Content(
            name=name,
            summary=with_gap(summary_on_the_wire(result), history),
            pairs=len(result.grid),
            qualified=int(result.qualified.sum()),
            data_sha256=result.data_sha256,
            size=0,
            created_at=self._clock(),
        )


def with_gap(summary: dict[str, Any], history: Bars) -> dict[str, Any]:
    """Add the longest time between two bars: a weekend, or a year that a file lacks."""
    pauses = np.diff(history.time)
    longest = int(np.argmax(pauses))
    gap = {
        "after": timestamp(int(history.time[longest]) / NANOSECONDS),
        "seconds": int(pauses[longest]) / NANOSECONDS,
    }
    return {**summary, "data": {**summary["data"], "longest_gap": gap}}

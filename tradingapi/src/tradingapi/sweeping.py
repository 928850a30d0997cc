"""One sweep: its prices, the answer if the question was asked before, else the engine's.

No answer goes out without the report on itself: whether its best pair is more than luck.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.engine import Bars, SweepResult, SweepSpec, sweep
from tradingapi.honesty import Preset, report
from tradingapi.honesty.report import HonestyReport
from tradingapi.prices.source import PriceSource, Wanted, finished
from tradingapi.results.library import Fresh, Library
from tradingapi.results.question import known_until_the_end, question
from tradingapi.results.table import table_of
from tradingapi.store.contents import Content
from tradingapi.wire import summary_on_the_wire, timestamp, verdict_on_the_wire

STEPS: Final = 20
"""An answer that is there already tells its progress in so many steps."""

SHARE: Final = 0.05
"""Part of a job's progress that the sweep takes; the rest is the full report: it searches again."""

NANOSECONDS: Final = 10**9

Tell = Callable[[float, str], None]
"""Called with the part that is done, 0 to 1, and what is being done; what it raises ends it."""

Halted = Callable[[], bool]
"""Whether the answer is no longer wanted; asked from any thread."""


class Sweeper:
    """Answers requests for sweeps."""

    def __init__(self, prices: PriceSource, library: Library, clock: Clock) -> None:
        self._prices = prices
        self._library = library
        self._clock = clock

    def answer(
        self, request: SweepRequest, tell: Tell, halted: Halted, *, anew: bool = False
    ) -> Fresh | Content:
        """Find what a request asks for; compute it if nobody asked before, or if `anew`.

        Raises:
            ReportCancelledError: `halted` said so.
            PriceError: There are no prices, or bad ones.
            BadBarsError, InsufficientDataError: The engine cannot work with them.
        """
        spec = request.to_spec()
        wanted = Wanted.by(spec, request.interval)
        bars = self._prices.fetch(request.one_ticker, request.interval, wanted)
        history = known_until_the_end(finished(bars, self._clock()), spec)
        if len(history) == 0:
            # The engine says best what is missing.
            sweep(history, spec)
        name = question(history, spec, request.preset)
        known = None if anew else self._library.find(name)
        if known is not None:
            tell_again(known.pairs, tell)
            return known
        return self._compute(name, history, spec, Preset(request.preset), tell=tell, halted=halted)

    def _compute(
        self,
        name: str,
        history: Bars,
        spec: SweepSpec,
        preset: Preset,
        *,
        tell: Tell,
        halted: Halted,
    ) -> Fresh:
        share = SHARE if preset is Preset.STANDARD else 1.0
        result = sweep(
            history, spec, lambda done, total: tell(share * done / total, processed(done, total))
        )
        found = report(
            result,
            history,
            spec,
            preset=preset,
            progress=lambda part, what: tell(share + (1 - share) * part, f"Is it luck: {what}"),
            cancel=halted,
        )
        if found.checks is None:
            # No pair qualified, or little was asked: the report has told of nothing.
            for step in range(STEPS + 1):
                part = share + (1 - share) * step / STEPS
                tell(part, processed(len(result.grid), len(result.grid)))
        content = self._content(name, result, history, found)
        return Fresh(content, table_of(result), history, found.text())

    def _content(
        self, name: str, result: SweepResult, history: Bars, found: HonestyReport
    ) -> Content:
        summary = with_gap(summary_on_the_wire(result), history)
        return Content(
            name=name,
            summary={"verdict": verdict_on_the_wire(found), **summary},
            pairs=len(result.grid),
            qualified=int(result.qualified.sum()),
            data_sha256=result.data_sha256,
            size=0,
            created_at=self._clock(),
        )


def tell_again(pairs: int, tell: Tell, begun: float = 0.0) -> None:
    """Tell of an answer that is there already."""
    for step in range(STEPS + 1):
        tell(begun + (1 - begun) * step / STEPS, processed(pairs * step // STEPS, pairs))


def processed(done: int, total: int) -> str:
    """Say how many pairs are done, in the seed's words."""
    return f"Processing {done}/{total}"


def with_gap(summary: dict[str, Any], history: Bars) -> dict[str, Any]:
    """Add the longest time between two bars: a weekend, or a year that a file lacks."""
    pauses = np.diff(history.time)
    longest = int(np.argmax(pauses))
    gap = {
        "after": timestamp(int(history.time[longest]) / NANOSECONDS),
        "seconds": int(pauses[longest]) / NANOSECONDS,
    }
    return {**summary, "data": {**summary["data"], "longest_gap": gap}}

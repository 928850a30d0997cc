"""One pair's run bar by bar: what the figures of its row are made of.

A sweep keeps no equity curves: 124,750 of them would be gigabytes, and one takes a millisecond.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tradingapi.engine import Bars, Fill, SweepSpec
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.grid import Choice
from tradingapi.engine.periods import INTERVAL_SECONDS
from tradingapi.engine.trace import Trace, alone, trace, trace_holding
from tradingapi.engine.window import Window, first_bar_of_all, resolve_window

NANOSECONDS: Final = 10**9

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True)
class Run:
    """A pair followed through its window."""

    bars: Bars
    spec: SweepSpec
    window: Window
    found: Trace
    holding: Trace
    """The same bars, bought at the first fill and never sold."""

    @property
    def time(self) -> IntArray:
        """Time of each bar of the window."""
        return self._inside(self.bars.time)

    @property
    def entries(self) -> list[int]:
        """The bars on which trades were entered, the open one's too."""
        closed: list[int] = self.found.entries.tolist()
        sides = self.found.sides
        if sides[-1] == 0:
            return closed
        changes = np.flatnonzero(np.diff(sides, prepend=0))
        return [*closed, int(changes[-1])]

    def fill_price(self) -> FloatArray:
        """Return the price of a fill on each bar, before costs."""
        next_open = self.spec.fill is Fill.NEXT_OPEN
        return self._inside(self.bars.open if next_open else self.bars.close)

    def extremes(self, entry: int, stop: int) -> tuple[float, float]:
        """Return the lowest and the highest price while a position was held."""
        # A fill at the close sees nothing of its own bar, and all of the bar that it leaves on.
        late = 0 if self.spec.fill is Fill.NEXT_OPEN else 1
        low = self._inside(self.bars.low)[entry + late : stop + late]
        high = self._inside(self.bars.high)[entry + late : stop + late]
        price = float(self.fill_price()[entry])
        return float(low.min(initial=price)), float(high.max(initial=price))

    def _inside(self, values: NDArray[Number]) -> NDArray[Number]:
        return values[self.window.first : self.window.stop]


def follow_pair(history: Bars, spec: SweepSpec, pair: Choice, start: int) -> Run:
    """Run one pair through a sweep's window, which begins at `start` in UTC nanoseconds."""
    one = replace(alone(spec, pair), fast=(pair.fast,) * 2, slow=(pair.slow,) * 2, start=start)
    window = resolve_window(history.time, one, first_bar_of_all(one, pair.slow))
    found = trace(history, one, window, pair)
    return Run(history, one, window, found, trace_holding(history, one, window))


def trades(run: Run) -> list[dict[str, Any]]:
    """List a run's trades, oldest first; the last one may still be open.

    `return_pct` is the trade's own, costs included; `profit_pct` is in percent of the initial
    capital. `mae_pct` and `mfe_pct` are how far the price went against and for the position, from
    the price of its fill.
    """
    entries, equity = run.entries, equity_of(run.found)
    capital, listed = 1.0, []
    for number, entry in enumerate(entries):
        closed = number < run.found.exits.size
        gain = float(run.found.gains[number]) if closed else float(equity[-1]) / capital - 1
        stop = int(run.found.exits[number]) if closed else equity.size
        listed.append(_trade(run, entry, stop, gain) | {"profit_pct": 100 * capital * gain})
        capital *= 1 + gain
    return listed


def _trade(run: Run, entry: int, stop: int, gain: float) -> dict[str, Any]:
    """Describe a trade; one that ends behind the last bar is open."""
    price, time, open_ = run.fill_price(), run.time, stop == run.time.size
    length = INTERVAL_SECONDS[run.bars.origin.interval] * NANOSECONDS
    ended = int(time[-1]) + length if open_ else int(time[stop])
    low, high = (extreme / float(price[entry]) - 1 for extreme in run.extremes(entry, stop))
    long = int(run.found.sides[entry]) > 0
    return {
        "side": "long" if long else "short",
        "entry_time": _text(time[entry]),
        "exit_time": None if open_ else _text(time[stop]),
        "entry_price": float(price[entry]),
        "exit_price": None if open_ else float(price[stop]),
        "return_pct": 100 * gain,
        "bars": stop - entry,
        "duration_seconds": (ended - int(time[entry])) / NANOSECONDS,
        "mae_pct": 100 * (low if long else -high),
        "mfe_pct": 100 * (high if long else -low),
        "open": open_,
    }


def equity_of(found: Trace) -> FloatArray:
    """Return equity at each bar's close; it is 1 before the first bar."""
    return np.cumprod(1 + found.returns).astype(np.float64)


def curves(run: Run, most_points: int) -> dict[str, Any]:
    """Return equity, drawdown and position at each bar's close, and buy-and-hold beside them.

    A position is 1 (long), 0 or -1 (short); equity begins at 1 before the first bar. Where there
    are more bars than `most_points`, every so-manieth is shown, and always the first, the last, and
    the bottom of the largest drawdown.
    """
    equity = equity_of(run.found)
    size, drawdown = equity.size, 1 - equity / np.maximum.accumulate(np.maximum(equity, 1.0))
    shown = np.arange(size)
    if size > most_points:
        spread = np.linspace(0, size - 1, most_points - 1).round().astype(np.int64)
        shown = np.union1d(spread, [int(np.argmax(drawdown))])
    return {
        "bars": size,
        "time": np.datetime_as_string(
            run.time[shown].astype("datetime64[ns]"), unit="s", timezone="UTC"
        ).tolist(),
        "equity": equity[shown].tolist(),
        "drawdown_pct": (0.0 - 100 * drawdown[shown]).tolist(),
        "position": run.found.sides[shown].tolist(),
        "buy_and_hold": equity_of(run.holding)[shown].tolist(),
    }


def _text(time: np.int64) -> str:
    stamp = np.datetime64(int(time), "ns")
    return str(np.datetime_as_string(stamp, unit="s", timezone="UTC"))

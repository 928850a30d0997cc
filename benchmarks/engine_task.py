"""What every engine is asked: a grid on one array of closes, and nine figures of each pair."""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.engine_series import sp500
from tradingapi.engine import Bars, Fill, StartState, Strategy, SweepSpec
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.grid import Grid, chosen, grid
from tradingapi.engine.window import first_bar_of_all

NINE = (
    "total_return",
    "annualized_return",
    "sharpe",
    "sortino",
    "max_drawdown",
    "trades",
    "win_rate",
    "profit_factor",
    "duration_bars",
)
"""The figures that vectorbt has too."""

FEE = 0.001
PER_YEAR = 365.0


@dataclass(frozen=True, eq=False)
class Task:
    """A grid on one series."""

    name: str
    bars: Bars
    spec: SweepSpec
    chosen: IntArray | None = None
    """The pairs that are tested; None for all of the grid."""

    @property
    def close(self) -> FloatArray:
        """The price array that all engines begin with."""
        return self.bars.close

    @property
    def pairs(self) -> tuple[IntArray, IntArray]:
        """Fast and slow periods."""
        wanted = self.grid
        return wanted.fast, wanted.slow

    @property
    def grid(self) -> Grid:
        """All pairs."""
        return grid(self.spec) if self.chosen is None else chosen(self.chosen, self.spec)

    def thinned(self, count: int) -> "Task":
        """Ask for a few of the pairs, evenly spread."""
        all_pairs = np.stack(self.pairs, axis=1)
        evenly = np.linspace(0, len(all_pairs) - 1, count).astype(np.int64)
        return replace(self, chosen=all_pairs[evenly])

    @property
    def first(self) -> int:
        """First measured bar."""
        start = (
            0 if self.spec.start is None else int(np.searchsorted(self.bars.time, self.spec.start))
        )
        return max(start, first_bar_of_all(self.spec, self.spec.slow[1]))


def task(name: str, bars: Bars, ranges: tuple[int, ...], **options: object) -> Task:
    """Ask for (fast min, max, slow min, max, step), long or flat, filled at the same close."""
    fast_min, fast_max, slow_min, slow_max, step = ranges
    fields = {
        "strategy": Strategy.SMA,
        "fill": Fill.SAME_CLOSE,
        "start_state": StartState.FRESH,
        "fee_bps": FEE * 1e4,
        "periods_per_year": PER_YEAR,
        "start": int(bars.time[0]),
        **options,
    }
    spec = SweepSpec(fast=(fast_min, fast_max), slow=(slow_min, slow_max), step=step, **fields)  # type: ignore[arg-type]  # any field
    return Task(name, bars, spec, _thousand() if name == "B" else None)


def ten_years() -> Task:
    """Ask for the full grid on the S&P's last 2,520 days, filled at the next open, with carry."""
    bars = sp500(2_520 + 499)
    start = int(bars.time[499])
    return Task("full", bars, SweepSpec(Strategy.SMA, (2, 499), (3, 500), 1, start=start))


def _thousand() -> IntArray:
    """Return a thousand of 5..50 by 1 with 20..200 by 5, evenly spread."""
    pairs = np.array([(f, s) for f in range(5, 51) for s in range(20, 201, 5) if f < s])
    evenly = np.linspace(0, len(pairs) - 1, 1_000).astype(np.int64)
    return pairs[evenly]


GRIDS = {
    "A": (2, 46, 3, 47, 1),
    "B": (5, 50, 20, 200, 5),
    "C": (2, 492, 3, 493, 7),
    "D": (10, 20, 20, 30, 5),
    "one": (15, 15, 30, 30, 1),
    "full": (2, 499, 3, 500, 1),
}
"""Many trades, few, very few, the documented example, one pair, and all that may be asked for."""

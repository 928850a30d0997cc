"""What a sweep found: columns, ranked; a record of a pair is made when it is asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, cast, overload

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from tradingapi.engine import columns as c
from tradingapi.engine import display
from tradingapi.engine.bars import Bars, BoolArray, FloatArray, IntArray, Origin
from tradingapi.engine.grid import Choice, Grid
from tradingapi.engine.metrics import DAYS_A_MONTH, Metrics, metrics_of
from tradingapi.engine.preparation import Measure
from tradingapi.engine.score import SCORE_VERSION, ranked
from tradingapi.engine.spec import SweepSpec
from tradingapi.engine.window import Window

Column: TypeAlias = "pa.Array[Any]"


@dataclass(frozen=True, slots=True)
class Row:
    """One pair and its figures."""

    pair: Choice
    score: float
    metrics: Metrics
    qualified: bool
    """Whether it has at least `min_trades` closed trades."""


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """Everything a sweep found, best first, with what it was measured on."""

    spec: SweepSpec
    history: Bars
    """The bars up to the window's end."""
    window: Window
    measure: Measure
    grid: Grid
    figures: FloatArray
    """One row for each of `columns.NAMES`, one column for each pair of the grid in its order."""
    holding: FloatArray
    """The figures of buy-and-hold."""

    @override
    def __repr__(self) -> str:
        return display.text_of(self.title, *self._shown(1))

    def _repr_html_(self) -> str:
        """Show the best pairs in a notebook."""
        return display.html_of(self.title, *self._shown(display.ROWS))

    @property
    def title(self) -> str:
        """The sweep in one line."""
        return display.title_of(
            self.origin, self.spec.strategy, (self.window_start, self.window_end)
        )

    @property
    def origin(self) -> Origin:
        """Where the bars come from."""
        return self.history.origin

    @cached_property
    def data_sha256(self) -> str:
        """Fingerprint of the bars up to the window's end."""
        return self.history.sha256

    @property
    def history_start(self) -> int:
        """First bar that the lines were computed from, in UTC nanoseconds. An EMA remembers it."""
        return int(self.history.time[0])

    @property
    def window_start(self) -> int:
        """First measured bar, in UTC nanoseconds."""
        return int(self.history.time[self.window.first])

    @property
    def window_end(self) -> int:
        """Last measured bar, in UTC nanoseconds."""
        return int(self.history.time[self.window.stop - 1])

    @property
    def window_bars(self) -> int:
        """How many bars were measured."""
        return self.window.bars

    @property
    def window_limited_by(self) -> str | None:
        """`warmup` if the window begins later than asked because a line did not exist yet."""
        return self.window.limited_by

    @property
    def periods_per_year(self) -> float:
        """Bars a year that the figures are scaled by."""
        return self.measure.per_year

    @property
    def periods_per_year_source(self) -> str:
        """Where that comes from: `request`, `calendar` or `derived`."""
        return self.measure.per_year_source

    @property
    def score_version(self) -> int:
        """Which formula the score follows."""
        return SCORE_VERSION

    @property
    def requested(self) -> int:
        """Combinations of the two ranges; `len(rows)` of them are pairs."""
        return self.grid.requested

    @cached_property
    def order(self) -> IntArray:
        """The grid's pairs, best first."""
        return ranked(self.figures)

    @property
    def qualified(self) -> BoolArray:
        """Whether each pair of the grid, in its order, has `min_trades` closed trades."""
        qualified: BoolArray = self.figures[c.TRADES] >= self.spec.min_trades
        return qualified

    @property
    def rows(self) -> "Rows":
        """The pairs as records, best first."""
        return Rows(self)

    @cached_property
    def buy_and_hold(self) -> Metrics:
        """The same bars, bought at the first fill and never sold."""
        return self._metrics(self.holding)

    def row(self, index: int) -> Row:
        """Return one pair of the grid, by its place in the grid."""
        figures = self.figures[:, index]
        qualified = bool(figures[c.TRADES] >= self.spec.min_trades)
        return Row(
            self.grid.pair(index), float(figures[c.SCORE]), self._metrics(figures), qualified
        )

    def to_arrow(self, names: Sequence[str] | None = None) -> pa.Table:
        """Return a table, best first: the pair, whether it is qualified, and its figures.

        Figures are fractions, `drawdown` positive; undefined ones are null. `names` chooses
        among `columns.NAMES`; `trades_per_month` and `open_entry_time` come with all of them.
        """
        table: dict[str, Column] = {
            "fast_period": _array(self.grid.fast[self.order]),
            "slow_period": _array(self.grid.slow[self.order]),
            **self._signals(),
            "qualified": _array(self.qualified[self.order]),
        }
        for name in c.NAMES if names is None else names:
            if name != "open_bar":
                table[name] = self._column(name)
        if names is None:
            trades = self.figures[c.TRADES][self.order]
            months = self.measure.days / DAYS_A_MONTH
            table["trades_per_month"] = _array(trades / months)
            table["open_entry_time"] = self._entry_times()
        return pa.table(table)

    def to_pandas(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the same as a frame; undefined figures are NaN."""
        frame: pd.DataFrame = self.to_arrow(names).to_pandas()
        return frame

    def best(self, top: int) -> list[Row]:
        """Return the best of the pairs that closed `min_trades` trades; of all if none did."""
        return [self.row(index) for index in self._best_first[:top].tolist()]

    @property
    def best_index(self) -> int:
        """The place in the grid of the best of those."""
        return int(self._best_first[0])

    @cached_property
    def _best_first(self) -> IntArray:
        ranked = self.order[self.qualified[self.order]]
        return ranked if ranked.size else self.order

    def _shown(self, top: int) -> tuple[list[display.Line], display.Line, str]:
        rows: list[display.Line] = [
            (display.name_of(row.pair), row.score, row.metrics) for row in self.best(top)
        ]
        ranked = int(self.qualified.sum())
        count = f"{ranked:,} of {len(self.grid):,} pairs closed {self.spec.min_trades} trades"
        return rows, ("hold", None, self.buy_and_hold), count

    def _signals(self) -> dict[str, Column]:
        signal = self.grid.signal
        return {} if signal is None else {"signal_period": _array(signal[self.order])}

    def _column(self, name: str) -> Column:
        values = self.figures[c.NAMES.index(name)][self.order]
        if name == "trades":
            return _array(values.astype(np.int64))
        missing = np.isnan(values)
        return _array(values, missing if missing.any() else None)

    def _entry_times(self) -> Column:
        bars = self.figures[c.OPEN_BAR][self.order]
        missing = np.isnan(bars)
        where = self.window.first + np.where(missing, 0, bars).astype(np.int64)
        times = self.history.time[where].astype("datetime64[ns]")
        return _array(times, missing).cast(pa.timestamp("ns", "UTC"))

    def _metrics(self, figures: FloatArray) -> Metrics:
        time = self.history.time[self.window.first : self.window.stop]
        return metrics_of(figures, time, self.measure.days)


def _array(values: NDArray[Any], missing: BoolArray | None = None) -> Column:
    return cast("Column", pa.array(values, mask=missing))


class Rows(Sequence[Row]):
    """A result's pairs, best first; each record is built when it is reached."""

    def __init__(self, result: SweepResult) -> None:
        self._result = result

    @override
    def __len__(self) -> int:
        return len(self._result.grid)

    @override
    def __iter__(self) -> Iterator[Row]:
        return map(self._result.row, self._result.order.tolist())

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    @override
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        """Return a pair by rank, from 0, or a stretch of the ranking."""
        found = self._result.order[index]
        if isinstance(index, slice):
            return [self._result.row(int(each)) for each in found]
        return self._result.row(int(found))

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return NotImplemented
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # two results with equal rows are two results

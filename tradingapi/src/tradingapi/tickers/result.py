"""What a sweep of many tickers found: pairs by their places, and each ticker's own part."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from tradingapi.engine import SweepSpec
from tradingapi.engine.bars import BoolArray, FloatArray, IntArray
from tradingapi.engine.display import escaped, name_of
from tradingapi.engine.grid import Choice, Grid
from tradingapi.tickers.part import TickerPart
from tradingapi.tickers.ranks import Standing, fraction

ROWS: Final = 10
"""Pairs that a notebook shows."""


@dataclass(frozen=True, slots=True)
class PairRank:
    """One pair over all tickers. Places are fractions: 0.9 is better than nine tenths of pairs."""

    pair: Choice
    median: float | None
    """None where no ticker has it eligible."""
    worst: float | None
    tickers: int
    """Those for which it is eligible."""
    qualified: bool
    """Whether those are at least 80 % of all."""


@dataclass(frozen=True, eq=False, repr=False)
class ManyResult:
    """Everything that a sweep of many tickers found."""

    spec: SweepSpec
    grid: Grid
    parts: tuple[TickerPart, ...]
    """One for each ticker, in the order in which they were given."""
    standing: Standing
    """One entry for each pair of the grid in its order."""

    @override
    def __repr__(self) -> str:
        return f"<ManyResult {self.title}: {self._count}; best {self._best_text}>"

    def _repr_html_(self) -> str:
        """Show the best pairs in a notebook."""
        lines = "".join(
            f"<tr><td>{name_of(row.pair)}</td><td>{percent(row.median)}</td>"
            f"<td>{percent(row.worst)}</td><td>{row.tickers}</td></tr>"
            for row in self.best(ROWS)
        )
        return (
            f"<div><b>{escaped(self.title)}</b><br>{escaped(self._count)}<table><thead><tr>"
            f"<th>pair</th><th>median place</th><th>worst</th><th>tickers</th></tr></thead>"
            f"<tbody>{lines}</tbody></table></div>"
        )

    @property
    def title(self) -> str:
        """The sweep in one line."""
        first = min(part.window_start for part in self.parts)
        last = max(part.window_end for part in self.parts)
        days = [str(np.datetime64(time, "ns").astype("datetime64[D]")) for time in (first, last)]
        invented = " (synthetic prices)" if self.synthetic else ""
        kind, many = self.spec.strategy.value, len(self.parts)
        return f"{many} tickers, {kind}, {days[0]} to {days[1]}{invented}"

    @property
    def synthetic(self) -> bool:
        """Whether any ticker's prices are invented."""
        return any(part.origin.synthetic for part in self.parts)

    @property
    def needed(self) -> int:
        """The tickers for which a pair must be eligible to be ranked: 80 %, rounded up."""
        return -(-4 * len(self.parts) // 5)

    @property
    def qualified(self) -> BoolArray:
        """Whether each pair of the grid, in its order, is ranked."""
        enough: BoolArray = self.standing.tickers >= self.needed
        return enough

    @property
    def median(self) -> FloatArray:
        """Median place of each pair of the grid, as a fraction; NaN where no ticker has it."""
        return fraction(self.standing.twice_median, 2)

    @property
    def worst(self) -> FloatArray:
        """Worst place of each pair of the grid."""
        return fraction(self.standing.worst)

    @cached_property
    def order(self) -> IntArray:
        """The grid's pairs, best first: by median, then worst, then tickers, then the grid's order.

        Those that are not ranked come last.
        """
        count, twice_median, worst = self.standing
        place = np.arange(count.size)
        return np.lexsort((place, -count, -worst, -twice_median, ~self.qualified))

    @property
    def best_index(self) -> int | None:
        """The place in the grid of the winner; None if no pair is ranked."""
        first = int(self.order[0])
        return first if self.qualified[first] else None

    @property
    def winner(self) -> Choice | None:
        """The best pair; None if no pair is ranked."""
        return None if self.best_index is None else self.grid.pair(self.best_index)

    def row(self, index: int) -> PairRank:
        """Return one pair of the grid, by its place in the grid."""
        count = int(self.standing.tickers[index])
        one = slice(index, index + 1)
        median = float(fraction(self.standing.twice_median[one], 2)[0]) if count else None
        worst = float(fraction(self.standing.worst[one])[0]) if count else None
        return PairRank(self.grid.pair(index), median, worst, count, count >= self.needed)

    def best(self, top: int) -> list[PairRank]:
        """Return the best ranked pairs; of all if none is ranked."""
        order = self.order if self.best_index is None else self.order[self.qualified[self.order]]
        return [self.row(index) for index in order[:top].tolist()]

    def to_arrow(self) -> pa.Table:
        """Return a table, best first: the pair, whether it is ranked, its places and tickers."""
        order, signal = self.order, self.grid.signal
        columns: dict[str, NDArray[Any]] = {
            "fast_period": self.grid.fast[order],
            "slow_period": self.grid.slow[order],
            **({} if signal is None else {"signal_period": signal[order]}),
            "qualified": self.qualified[order],
            "median_rank": self.median[order],
            "worst_rank": self.worst[order],
            "tickers": self.standing.tickers[order],
        }
        return pa.table(
            {name: pa.array(column, from_pandas=True) for name, column in columns.items()}
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return the same as a frame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    @property
    def _count(self) -> str:
        ranked, pairs = int(self.qualified.sum()), len(self.grid)
        return (
            f"{ranked:,} of {pairs:,} pairs closed {self.spec.min_trades} trades on {self.needed}"
        )

    @property
    def _best_text(self) -> str:
        (row,) = self.best(1)
        return f"{name_of(row.pair)} median place {percent(row.median)}, worst {percent(row.worst)}"


def percent(place: float | None) -> str:
    """Write a place as percent."""
    return "-" if place is None else f"{100 * place:.1f} %"

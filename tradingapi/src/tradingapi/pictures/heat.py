"""What a heat map shows: figures over the grid, the winner, and what holding would have done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from tradingapi.engine import Strategy, SweepResult
from tradingapi.engine import columns as c
from tradingapi.engine.bars import BoolArray, FloatArray, IntArray
from tradingapi.engine.grid import Choice, Grid

PERCENT: Final = 100.0

LABELS: Final = {
    False: ("fast period (bars)", "slow period (bars)"),
    True: ("enter above RSI", "leave above RSI"),
}
"""Of the axes; True where periods are levels."""

Spread: TypeAlias = Callable[[FloatArray], FloatArray]
"""Lays one figure a pair of the grid out over fast and slow."""


class Sheet(NamedTuple):
    """One figure over the grid."""

    name: str
    unit: str
    """`%`, or nothing."""
    values: FloatArray
    """One row for each fast period, one column for each slow one; NaN where there is none."""
    holding: float | None = None
    """The same figure of buy-and-hold, where it has one."""
    whole: bool = False
    """Whether it is a count, which every pair of the grid has. One sheet of a map is."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A sweep, ready to be drawn."""

    title: str
    subtitle: str
    fast: IntArray
    slow: IntArray
    fast_label: str
    slow_label: str
    sheets: tuple[Sheet, ...]
    """The first two are drawn side by side: the score and the Sharpe ratio."""
    ranked: BoolArray
    """Whether a cell's pair is ranked."""
    unranked: str
    """Why others are not: `under 50 closed trades`."""
    best: Choice | None
    """The winner; None where no pair is ranked."""


SHOWN: Final = (
    ("Score", "", c.SCORE, 1.0),
    ("Sharpe ratio", "", c.SHARPE, 1.0),
    ("Return a year", "%", c.ANNUALIZED_RETURN, PERCENT),
    ("Largest drawdown", "%", c.MAX_DRAWDOWN, -PERCENT),
    ("Win rate", "%", c.WIN_RATE, PERCENT),
    ("Closed trades", "", c.TRADES, 1.0),
)
"""Name, unit, column and factor of each sheet."""

OF_HOLDING: Final = frozenset({c.SHARPE, c.ANNUALIZED_RETURN, c.MAX_DRAWDOWN})
"""Figures that buy-and-hold has too: it closes no trade, and has no score worth the name."""


def heat_map(result: SweepResult, subtitle: str = "") -> HeatMap:
    """Lay a result out over its grid. `subtitle` is the place for the verdict."""
    best = result.best_index
    fast, slow, spread = laid_out(result.grid, best)
    labels = LABELS[result.spec.strategy is Strategy.RSI]
    return HeatMap(
        title=result.title + slice_of(result.grid, best),
        subtitle=subtitle,
        fast=fast,
        slow=slow,
        fast_label=labels[0],
        slow_label=labels[1],
        sheets=_sheets(result, spread),
        ranked=spread(result.qualified.astype(np.float64)) > 0,
        unranked=f"under {result.spec.min_trades} closed trades",
        best=result.grid.pair(best) if result.qualified[best] else None,
    )


def laid_out(grid: Grid, best: int) -> tuple[IntArray, IntArray, Spread]:
    """Return both axes, and what lays figures of the grid's pairs out over them.

    A third period is not a third dimension of paper: the slice of the pair `best` is shown.
    """
    shown = grid.of_signal(0 if grid.signal is None else int(grid.signal[best]))
    fast, row = np.unique(grid.fast[shown], return_inverse=True)
    slow, column = np.unique(grid.slow[shown], return_inverse=True)

    def spread(values: FloatArray) -> FloatArray:
        cells = np.full((fast.size, slow.size), np.nan)
        cells[row, column] = values[shown]
        return cells

    return fast, slow, spread


def slice_of(grid: Grid, best: int) -> str:
    """Name the slice that is shown, where there are several."""
    return "" if grid.signal is None else f", signal {grid.signal[best]}"


def _sheets(result: SweepResult, spread: Spread) -> tuple[Sheet, ...]:
    held = result.holding
    return tuple(
        Sheet(
            name,
            unit,
            spread(0.0 + factor * result.figures[column]),
            float(0.0 + factor * held[column])
            if column in OF_HOLDING and not np.isnan(held[column])
            else None,
            whole=column == c.TRADES,
        )
        for name, unit, column, factor in SHOWN
    )

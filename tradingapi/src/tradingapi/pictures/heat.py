"""What a heat map shows: figures over the grid, the winner, and what holding would have done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine import Strategy, SweepResult
from tradingapi.engine import columns as c
from tradingapi.engine.bars import BoolArray, FloatArray, IntArray
from tradingapi.engine.grid import Choice

PERCENT: Final = 100.0


class Sheet(NamedTuple):
    """One figure over the grid."""

    name: str
    unit: str
    """`%`, or nothing."""
    values: FloatArray
    """One row for each fast period, one column for each slow one; NaN where there is none."""
    holding: float | None
    """The same figure of buy-and-hold, where it has one."""


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
    """The first is the score, the second the Sharpe ratio."""
    ranked: BoolArray
    """Whether a cell's pair closed `min_trades` trades."""
    min_trades: int
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
    # A third period is not a third dimension of paper: the winner's slice is shown.
    shown = result.grid.of_signal(0 if result.grid.signal is None else result.grid.signal[best])
    fast, row = np.unique(result.grid.fast[shown], return_inverse=True)
    slow, column = np.unique(result.grid.slow[shown], return_inverse=True)

    def spread(values: FloatArray) -> FloatArray:
        cells = np.full((fast.size, slow.size), np.nan)
        cells[row, column] = values[shown]
        return cells

    levels = result.spec.strategy is Strategy.RSI
    return HeatMap(
        title=result.title + _slice_of(result),
        subtitle=subtitle,
        fast=fast,
        slow=slow,
        fast_label="enter above RSI" if levels else "fast period (bars)",
        slow_label="leave above RSI" if levels else "slow period (bars)",
        sheets=_sheets(result, spread),
        ranked=spread(result.qualified.astype(np.float64)) > 0,
        min_trades=result.spec.min_trades,
        best=result.grid.pair(best) if result.qualified[best] else None,
    )


def _slice_of(result: SweepResult) -> str:
    if result.grid.signal is None:
        return ""
    return f", signal {result.grid.signal[result.best_index]}"


def _sheets(result: SweepResult, spread: Callable[[FloatArray], FloatArray]) -> tuple[Sheet, ...]:
    held = result.holding
    return tuple(
        Sheet(
            name,
            unit,
            spread(0.0 + factor * result.figures[column]),
            float(0.0 + factor * held[column])
            if column in OF_HOLDING and not np.isnan(held[column])
            else None,
        )
        for name, unit, column, factor in SHOWN
    )

"""A metric over the grid, as a matrix."""

import math
from typing import NamedTuple

import numpy as np

from tradingapi.results.memory import Loaded
from tradingapi.results.metric import WHOLE, Figure, Metric


class Heatmap(NamedTuple):
    """`values[i][j]` is of fast period `fast[i]` and slow period `slow[j]`; None: no such pair."""

    fast: list[int]
    slow: list[int]
    values: list[list[float | None]]
    signal_period: int | None = None
    """MACD: whose combinations these are."""


class UntestedSignalError(Exception):
    """No combination has this signal period."""


def heatmap(
    loaded: Loaded, metric: Figure, min_trades: int, signal_period: int | None = None
) -> Heatmap:
    """Lay a metric out over the grid. Undefined figures and too few trades are None too.

    Where several signal periods were tested, one is shown: the best combination's if not said.

    Raises:
        UntestedSignalError: This one was not tested.
    """
    fast, row = np.unique(loaded.column("fast_period"), return_inverse=True)
    slow, column = np.unique(loaded.column("slow_period"), return_inverse=True)
    shown = np.ones(row.size, np.bool_)
    if min_trades > 0:
        shown = loaded.column(Metric.TRADES) >= min_trades
    signals = loaded.column("signal_period")
    if signal_period is None and not np.isnan(signals[0]):
        signal_period = int(signals[0])
    if signal_period is not None:
        if not np.any(signals == signal_period):
            raise UntestedSignalError
        shown &= signals == signal_period
    cells = np.full((fast.size, slow.size), np.nan)
    cells[row[shown], column[shown]] = loaded.column(metric)[shown]
    write = int if metric in WHOLE else float
    values = [[None if math.isnan(cell) else write(cell) for cell in line] for line in cells]
    return Heatmap([int(f) for f in fast], [int(s) for s in slow], values, signal_period)

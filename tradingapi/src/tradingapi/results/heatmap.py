"""A metric over the grid, as a matrix."""

import math
from typing import NamedTuple

import numpy as np

from tradingapi.results.memory import Loaded
from tradingapi.results.metric import WHOLE, Metric


class Heatmap(NamedTuple):
    """`values[i][j]` is of fast period `fast[i]` and slow period `slow[j]`; None: no such pair."""

    fast: list[int]
    slow: list[int]
    values: list[list[float | None]]


def heatmap(loaded: Loaded, metric: Metric, min_trades: int) -> Heatmap:
    """Lay a metric out over the grid. Undefined figures and too few trades are None too."""
    fast, row = np.unique(loaded.column("fast_period"), return_inverse=True)
    slow, column = np.unique(loaded.column("slow_period"), return_inverse=True)
    enough = loaded.column(Metric.TRADES) >= min_trades
    cells = np.full((fast.size, slow.size), np.nan)
    cells[row[enough], column[enough]] = loaded.column(metric)[enough]
    write = int if metric in WHOLE else float
    values = [[None if math.isnan(cell) else write(cell) for cell in line] for line in cells]
    return Heatmap([int(f) for f in fast], [int(s) for s in slow], values)

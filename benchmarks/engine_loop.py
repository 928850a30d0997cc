"""A peer of our own: the plain loop over bars that a good quant writes with numba in an hour.

One pass for each pair: cross, fill, equity, figures. It computes one row for each distinct
period, as we do, by a running sum.
"""

import math

import numpy as np

from benchmarks.engine_task import FEE, NINE, PER_YEAR, Task
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.jit import kernel


@kernel
def moving_means(close: FloatArray, periods: IntArray) -> FloatArray:
    """Return one row for each period."""
    rows = np.full((periods.size, close.size), np.nan)
    for k in range(periods.size):
        total = 0.0
        for t in range(close.size):
            total += close[t]
            if t >= periods[k]:
                total -= close[t - periods[k]]
            if t >= periods[k] - 1:
                rows[k, t] = total / periods[k]
    return rows


@kernel
def one_pair(
    fast: FloatArray, slow: FloatArray, close: FloatArray, first: int, fee: float, per_year: float
) -> tuple[float, ...]:
    """Walk the bars once."""
    bars, held, before = close.size - first, False, fast[first] > slow[first]
    equity = peak = bought = 1.0
    drawdown = total = squares = down = gained = lost = 0.0
    trades = won = duration = entered = 0
    for t in range(first + 1, close.size):
        r = close[t] / close[t - 1] - 1.0 if held else 0.0
        above = fast[t] > slow[t] or (before and fast[t] == slow[t])
        if above and not before:
            bought, entered, held = equity, t, True
            r = 1.0 / (1.0 + fee) - 1.0
        elif before and not above and held:
            r = (1.0 + r) * (1.0 - fee) - 1.0
            profit = equity * (1.0 + r) - bought
            trades, duration, held = trades + 1, duration + t - entered, False
            if profit > 0.0:
                won, gained = won + 1, gained + profit
            else:
                lost -= profit
        before = above
        equity *= 1.0 + r
        total, squares = total + r, squares + r * r
        if r < 0.0:
            down += r * r
        peak = max(peak, equity)
        drawdown = max(drawdown, 1.0 - equity / peak)
    mean = total / bars
    deviation = math.sqrt((squares - total * mean) / (bars - 1))
    return (
        equity - 1.0,
        equity ** (per_year / bars) - 1.0,
        mean / deviation * math.sqrt(per_year),
        mean / math.sqrt(down / bars) * math.sqrt(per_year),
        drawdown,
        float(trades),
        won / trades,
        gained / lost,
        duration / trades,
    )


@kernel
def all_pairs(
    rows: FloatArray, fast: IntArray, slow: IntArray, close: FloatArray, first: int, fee: float,
    per_year: float, out: FloatArray,
) -> None:  # fmt: skip
    """Walk the bars for every pair."""
    for k in range(fast.size):
        figures = one_pair(rows[fast[k]], rows[slow[k]], close, first, fee, per_year)
        for i in range(9):
            out[k, i] = figures[i]


def loop(task: Task) -> FloatArray:
    """Return one row of the nine figures for each pair, unsorted."""
    fast, slow = task.pairs
    periods, where = np.unique(np.concatenate((fast, slow)), return_inverse=True)
    out = np.empty((fast.size, len(NINE)))
    rows = moving_means(task.close, periods)
    all_pairs(
        rows, where[: fast.size], where[fast.size :], task.close, task.first, FEE, PER_YEAR, out
    )
    return out

"""The lines that strategies compare: one line for each period, NaN where it does not exist yet.

All three strategies compare two lines. For MACD that works because an EMA is linear:

    macd - signal = (EMA_fast - EMA_slow) - EMA_signal(EMA_fast - EMA_slow) = g_fast - g_slow
    with g_p = EMA_p - EMA_signal(EMA_p)
"""

from collections.abc import Iterable
from typing import assert_never

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from tradingapi.engine.bars import FloatArray
from tradingapi.engine.spec import Strategy, SweepSpec


def sma(values: FloatArray, period: int) -> FloatArray:
    """Return the mean of the last `period` values, from the bar that has so many.

    Each window is summed on its own: a running sum carries the rounding of prices that left
    the window long ago, and then a constant series crosses itself.
    """
    line = np.full(values.size, np.nan)
    if period <= values.size:
        line[period - 1 :] = sliding_window_view(values, period).mean(axis=1)
    return line


def ema(values: FloatArray, period: int) -> FloatArray:
    """Return the exponential mean with weight 2/(period+1), begun at the first value.

    It is hidden for the first period-1 bars, where it is mostly its first value.
    """
    line = _recursion(values, period)
    line[: period - 1] = np.nan
    return line


def macd_line(values: FloatArray, period: int, signal_period: int) -> FloatArray:
    """Return g_p = EMA_p - EMA_signal(EMA_p): the part of MACD's histogram that `period` brings."""
    average = _recursion(values, period)
    line = average - _recursion(average, signal_period)
    line[: period + signal_period - 2] = np.nan
    return line


def lines(close: FloatArray, spec: SweepSpec, periods: Iterable[int]) -> dict[int, FloatArray]:
    """Compute the strategy's line for each distinct period."""
    return {period: _line(close, spec, period) for period in sorted(set(periods))}


def first_bar_of_all(spec: SweepSpec, longest: int) -> int:
    """Return the index of the first bar at which the line of the longest period exists."""
    if spec.strategy is Strategy.MACD:
        return longest + spec.signal_period - 2
    return longest - 1


def _line(close: FloatArray, spec: SweepSpec, period: int) -> FloatArray:
    match spec.strategy:
        case Strategy.SMA:
            return sma(close, period)
        case Strategy.EMA:
            return ema(close, period)
        case Strategy.MACD:
            return macd_line(close, period, spec.signal_period)
        case Strategy.RSI:
            raise ValueError("strategy: RSI compares no lines")
        case _ as never:
            assert_never(never)


def _recursion(values: FloatArray, period: int) -> FloatArray:
    smooth = pd.Series(values).ewm(span=period, adjust=False).mean()
    return smooth.to_numpy(dtype=np.float64, copy=True)

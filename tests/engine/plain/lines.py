"""Lines and levels, from their definitions."""

import math

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from tradingapi.engine import Strategy, SweepSpec
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.grid import Pair

TIE = 1e-12
LEVEL_TIE = 1e-10


def sma(values: FloatArray, period: int) -> FloatArray:
    """Mean of each window, summed on its own."""
    line = np.full(values.size, np.nan)
    if period <= values.size:
        line[period - 1 :] = sliding_window_view(values, period).mean(axis=1)
    return line


def ema(values: FloatArray, period: int) -> FloatArray:
    """Exponential mean begun at the first value, hidden for period-1 bars."""
    line = smooth(values, period)
    line[: period - 1] = np.nan
    return line


def macd(values: FloatArray, pair: Pair, signal: int) -> FloatArray:
    """MACD minus its signal line."""
    difference = smooth(values, pair.fast) - smooth(values, pair.slow)
    histogram = difference - smooth(difference, signal)
    histogram[: pair.slow + signal - 2] = np.nan
    return histogram


def smooth(values: FloatArray, period: int) -> FloatArray:
    """The recursion itself."""
    line = pd.Series(values).ewm(span=period, adjust=False).mean()
    return line.to_numpy(dtype=np.float64, copy=True)


def rsi(close: FloatArray, period: int) -> list[float]:
    """Wilder's index as TA-Lib has it, value by value."""
    line = [math.nan] * close.size
    changes = np.diff(close).tolist()
    if len(changes) < period:
        return line
    gain = math.fsum(max(c, 0.0) for c in changes[:period]) / period
    loss = math.fsum(max(-c, 0.0) for c in changes[:period]) / period
    for t in range(period, close.size):
        if t > period:
            gain = (gain * (period - 1) + max(changes[t - 1], 0.0)) / period
            loss = (loss * (period - 1) + max(-changes[t - 1], 0.0)) / period
        line[t] = 100 * gain / (gain + loss) if gain + loss > 0 else 0.0
    return line


def states(close: FloatArray, spec: SweepSpec, pair: Pair) -> list[int]:
    """Say after each bar which side the rule is on: 1 above, -1 below, 0 undecided or flat."""
    if spec.strategy is Strategy.RSI:
        return rsi_states(rsi(close, spec.rsi_period), pair)
    match spec.strategy:
        case Strategy.SMA:
            apart = sma(close, pair.fast) - sma(close, pair.slow)
        case Strategy.EMA:
            apart = ema(close, pair.fast) - ema(close, pair.slow)
        case _:
            apart = macd(close, pair, spec.signal_period)
    return latched(apart.tolist(), (TIE * close).tolist())


def latched(apart: list[float], margin: list[float]) -> list[int]:
    """Above, below, or what it was where the two are tied."""
    state, found = 0, []
    for distance, least in zip(apart, margin, strict=True):
        if distance > least:
            state = 1
        elif distance < -least:
            state = -1
        found.append(state)
    return found


def rsi_states(line: list[float], pair: Pair) -> list[int]:
    """Long from a cross up through one level to a cross up through the other."""
    enters, leaves = (crossed_up(line, level) for level in pair)
    state, found = 0, []
    for enter, leave in zip(enters, leaves, strict=True):
        if leave:
            state = 0
        elif enter:
            state = 1
        found.append(state)
    return found


def crossed_up(line: list[float], level: float) -> list[bool]:
    """Whether each bar is the first above a level after one below it."""
    side = latched([value - level for value in line], [LEVEL_TIE] * len(line))
    return [now == 1 and before == -1 for before, now in zip([0, *side], side, strict=False)]

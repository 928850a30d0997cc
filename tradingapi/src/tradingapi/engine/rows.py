"""The lines that strategies compare: one row for each distinct period, NaN where it is not there.

SMA, EMA and MACD all compare two rows. For MACD that works because an EMA is linear:

    macd - signal = (EMA_fast - EMA_slow) - EMA_signal(EMA_fast - EMA_slow) = g_fast - g_slow
    with g_p = EMA_p - EMA_signal(EMA_p)

Rows begin at addresses that a vector register likes and end in a word of NaN (`bits.WORD`).
"""

from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.bits import WORD, SingleArray
from tradingapi.engine.jit import kernel, piece
from tradingapi.engine.signals import Lines, WordArray, level_crossings

LINE: Final = 8
"""Numbers in a cache line of 64 bytes."""

TIE: Final = 1e-12
"""Lines closer than this part of the price are equal: the rest is rounding."""

GUARD: Final = 2.0**-20
"""Keys further apart than this part of the largest close are on the sides that the rows are on."""

LEVEL_TIE: Final = 1e-10
"""The same for an index of 0..100 and its level."""


class Rows(NamedTuple):
    """One row for each distinct period."""

    exact: FloatArray
    keys: SingleArray
    """The same in half as many bits."""


def aligned(rows: int, bars: int) -> FloatArray:
    """Allocate rows of `bars` numbers and a word of padding, each beginning a cache line."""
    width = -(-(bars + WORD) // LINE) * LINE
    block = np.empty(rows * width + LINE)
    skip = (-block.__array_interface__["data"][0] // block.itemsize) % LINE
    table: FloatArray = block[skip : skip + rows * width].reshape(rows, width)
    return table


def room_for(periods: IntArray, close: FloatArray) -> Rows:
    """Allocate rows; keys are filled in while their row is in the nearest cache."""
    exact = aligned(periods.size, close.size)
    return Rows(exact, np.empty(exact.shape, np.float32))


def compared(close: FloatArray, rows: Rows) -> Lines:
    """Return rows that are compared with each other, and what decides most comparisons sooner."""
    margin = aligned(1, close.size)[0]
    guard: SingleArray = np.empty(-(-close.size // WORD), np.float32)
    _fill_limits(close, margin, guard)
    return Lines(rows.exact, margin, rows.keys, guard, None)


def sma_rows(close: FloatArray, periods: IntArray) -> Rows:
    """Return the mean of the last `period` closes, from the bar that has so many."""
    rows = room_for(periods, close)
    _fill_sma(close, periods, np.empty((2, close.size + 1)), rows.exact, rows.keys)
    return rows


def ema_rows(close: FloatArray, periods: IntArray) -> Rows:
    """Return exponential means with weight 2/(period+1), begun at the first close.

    They are hidden for their first period-1 bars, where they are mostly the first close.
    """
    rows = room_for(periods, close)
    _fill_ema(close, periods, 0, rows.exact, rows.keys)
    return rows


def macd_rows(close: FloatArray, periods: IntArray, signal_period: int) -> Rows:
    """Return g_p = EMA_p - EMA_signal(EMA_p) for each period p."""
    rows = room_for(periods, close)
    _fill_ema(close, periods, signal_period, rows.exact, rows.keys)
    return rows


def rsi_row(close: FloatArray, period: int) -> FloatArray:
    """Return Wilder's relative strength index, 0..100, from the bar that has `period` changes.

    Its two averages begin with the mean of the first `period` changes. Where nothing has moved
    it is 0, as in TA-Lib.
    """
    row: FloatArray = aligned(1, close.size)[0]
    _fill_rsi(close, period, row)
    return row


def crossed(row: FloatArray, levels: IntArray) -> Lines:
    """Return the crossings of levels, which are not compared with each other."""
    none, single = np.empty((0, 0)), np.empty((0, 0), np.float32)
    return Lines(none, none[0:0].reshape(0), single, single.reshape(0), level_words(row, levels))


def level_words(row: FloatArray, levels: IntArray) -> WordArray:
    """Return the bars on which a row crosses up through each level, one bit a bar."""
    words = np.zeros((levels.size, (row.size - WORD) // WORD + 1), dtype=np.uint64)
    level_crossings(row, levels.astype(np.float64), LEVEL_TIE, words)
    return words


@piece
def _prefix_sums(values: FloatArray, high: FloatArray, low: FloatArray) -> None:
    """Write sums of the first t values as unevaluated pairs of numbers (106 bits).

    Plain prefix sums make a constant series cross itself, and remember a price that fell from
    80 to 0.0001 for ever. Two-sum: Knuth, The Art of Computer Programming 2, section 4.2.2.
    """
    high[0] = low[0] = 0.0
    for t in range(values.size):
        a, b = high[t], values[t]
        total = a + b
        part = total - a
        rest = low[t] + ((a - (total - part)) + (b - part))
        high[t + 1] = total + rest
        low[t + 1] = rest - (high[t + 1] - total)


@kernel
def _fill_limits(close: FloatArray, margin: FloatArray, guard: SingleArray) -> None:
    """Write how far apart two lines must be at each bar, and two keys in each word.

    Beyond the last bar the margin is NaN. A key is off by half a unit of its last place, 2^-24 of
    it, and so is a difference of keys. No line is further from 0 than the largest close until
    then, A. So the keys' difference is off by less than 2^-24·(2A + 2A): beyond 2^-20·A the rows'
    own difference has the same sign, and is more than the margin, which is 1e-12 of a close, and
    its own rounding.
    """
    margin[close.size :] = np.nan
    largest = 0.0
    for t in range(close.size):
        margin[t] = TIE * close[t]
        largest = max(largest, close[t])
        guard[t // WORD] = GUARD * largest


@piece
def _shorten(row: FloatArray, key: SingleArray) -> None:
    for t in range(row.size):
        key[t] = row[t]


@kernel
def _fill_sma(
    close: FloatArray, periods: IntArray, sums: FloatArray, rows: FloatArray, keys: SingleArray
) -> None:
    high, low = sums[0], sums[1]
    _prefix_sums(close, high, low)
    bars = close.size
    for k in range(periods.size):
        period, row = periods[k], rows[k]
        row[: period - 1] = np.nan
        row[bars:] = np.nan
        weight = 1.0 / period
        line, high_now, low_now = row[period - 1 : bars], high[period:], low[period:]
        for t in range(line.size):
            line[t] = ((high_now[t] - high[t]) + (low_now[t] - low[t])) * weight
        _shorten(row, keys[k])


@kernel
def _fill_ema(
    close: FloatArray, periods: IntArray, signal_period: int, rows: FloatArray, keys: SingleArray
) -> None:
    """Fill rows with EMA_p, or with g_p where there is a signal period."""
    bars = close.size
    signal_weight = 2.0 / (signal_period + 1.0)
    for k in range(periods.size):
        period, row = periods[k], rows[k]
        weight = 2.0 / (period + 1.0)
        mean = signal = close[0]
        for t in range(bars):
            mean += weight * (close[t] - mean)
            signal += signal_weight * (mean - signal)
            row[t] = mean - signal if signal_period > 0 else mean
        hidden = min(bars, period - 1 + max(signal_period - 1, 0))
        row[:hidden] = np.nan
        row[bars:] = np.nan
        _shorten(row, keys[k])


@kernel
def _fill_rsi(close: FloatArray, period: int, row: FloatArray) -> None:
    row[:] = np.nan
    up = down = 0.0
    for t in range(1, close.size):
        change = close[t] - close[t - 1]
        if t <= period:
            up += max(change, 0.0) / period
            down += max(-change, 0.0) / period
        else:
            up += (max(change, 0.0) - up) / period
            down += (max(-change, 0.0) - down) / period
        if t >= period:
            row[t] = 100.0 * up / (up + down) if up + down > 0.0 else 0.0

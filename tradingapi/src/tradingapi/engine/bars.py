"""Price bars as plain arrays, checked once when they are built."""

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LOWEST_PRICE = 1e-12
HIGHEST_PRICE = 1e12
LARGEST_LOG_RETURN = math.log(1e6)
"""Beyond these three, squares of returns overflow and a metric becomes inf - inf."""

ROUNDING = 1e-9
"""How far, relative to the price, a high may lie under its open or close: vendors round."""


class BadBarsError(ValueError):
    """Prices that no backtest should run on: the message names the row and the rule."""


@dataclass(frozen=True)
class Origin:
    """Where bars come from; it is shown beside every result."""

    source: str
    ticker: str
    interval: str
    calendar: str | None = None
    """Name of the trading calendar (`crypto`, `nyse`), if the source knows it."""
    adjusted: bool | None = None
    """Whether dividends and splits are in the prices; None if the source does not say."""
    synthetic: bool = False


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of one ticker, oldest first.

    Attributes:
        time: Opening time of each bar, in UTC nanoseconds since 1970, strictly increasing.
        open: Prices, like high, low and close: finite and positive.
        high: At least open and close.
        low: At most open and close.
        close: The last price of the bar.
        origin: Where they come from.
    """

    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    origin: Origin

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_time(self)
        _check_prices(self)
        _check_consistency(self)
        _check_returns(self)

    def __len__(self) -> int:
        return self.time.size

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of times and prices: equal bars, equal text."""
        digest = hashlib.sha256()
        for column in (self.time, self.open, self.high, self.low, self.close):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def until(self, stop: int) -> "Bars":
        """Return the bars before index `stop`."""
        return Bars(
            self.time[:stop],
            self.open[:stop],
            self.high[:stop],
            self.low[:stop],
            self.close[:stop],
            self.origin,
        )


def _refuse(bad: BoolArray, bars: Bars, rule: str) -> None:
    """Raise for the first row where `bad` holds. Rows count from 1, as people do."""
    if bad.any():
        row = int(np.argmax(bad))
        day = np.datetime64(int(bars.time[row]), "ns").astype("datetime64[s]")
        raise BadBarsError(f"row {row + 1} ({day}Z): {rule}")


def _check_shape(bars: Bars) -> None:
    sizes = {column.shape for column in (bars.time, bars.open, bars.high, bars.low, bars.close)}
    if sizes != {(bars.time.size,)}:
        raise BadBarsError(
            "time, open, high, low and close must be one-dimensional and equally long"
        )


def _check_time(bars: Bars) -> None:
    step = np.diff(bars.time)
    late = np.concatenate(([False], step <= 0))
    _refuse(late, bars, "its time is not after the row before it")


def _check_prices(bars: Bars) -> None:
    for name in ("open", "high", "low", "close"):
        price: FloatArray = getattr(bars, name)
        _refuse(~np.isfinite(price), bars, f"{name} is not a number")
        _refuse(price <= 0, bars, f"{name} is not positive")
        outside = (price < LOWEST_PRICE) | (price > HIGHEST_PRICE)
        _refuse(outside, bars, f"{name} is outside {LOWEST_PRICE:g}..{HIGHEST_PRICE:g}")


def _check_consistency(bars: Bars) -> None:
    upper = np.maximum(bars.open, bars.close)
    lower = np.minimum(bars.open, bars.close)
    _refuse(bars.high < upper * (1 - ROUNDING), bars, "high is below open or close")
    _refuse(bars.low > lower * (1 + ROUNDING), bars, "low is above open or close")


def _check_returns(bars: Bars) -> None:
    inside = np.abs(np.log(bars.close / bars.open))
    _refuse(inside >= LARGEST_LOG_RETURN, bars, "the price moves more than a million-fold in a bar")
    between = np.abs(np.log(bars.open[1:] / bars.close[:-1]))
    jump = np.concatenate(([False], between >= LARGEST_LOG_RETURN))
    _refuse(jump, bars, "the price opens more than a million-fold away from the close before")

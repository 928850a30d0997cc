"""Price bars as plain arrays, checked once when they are built."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradingapi.engine.jit import kernel, piece

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LOWEST_PRICE: Final = 1e-12
HIGHEST_PRICE: Final = 1e12
LARGEST_MOVE: Final = 1e6
"""Beyond these three, squares of returns overflow and a metric becomes inf - inf."""

ROUNDING: Final = 1e-9
"""How far, relative to the price, a high may lie under its open or close: vendors round."""

COLUMNS: Final = ("open", "high", "low", "close")

TIME, NUMBER, POSITIVE, RANGE, HIGH, LOW, INSIDE, BETWEEN = range(1, 9)
RULES: Final = {
    TIME: "its time is not after the row before it",
    NUMBER: "{column} is not a number",
    POSITIVE: "{column} is not positive",
    RANGE: f"{{column}} is outside {LOWEST_PRICE:g}..{HIGHEST_PRICE:g}",
    HIGH: "high is below open or close",
    LOW: "low is above open or close",
    INSIDE: "the price moves more than a million-fold in a bar",
    BETWEEN: "the price opens more than a million-fold away from the close before",
}


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

    Raises:
        BadBarsError: The message names the first row that breaks a rule; rows count from 1.
    """

    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    origin: Origin

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", np.ascontiguousarray(self.time, dtype=np.int64))
        for name in COLUMNS:
            price = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            object.__setattr__(self, name, price)
        prices = (self.open, self.high, self.low, self.close)
        if {column.shape for column in prices} != {(self.time.size,)} or self.time.ndim != 1:
            raise BadBarsError(
                "time, open, high, low and close must be one-dimensional and equally long"
            )
        row, rule, column = first_fault(self.time, *prices)
        if row >= 0:
            day = np.datetime64(int(self.time[row]), "ns").astype("datetime64[s]")
            said = RULES[rule].format(column=COLUMNS[column])
            raise BadBarsError(f"row {row + 1} ({day}Z): {said}")

    def __len__(self) -> int:
        return self.time.size

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of times and prices: equal bars, equal text."""
        digest = hashlib.sha256()
        for column in (self.time, self.open, self.high, self.low, self.close):
            digest.update(column.tobytes())
        return digest.hexdigest()

    def until(self, stop: int) -> "Bars":
        """Return the bars before index `stop`."""
        if stop >= self.time.size:
            return self
        return Bars(
            self.time[:stop],
            self.open[:stop],
            self.high[:stop],
            self.low[:stop],
            self.close[:stop],
            self.origin,
        )


@piece
def price_fault(price: float) -> int:
    """Return the rule that a price breaks, or 0."""
    if not -np.inf < price < np.inf:
        return NUMBER
    if price <= 0.0:
        return POSITIVE
    return RANGE if price < LOWEST_PRICE or price > HIGHEST_PRICE else 0


@kernel
def first_fault(
    time: IntArray, opens: FloatArray, highs: FloatArray, lows: FloatArray, closes: FloatArray
) -> tuple[int, int, int]:
    """Return (row, rule, column) of the first row that breaks a rule, or (-1, 0, 0)."""
    for t in range(time.size):
        if t > 0 and time[t] <= time[t - 1]:
            return t, TIME, 0
        opened, high, low, close = opens[t], highs[t], lows[t], closes[t]
        for column, price in enumerate((opened, high, low, close)):
            rule = price_fault(price)
            if rule > 0:
                return t, rule, column
        if high < max(opened, close) * (1.0 - ROUNDING):
            return t, HIGH, 0
        if low > min(opened, close) * (1.0 + ROUNDING):
            return t, LOW, 0
        if max(close / opened, opened / close) >= LARGEST_MOVE:
            return t, INSIDE, 0
        if t > 0 and max(opened / closes[t - 1], closes[t - 1] / opened) >= LARGEST_MOVE:
            return t, BETWEEN, 0
    return -1, 0, 0

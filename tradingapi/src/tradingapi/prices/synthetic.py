"""Prices that never were: a random walk whose drift and volatility change by regime.

They are for demonstrations and tests, and say `synthetic` in every result. The same ticker
has the same prices on every machine and for ever.
"""

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from tradingapi.engine import Bars, Origin
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.prices.source import EVERYTHING, SymbolNotFoundError, Wanted

DAY: Final = 86_400 * 10**9
LAST_DAY: Final = 1_735_603_200 * 10**9
"""2024-12-31 in UTC nanoseconds: fixed, or a result would change overnight."""

MEASURED_DAYS: Final = 3_653
"""Ten years."""

WARM_UP_DAYS: Final = 600
"""Enough for the slowest line (500, and MACD's signal of 50) before those ten years."""


PLACES: Final = 4
"""Decimals of a price."""


class Regime(NamedTuple):
    """A kind of market: drift and volatility of a day's log return."""

    drift: float
    volatility: float


REGIMES: Final = (Regime(0.0022, 0.022), Regime(0.0002, 0.014), Regime(-0.0020, 0.034))
"""Rising, sideways, falling."""

STAY: Final = 0.985
"""Chance that tomorrow is in today's regime: about 67 days on average."""


class SyntheticSource:
    """Ten years of days for tickers that match one of the patterns (`SYN:*`)."""

    name = "synthetic"

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(patterns)

    def fetch(self, ticker: str, interval: str, _: Wanted = EVERYTHING, /) -> Bars:
        """Make the bars of a ticker, seeded by its name."""
        known = any(fnmatchcase(ticker, pattern) for pattern in self._patterns)
        if not known or interval != "1d":
            raise SymbolNotFoundError(f"no synthetic {interval} bars of {ticker}")
        seed = int.from_bytes(hashlib.sha256(ticker.encode()).digest()[:8], "big")
        random = np.random.Generator(np.random.PCG64(seed))
        days = MEASURED_DAYS + WARM_UP_DAYS
        origin = Origin(self.name, ticker, interval, "crypto", adjusted=True, synthetic=True)
        time = LAST_DAY - DAY * np.arange(days - 1, -1, -1, dtype=np.int64)
        return Bars(time, *_prices(random, days), origin)


def _prices(random: Generator, days: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return open, high, low and close: a day opens where the last one closed."""
    regime = _regimes(random, days)
    drift = np.array([r.drift for r in REGIMES])[regime]
    volatility = np.array([r.volatility for r in REGIMES])[regime]
    moves = drift + volatility * random.standard_normal(days)
    close = 250.0 * np.exp(np.cumsum(moves))
    opens = np.concatenate(([250.0], close[:-1]))
    reach = volatility / 2 * np.abs(random.standard_normal((2, days)))
    high = np.maximum(opens, close) * np.exp(reach[0])
    low = np.minimum(opens, close) * np.exp(-reach[1])
    return _quoted(opens), _quoted(high), _quoted(low), _quoted(close)


def _quoted(prices: FloatArray) -> FloatArray:
    """Round as a market does: the last bit of an exponential is another on another processor."""
    return np.round(prices, PLACES)


def _regimes(random: Generator, days: int) -> IntArray:
    """Return the index of each day's regime: a chain that mostly stays where it is."""
    leaves = random.random(days) > STAY
    turns = random.integers(1, len(REGIMES), days)
    return np.cumsum(np.where(leaves, turns, 0)) % len(REGIMES)

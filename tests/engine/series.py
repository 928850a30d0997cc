"""Price series for the engine's tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tradingapi.engine import Bars, Origin

DAY = 86_400 * 10**9
FIRST_DAY = 1_420_070_400 * 10**9
"""2015-01-01, in UTC nanoseconds."""

Prices = Sequence[float] | NDArray[np.float64]


def bars_of(close: Prices, opens: Prices | None = None, *, calendar: str | None = "crypto") -> Bars:
    """Build daily bars from closes; a bar opens at the close before it unless opens are given."""
    last = np.asarray(close, dtype=np.float64)
    first = np.concatenate((last[:1], last[:-1])) if opens is None else np.asarray(opens, float)
    return Bars(
        time=FIRST_DAY + DAY * np.arange(last.size, dtype=np.int64),
        open=first,
        high=np.maximum(first, last),
        low=np.minimum(first, last),
        close=last,
        origin=Origin("test", "TEST", "1d", calendar),
    )


def a_walk(bars: int, seed: int = 1, *, volatility: float = 0.02) -> Bars:
    """Build a random walk whose opens gap away from the closes before them."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0.0003, volatility, bars)))
    gap = np.exp(random.normal(0, volatility / 4, bars))
    opens = np.concatenate(([100.0], close[:-1])) * gap
    return bars_of(close, opens)

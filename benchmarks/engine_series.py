"""Real prices from packages: read, never kept."""

import importlib
from typing import Any

import numpy as np
import pandas as pd

from tradingapi.engine import Bars, Origin
from tradingapi.engine.bars import FloatArray
from tradingapi.prices.arch_data import ArchSource


def last(bars: Bars, count: int) -> Bars:
    """Return the last bars."""
    return Bars(
        time=bars.time[-count:],
        open=bars.open[-count:],
        high=bars.high[-count:],
        low=bars.low[-count:],
        close=bars.close[-count:],
        origin=bars.origin,
    )


def sp500(count: int) -> Bars:
    """Return the last days of the S&P 500 that `arch` carries, adjusted."""
    return last(ArchSource().fetch("^GSPC", "1d"), count)


def real_series() -> dict[str, Bars]:
    """Return two indices, a stock in cents and a currency pair: 2,148 to 5,000 bars."""
    found: dict[str, Bars] = {"S&P 500": sp500(3_000)}
    found["NASDAQ"] = last(ArchSource().fetch("^IXIC", "1d"), 3_000)
    samples: Any = importlib.import_module("backtesting.test")
    found["GOOG"] = _of_frame(samples.GOOG, "1d")
    found["EURUSD hourly"] = _of_frame(samples.EURUSD, "1h")
    return found


def a_walk(count: int, seed: int = 1) -> Bars:
    """Return a random walk of hours: only its length matters to a timing."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.004, count)))
    time = 3_600 * 10**9 * np.arange(count, dtype=np.int64)
    opens = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    return Bars(time, opens, high, low, close, Origin("walk", "WALK", "1h"))


def _of_frame(frame: pd.DataFrame, interval: str) -> Bars:
    prices: dict[str, FloatArray] = {
        name.lower(): frame[name].to_numpy(dtype=np.float64)
        for name in ("Open", "High", "Low", "Close")
    }
    time = (
        pd.to_datetime(frame.index.to_series(), utc=True)
        .dt.as_unit("ns")
        .to_numpy("datetime64[ns]")
    )
    return Bars(time=time.astype(np.int64), origin=Origin("sample", "SAMPLE", interval), **prices)

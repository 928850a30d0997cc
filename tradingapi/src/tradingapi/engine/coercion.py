"""From what people have in a notebook to checked bars."""

from typing import Any, Final

import numpy as np
import pandas as pd

from tradingapi.engine.bars import COLUMNS, BadBarsError, Bars, FloatArray, IntArray, Origin
from tradingapi.engine.periods import nearest_interval

PricesLike = Bars | pd.DataFrame | pd.Series | FloatArray

DAY: Final = 86_400 * 10**9

TIME_NAMES: Final = ("time", "timestamp", "datetime", "date")


def as_bars(prices: PricesLike) -> Bars:
    """Turn a frame, a series of closes or an array of closes into bars.

    Raises:
        BadBarsError: There are no closes, times are no times, or a row is wrong.
    """
    if isinstance(prices, Bars):
        return prices
    if isinstance(prices, pd.DataFrame):
        return _from_frame(prices)
    time = _times(prices.index) if isinstance(prices, pd.Series) else None
    return _bars(time, _floats("close", prices), {})


def _from_frame(frame: pd.DataFrame) -> Bars:
    named = frame.rename(columns=lambda name: str(name).strip().lower())
    if named.columns.has_duplicates:
        raise BadBarsError("two columns have one name")
    if "close" not in named.columns:
        raise BadBarsError("there must be a column close")
    column = next((name for name in TIME_NAMES if name in named.columns), None)
    index = named.index if column is None else pd.Index(named[column])
    others = {name: _floats(name, named[name]) for name in COLUMNS if name in named.columns}
    return _bars(_times(index), others.pop("close"), others)


def _bars(time: IntArray | None, close: FloatArray, others: dict[str, FloatArray]) -> Bars:
    """Fill in what is missing: a bar opens at the close before it and reaches no further."""
    interval = "1d" if time is None else _interval(time)
    if time is None:
        time = DAY * np.arange(close.size, dtype=np.int64)
    opens = others.get("open")
    if opens is None:
        opens = np.concatenate((close[:1], close[:-1]))
    high = others.get("high")
    low = others.get("low")
    return Bars(
        time=time,
        open=opens,
        high=np.maximum(opens, close) if high is None else high,
        low=np.minimum(opens, close) if low is None else low,
        close=close,
        origin=Origin("memory", "PRICES", interval),
    )


def _floats(name: str, values: object) -> FloatArray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadBarsError(f"{name} has values that are no numbers") from error
    if array.ndim != 1:
        raise BadBarsError(f"{name} must be one-dimensional")
    return array


def _times(index: "pd.Index[Any]") -> IntArray | None:
    """Return UTC nanoseconds; None for an index that only counts rows."""
    if isinstance(index, pd.RangeIndex) or pd.api.types.is_numeric_dtype(index.dtype):
        return None
    times = pd.to_datetime(pd.Series(index), utc=True, errors="coerce")
    if times.isna().any():
        raise BadBarsError(f"row {int(times.isna().argmax()) + 1}: its time is not a time")
    return times.dt.as_unit("ns").to_numpy(dtype="datetime64[ns]").astype(np.int64)


def _interval(time: IntArray) -> str:
    """Return the known interval that most bars are apart."""
    if time.size < 2:
        return "1d"
    return nearest_interval(float(np.median(np.diff(time))) / 1e9)

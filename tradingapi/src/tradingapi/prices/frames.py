"""From a table as people keep it to checked bars."""

from typing import Final

import numpy as np
import pandas as pd

from tradingapi.engine import BadBarsError, Bars, Origin
from tradingapi.engine.bars import BoolArray, FloatArray, IntArray
from tradingapi.prices.source import DataQualityError

TIME_NAMES: Final = ("time", "timestamp", "datetime", "date")
PRICE_NAMES: Final = ("open", "high", "low", "close")


def bars_from_frame(frame: pd.DataFrame, origin: Origin) -> Bars:
    """Build bars from columns time (or timestamp, datetime, date), open, high, low and close.

    Names may be written in any case. A time without a zone is UTC. Other columns are ignored,
    but for an adjusted close (`Adj Close`): it scales all prices of its row.

    Raises:
        DataQualityError: A column is missing or a row is wrong; rows count from 1.
    """
    named = frame.rename(columns=lambda name: str(name).strip().lower())
    time = _times(named)
    prices = {name: _numbers(named, name) for name in PRICE_NAMES}
    if "adj close" in named.columns:
        scale = _numbers(named, "adj close") / prices["close"]
        prices = {name: values * scale for name, values in prices.items()}
    try:
        return Bars(time=time, origin=origin, **prices)
    except BadBarsError as error:
        raise DataQualityError(str(error)) from error


def _column(frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    found = frame.get(name)
    if not isinstance(found, pd.Series):
        raise DataQualityError(f"there must be one column {name!r}")
    return found


def _times(frame: pd.DataFrame) -> IntArray:
    name = next((name for name in TIME_NAMES if name in frame.columns), TIME_NAMES[0])
    parsed = pd.to_datetime(_column(frame, name), utc=True, errors="coerce", format="ISO8601")
    _refuse_missing(parsed.isna().to_numpy(), f"{name} is not a time")
    try:
        return parsed.dt.as_unit("ns").to_numpy(dtype="datetime64[ns]").astype(np.int64)
    except pd.errors.OutOfBoundsDatetime as error:
        raise DataQualityError(f"{name} lies outside the years 1677..2262") from error


def _numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    column = pd.to_numeric(_column(frame, name), errors="coerce")
    _refuse_missing(column.isna().to_numpy(), f"{name} is not a number")
    return column.to_numpy(dtype=np.float64)


def _refuse_missing(missing: BoolArray, rule: str) -> None:
    if missing.any():
        raise DataQualityError(f"row {int(np.argmax(missing)) + 1}: {rule}")

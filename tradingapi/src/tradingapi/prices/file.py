"""Prices from one file that a person names."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tradingapi.engine import Bars, Origin
from tradingapi.engine.periods import nearest_interval
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    DataQualityError,
    SourceUnavailableError,
    SymbolNotFoundError,
)

LARGEST_FILE: Final = 256 * 2**20
"""Bytes. Ten years of minutes are under 200 MB as CSV."""

NAME: Final = "csv"


def read_bars(path: Path, ticker: str, interval: str | None) -> Bars:
    """Read a CSV or Parquet file; without an interval it is the one that most bars are apart.

    Raises:
        SymbolNotFoundError: There is no such file.
        PriceError: It cannot be read, or a row is wrong.
    """
    if not path.is_file():
        raise SymbolNotFoundError(f"there is no file {path.name}")
    bars = bars_from_frame(read_table(path), Origin(NAME, ticker, interval or "1d"))
    if interval is not None or len(bars) < 2:
        return bars
    found = nearest_interval(float(np.median(np.diff(bars.time))) / 1e9)
    origin = Origin(NAME, ticker, found)
    return Bars(bars.time, bars.open, bars.high, bars.low, bars.close, origin)


def read_table(path: Path) -> pd.DataFrame:
    """Read a file of at most 256 MiB as a table.

    Raises:
        PriceError: It is too large, is no such file, or cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataQualityError(f"larger than {LARGEST_FILE // 2**20} MiB")
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
            return frame if frame.index.name is None else frame.reset_index()
        return pd.read_csv(path)
    except (ValueError, NotImplementedError) as error:
        raise DataQualityError(f"not a readable {path.suffix[1:] or 'CSV'} file") from error
    except OSError as error:
        raise SourceUnavailableError(f"{path.name} cannot be read: {error.strerror}") from error

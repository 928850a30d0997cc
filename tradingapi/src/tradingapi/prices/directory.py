"""Prices from files: `{root}/{ticker}/{interval}.parquet` or `.csv`."""

from pathlib import Path
from typing import Final

import pandas as pd

from tradingapi.engine import Bars, Origin
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    EVERYTHING,
    DataQualityError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    is_ticker,
)

LARGEST_FILE: Final = 256 * 2**20
"""Bytes. Ten years of minutes are under 200 MB as CSV."""


class DirectorySource:
    """A mounted directory: what production and an air-gapped cluster use."""

    name = "directory"

    def __init__(self, root: Path) -> None:
        self._root = root

    def fetch(self, ticker: str, interval: str, _: Wanted = EVERYTHING, /) -> Bars:
        """Read and check the file of a ticker."""
        path = self._find(ticker, interval)
        origin = Origin(self.name, ticker, interval)
        try:
            return bars_from_frame(_read(path), origin)
        except DataQualityError as error:
            raise DataQualityError(f"{ticker}/{path.name}: {error}") from error

    def _find(self, ticker: str, interval: str) -> Path:
        if is_ticker(ticker):
            for suffix in (".parquet", ".csv"):
                path = self._root / ticker / f"{interval}{suffix}"
                if path.is_file():
                    return path
        raise SymbolNotFoundError(f"no {interval} file of {ticker}")


def _read(path: Path) -> pd.DataFrame:
    if path.stat().st_size > LARGEST_FILE:
        raise DataQualityError(f"larger than {LARGEST_FILE // 2**20} MiB")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            return frame if frame.index.name is None else frame.reset_index()
        return pd.read_csv(path)
    except (ValueError, NotImplementedError) as error:
        raise DataQualityError(f"not a readable {path.suffix[1:]} file") from error
    except OSError as error:
        raise SourceUnavailableError(f"{path.name} cannot be read: {error.strerror}") from error

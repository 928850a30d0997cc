"""Prices from files: `{root}/{ticker}/{interval}.parquet` or `.csv`."""

from pathlib import Path

from tradingapi.engine import Bars, Origin
from tradingapi.prices.file import read_table
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    EVERYTHING,
    DataQualityError,
    SymbolNotFoundError,
    Wanted,
    is_ticker,
)


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
            return bars_from_frame(read_table(path), origin)
        except DataQualityError as error:
            raise DataQualityError(f"{ticker}/{path.name}: {error}") from error

    def _find(self, ticker: str, interval: str) -> Path:
        if is_ticker(ticker):
            for suffix in (".parquet", ".csv"):
                path = self._root / ticker / f"{interval}{suffix}"
                if path.is_file():
                    return path
        raise SymbolNotFoundError(f"no {interval} file of {ticker}")

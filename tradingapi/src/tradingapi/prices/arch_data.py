"""Real daily prices of two indices, from the data files inside the `arch` package.

The package itself is not imported: that would take a second, and scipy and statsmodels with it.
"""

import importlib.util
from pathlib import Path
from typing import Final

import pandas as pd

from tradingapi.engine import Bars, Origin
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    EVERYTHING,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
)

FILES: Final = {"^GSPC": "data/sp500/sp500.csv.gz", "^IXIC": "data/nasdaq/nasdaq.csv.gz"}
"""S&P 500 and NASDAQ Composite, 1999 to 2018."""


class ArchSource:
    """Two well-known series that need no network. `arch` is an optional extra."""

    name = "arch"

    def fetch(self, ticker: str, interval: str, _: Wanted = EVERYTHING, /) -> Bars:
        """Load one of the two indices."""
        file = FILES.get(ticker)
        if file is None or interval != "1d":
            raise SymbolNotFoundError(f"arch has no {interval} bars of {ticker}")
        try:
            frame = pd.read_csv(_package() / file, parse_dates=["Date"])
        except OSError as error:
            raise SourceUnavailableError("install tradingapi[arch] for this ticker") from error
        origin = Origin(self.name, ticker, interval, calendar="nyse", adjusted=True)
        return bars_from_frame(frame, origin)


def _package() -> Path:
    found = importlib.util.find_spec("arch")
    if found is None or not found.submodule_search_locations:
        raise SourceUnavailableError("install tradingapi[arch] for this ticker")
    return Path(found.submodule_search_locations[0])

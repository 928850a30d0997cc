"""Real daily prices of two indices, from the data files inside the `arch` package."""

import importlib
from typing import Final

from tradingapi.engine import Bars, Origin
from tradingapi.prices.frames import bars_from_frame
from tradingapi.prices.source import (
    EVERYTHING,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
)

MODULES: Final = {"^GSPC": "arch.data.sp500", "^IXIC": "arch.data.nasdaq"}
"""S&P 500 and NASDAQ Composite, 1999 to 2018."""


class ArchSource:
    """Two well-known series that need no network. `arch` is an optional extra."""

    name = "arch"

    def fetch(self, ticker: str, interval: str, _: Wanted = EVERYTHING, /) -> Bars:
        """Load one of the two indices."""
        module = MODULES.get(ticker)
        if module is None or interval != "1d":
            raise SymbolNotFoundError(f"arch has no {interval} bars of {ticker}")
        try:
            frame = importlib.import_module(module).load()
        except ImportError as error:
            raise SourceUnavailableError("install tradingapi[arch] for this ticker") from error
        origin = Origin(self.name, ticker, interval, calendar="nyse", adjusted=True)
        return bars_from_frame(frame.reset_index(), origin)

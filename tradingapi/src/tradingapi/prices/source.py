"""What a price source is, and how it fails."""

import re
from typing import Protocol

import numpy as np

from tradingapi.engine import Bars
from tradingapi.engine.periods import INTERVAL_SECONDS

TICKER = r"^[A-Z0-9^][A-Z0-9.^=:_-]{2,19}$"
"""3 to 20 characters. No slash and no leading dot: a ticker can become a file's name."""

_TICKER = re.compile(TICKER)


class PriceError(Exception):
    """Prices could not be had. The message is for the person who asked for them."""


class SymbolNotFoundError(PriceError):
    """This source has no bars of this ticker and interval; another one may."""


class DataQualityError(PriceError):
    """There are bars, and they are wrong: the message names the row. No other source is asked."""


class SourceUnavailableError(PriceError):
    """The source could not answer now."""


class PriceSource(Protocol):
    """Where bars come from."""

    name: str

    def fetch(self, ticker: str, interval: str) -> Bars:
        """Return all bars of a ticker that there are, oldest first, fully adjusted.

        All of them: an EMA remembers its first bar, so a shorter history is another result.

        Raises:
            PriceError: One of the three above.
        """
        ...


def finished(bars: Bars, now: float) -> Bars:
    """Leave out the bar that is not over yet: its close is still moving. `now` is in seconds."""
    length = INTERVAL_SECONDS[bars.origin.interval] * 10**9
    return bars.until(int(np.searchsorted(bars.time + length, round(now * 1e9), side="right")))


def is_ticker(text: str) -> bool:
    """Say whether a text may be used as a ticker, in a path too."""
    return _TICKER.fullmatch(text) is not None

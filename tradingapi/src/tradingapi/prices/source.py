"""What a price source is, and how it fails."""

import re
from typing import Final, NamedTuple, Protocol

import numpy as np

from tradingapi.engine import Bars, SweepSpec
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


class RateLimitedError(SourceUnavailableError):
    """The source wants to be asked less often."""

    def __init__(self, message: str, retry_after: float) -> None:
        """Take the seconds after which it may be asked again."""
        super().__init__(message)
        self.retry_after = retry_after


WARM_UP_BARS: Final = 5_500
"""Bars before the window: ten times the longest line, after which an EMA's first bar has faded.

One figure for all grids: else a pair's metrics would depend on its neighbors in the grid.
"""


class Wanted(NamedTuple):
    """Which bars are needed; a source may give more, and gives fewer only if it has no more."""

    first: int | None = None
    """Opening time of the first one, warm-up included, in UTC nanoseconds; None: all there are."""
    last: int | None = None
    """Opening time of the last one; None: up to now."""

    @classmethod
    def by(cls, spec: SweepSpec, interval: str) -> "Wanted":
        """Say what a sweep needs."""
        warm_up = WARM_UP_BARS * INTERVAL_SECONDS[interval] * 10**9
        return cls(None if spec.start is None else spec.start - warm_up, spec.end)


EVERYTHING: Final = Wanted()


class PriceSource(Protocol):
    """Where bars come from."""

    name: str

    def fetch(self, ticker: str, interval: str, wanted: Wanted = EVERYTHING, /) -> Bars:
        """Return the bars of a ticker, oldest first, fully adjusted.

        All of them, where that costs nothing: an EMA remembers its first bar, so another history
        is another result. `wanted` is for sources that load bars page by page.

        Raises:
            PriceError: One of those above.
        """
        ...


def finished(bars: Bars, now: float) -> Bars:
    """Leave out the bar that is not over yet: its close is still moving. `now` is in seconds."""
    length = INTERVAL_SECONDS[bars.origin.interval] * 10**9
    return bars.until(int(np.searchsorted(bars.time + length, round(now * 1e9), side="right")))


def is_ticker(text: str) -> bool:
    """Say whether a text may be used as a ticker, in a path too."""
    return _TICKER.fullmatch(text) is not None

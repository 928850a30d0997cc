"""Which bars of the history are measured."""

from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import IntArray
from tradingapi.engine.spec import Strategy, SweepSpec

TEN_YEARS = round(10 * 365.25 * 86_400) * 10**9
"""Length of the default window, in nanoseconds."""

FEWEST_BARS = 2
"""A standard deviation needs two returns."""


class InsufficientDataError(ValueError):
    """The history has too few bars for the grid and the window; the message has the numbers."""


class Window(NamedTuple):
    """The measured bars: indices first..stop-1 of the history."""

    first: int
    stop: int
    limited_by: str | None
    """`warmup` if it begins later than asked because a line of the grid did not exist yet."""

    @property
    def bars(self) -> int:
        """How many bars are measured."""
        return self.stop - self.first


def first_bar_of_all(spec: SweepSpec, longest: int) -> int:
    """Return the index of the first bar at which every line of the grid exists."""
    match spec.strategy:
        case Strategy.MACD:
            return longest + spec.signals[-1] - 2
        case Strategy.RSI:
            return spec.rsi_period
        case _:
            return longest - 1


def resolve_window(time: IntArray, spec: SweepSpec, first_line: int) -> Window:
    """Find the window of a sweep.

    It is [start, end] of the request. Only where the history before it is too short for the
    longest line does it begin later, at bar `first_line`, and for every pair alike: else a
    pair's metrics would depend on its neighbors in the grid.

    Raises:
        InsufficientDataError: Fewer than two bars are left.
    """
    stop = time.size if spec.end is None else int(np.searchsorted(time, spec.end, side="right"))
    if stop == 0:
        raise InsufficientDataError("no bar in the window")
    start = int(time[stop - 1]) - TEN_YEARS if spec.start is None else spec.start
    asked = int(np.searchsorted(time, start, side="left"))
    first = max(asked, first_line)
    if stop - first < FEWEST_BARS:
        raise InsufficientDataError(f"{stop} bars, at least {first + FEWEST_BARS} needed")
    return Window(first, stop, "warmup" if first > asked else None)

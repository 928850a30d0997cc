"""What becomes of money in equal parts: a part a ticker, made equal again each month, with costs.

The calendar is the union of all bars. A ticker is a member of every month from that of its first
bar to that of its last one: before its first bar its part is cash, on a bar that it does not have
and after its last one its part keeps its value. At a month's end every member of the next month
gets the same part. A part that is invested is bought or sold for that at its last close, with the
engine's fee and slippage; cash moves free of charge; who is no member any more is sold.
"""

from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import BoolArray, FloatArray, IntArray


class Sleeve(NamedTuple):
    """One ticker's run through its window, bar by bar."""

    time: IntArray
    """UTC nanoseconds of its bars."""
    returns: FloatArray
    """Its equity's return on each bar, costs included."""
    invested: BoolArray
    """Whether a position is held at each close."""


class Costs(NamedTuple):
    """What is left of money that buys, and of a position that is sold."""

    entering: float
    leaving: float


class Calendar:
    """The union of bars, cut into months (UTC)."""

    def __init__(self, time: IntArray) -> None:
        """Take the union: strictly increasing."""
        self.time = time
        months = time.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
        starts = np.flatnonzero(np.diff(months, prepend=months[0] - 1))
        self.starts: IntArray = starts
        """The first bar of each month that has bars."""
        self.ends: IntArray = np.append(starts[1:], time.size) - 1
        self.month: IntArray = np.repeat(np.arange(starts.size), self.ends - starts + 1)
        """The month of each bar, counted from 0."""


class Parts:
    """All tickers' parts, as what 1 becomes from the beginning of a month.

    Only sums over the tickers are kept bar by bar: every member begins a month with the same.
    """

    def __init__(self, calendar: Calendar, tickers: int) -> None:
        months = calendar.starts.size
        self._calendar = calendar
        self._together = np.zeros(calendar.time.size)
        self._member = np.zeros((months, tickers), np.bool_)
        self._grown = np.ones((months, tickers))
        self._invested = np.zeros((months, tickers), np.bool_)

    @property
    def members(self) -> IntArray:
        """How many tickers are members on each bar."""
        by_month: IntArray = self._member.sum(axis=1)
        return by_month[self._calendar.month]

    def add(self, ticker: int, sleeve: Sleeve) -> None:
        """Add a ticker. The order of adding decides the last digits: it must be the same."""
        calendar = self._calendar
        place = np.searchsorted(calendar.time, sleeve.time)
        month = calendar.month[place]
        first, last = int(month[0]), int(month[-1])
        begins = np.flatnonzero(np.diff(month, prepend=-1))
        grown = np.concatenate(
            [np.cumprod(part) for part in np.split(1 + sleeve.returns, begins[1:])]
        )
        bars = np.arange(calendar.starts[first], calendar.ends[last] + 1)
        latest = np.searchsorted(place, bars, side="right") - 1
        known = np.maximum(latest, 0)
        moved = (latest >= 0) & (month[known] == calendar.month[bars])
        path = np.where(moved, grown[known], 1.0)
        self._together[bars] += path
        ends = calendar.ends[first : last + 1] - bars[0]
        self._member[first : last + 1, ticker] = True
        self._grown[first : last + 1, ticker] = path[ends]
        self._invested[first : last + 1, ticker] = sleeve.invested[latest[ends]]

    def equity(self, costs: Costs) -> tuple[FloatArray, float]:
        """Return equity at each close of the calendar, and what part of it costs have eaten.

        Equity is 1 before the first bar; making parts equal is charged on a month's first bar.
        """
        starts = self._calendar.starts
        each = np.empty(starts.size)
        each[0], kept = 1.0 / self._member[0].sum(), 1.0
        for month in range(1, starts.size):
            member, before = self._member[month], month - 1
            values = np.where(self._member[before], each[before] * self._grown[before], 0.0)
            each[month] = made_equal(values, self._invested[before], member, costs)
            total = float(values.sum())
            kept *= float(each[month]) * int(member.sum()) / total if total > 0.0 else 1.0
        return each[self._calendar.month] * self._together, 1.0 - kept


def made_equal(values: FloatArray, invested: BoolArray, member: BoolArray, costs: Costs) -> float:
    """Return the part that each member gets, such that what is sold pays for what is bought.

    What is too much falls and what is missing grows with that part: there is one that fits. The
    invested ones below it are the `k` for which something is left at their own value.
    """
    cash = float(values[~invested].sum() + costs.leaving * values[invested & ~member].sum())
    held = np.sort(values[invested & member])
    idle = int(member.sum()) - held.size
    sums = np.concatenate(([0.0], np.cumsum(held)))
    below = np.arange(held.size + 1)
    paid = cash + costs.leaving * (sums[-1] - sums) + sums / costs.entering
    shares = idle + costs.leaving * (held.size - below) + below / costs.entering
    left = paid[:-1] - shares[:-1] * held
    k = int((left > 0.0).sum())
    return float(paid[k] / shares[k])

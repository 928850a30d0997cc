"""Which pairs of periods a sweep tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from tradingapi.engine.bars import IntArray
from tradingapi.engine.spec import Search, SweepSpec


class Pair(NamedTuple):
    """One combination: the periods of the fast and of the slow line in bars, or RSI's levels."""

    fast: int
    slow: int


class Triple(NamedTuple):
    """A combination of three periods: MACD with its signal line."""

    fast: int
    slow: int
    signal: int


Choice: TypeAlias = Pair | Triple
"""What a sweep chooses among."""

PairsLike = Sequence[tuple[int, ...]] | IntArray
"""Combinations one by one, or as an array of two columns; three with a range of signals."""

MOST_COMBINATIONS: Final = 5_000_000
"""As a grid. Its figures take a gigabyte."""


@dataclass(frozen=True, eq=False)
class Grid:
    """All combinations of a sweep, by fast, then by slow, then by signal period."""

    requested: int
    """Combinations of the two ranges, the meaningless ones included."""
    fast: IntArray
    """Of those where fast < slow, one number a pair."""
    slow: IntArray
    signal: IntArray | None = None
    """Where the signal line has a range of its own."""

    def __len__(self) -> int:
        return self.fast.size

    def pair(self, index: int) -> Choice:
        """Return one combination."""
        fast, slow = int(self.fast[index]), int(self.slow[index])
        return (
            Pair(fast, slow) if self.signal is None else Triple(fast, slow, int(self.signal[index]))
        )

    @cached_property
    def pairs(self) -> tuple[Choice, ...]:
        """All combinations, as tuples."""
        return tuple(self.pair(index) for index in range(len(self)))

    def of_signal(self, signal: int) -> IntArray:
        """Return the places of the combinations with one signal period."""
        return (
            np.arange(len(self)) if self.signal is None else np.flatnonzero(self.signal == signal)
        )


def chosen(pairs: PairsLike, spec: SweepSpec) -> Grid:
    """Make a grid of combinations within the ranges of a sweep, each once, in the grid's order.

    Raises:
        ValueError: There are none, or one lies outside; the step is not looked at.
    """
    ranges = [spec.fast, spec.slow]
    if spec.signal_periods is not None:
        ranges.append(spec.signal_periods)
    table = np.asarray(pairs, dtype=np.int64).reshape(-1, len(ranges))
    if not table.size:
        raise ValueError("pairs: at least one")
    columns = [np.ascontiguousarray(column) for column in table.T]
    within = [
        low <= int(c.min()) and int(c.max()) <= high
        for c, (low, high) in zip(columns, ranges, strict=True)
    ]
    if not all(within) or not (columns[0] < columns[1]).all():
        raise ValueError(f"pairs: {_outside(table, ranges)} is not fast < slow within the ranges")
    # One number a combination, in the grid's order: sorting those takes a tenth of the time.
    low, sizes = zip(*((low, high - low + 1) for low, high in ranges), strict=True)
    places = np.ravel_multi_index(
        tuple(c - least for c, least in zip(columns, low, strict=True)), sizes
    )
    if (places[1:] > places[:-1]).all():
        return Grid(places.size, *columns)
    places = np.sort(places)
    places = places[np.concatenate(([True], places[1:] != places[:-1]))]
    fast, slow, *signal = (
        axis + least for axis, least in zip(np.unravel_index(places, sizes), low, strict=True)
    )
    return Grid(places.size, fast, slow, signal[0] if signal else None)


def _outside(table: IntArray, ranges: list[tuple[int, int]]) -> tuple[int, ...]:
    """Return the first combination that may not be asked for."""
    low, high = np.array(ranges).T
    inside = ((table >= low) & (table <= high)).all(axis=1) & (table[:, 0] < table[:, 1])
    first: list[int] = table[int(np.argmin(inside))].tolist()
    return tuple(first)


def grid(spec: SweepSpec) -> Grid:
    """List the combinations of a sweep.

    Fast 10..20 and slow 20..30 by 5 are 9 combinations, of which 20/20 is not one: 8 pairs.

    Raises:
        ValueError: There are more than five million.
    """
    fast = np.arange(spec.fast[0], spec.fast[1] + 1, spec.step)
    slow = np.arange(spec.slow[0], spec.slow[1] + 1, spec.step)
    i, j = np.nonzero(fast[:, np.newaxis] < slow)
    signals = np.array(spec.signals)
    if i.size * signals.size > MOST_COMBINATIONS:
        raise ValueError(
            f"signal_periods: {i.size * signals.size:,} combinations, at most "
            f"{MOST_COMBINATIONS:,}; take larger steps, or search={Search.BAYES.value!r}"
        )
    requested = fast.size * slow.size * signals.size
    if spec.signal_periods is None:
        return Grid(requested, fast[i], slow[j])
    return Grid(
        requested,
        np.repeat(fast[i], signals.size),
        np.repeat(slow[j], signals.size),
        np.tile(signals, i.size),
    )

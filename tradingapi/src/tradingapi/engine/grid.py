"""Which pairs of periods a sweep tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import IntArray
from tradingapi.engine.spec import SweepSpec


class Pair(NamedTuple):
    """One combination: the periods of the fast and of the slow line in bars, or RSI's levels."""

    fast: int
    slow: int


PairsLike = Sequence[tuple[int, int]] | IntArray
"""Pairs one by one, or as an array of two columns."""

KEY: Final = 10_000
"""More than any period."""


@dataclass(frozen=True, eq=False)
class Grid:
    """All combinations of a sweep, by fast and then by slow period."""

    requested: int
    """Combinations of the two ranges, the meaningless ones included."""
    fast: IntArray
    """Of those where fast < slow, one number a pair."""
    slow: IntArray

    def __len__(self) -> int:
        return self.fast.size

    def pair(self, index: int) -> Pair:
        """Return one pair."""
        return Pair(int(self.fast[index]), int(self.slow[index]))

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs, as tuples."""
        return tuple(map(Pair, self.fast.tolist(), self.slow.tolist()))


def chosen(pairs: PairsLike, spec: SweepSpec) -> Grid:
    """Make a grid of pairs that lie within the ranges of a sweep, each once, in the grid's order.

    Raises:
        ValueError: There are none, or one lies outside; the step is not looked at.
    """
    table = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    keys = np.unique(table[:, 0] * KEY + table[:, 1])
    fast, slow = keys // KEY, keys % KEY
    inside = (fast >= spec.fast[0]) & (fast <= spec.fast[1]) & (fast < slow)
    inside &= (slow >= spec.slow[0]) & (slow <= spec.slow[1])
    if not inside.all():
        wrong = int(np.argmin(inside))
        raise ValueError(
            f"pairs: ({fast[wrong]}, {slow[wrong]}) is not fast < slow within the ranges"
        )
    if not inside.size:
        raise ValueError("pairs: at least one")
    return Grid(keys.size, fast, slow)


def grid(spec: SweepSpec) -> Grid:
    """List the pairs of a sweep.

    Fast 10..20 and slow 20..30 by 5 are 9 combinations, of which 20/20 is not one: 8 pairs.
    """
    fast = np.arange(spec.fast[0], spec.fast[1] + 1, spec.step)
    slow = np.arange(spec.slow[0], spec.slow[1] + 1, spec.step)
    i, j = np.nonzero(fast[:, np.newaxis] < slow)
    return Grid(fast.size * slow.size, fast[i], slow[j])

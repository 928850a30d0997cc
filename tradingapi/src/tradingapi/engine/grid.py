"""Which pairs of periods a sweep tests."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tradingapi.engine.bars import IntArray
from tradingapi.engine.spec import SweepSpec


class Pair(NamedTuple):
    """One combination: the periods of the fast and of the slow line in bars, or RSI's levels."""

    fast: int
    slow: int


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


def grid(spec: SweepSpec) -> Grid:
    """List the pairs of a sweep.

    Fast 10..20 and slow 20..30 by 5 are 9 combinations, of which 20/20 is not one: 8 pairs.
    """
    fast = np.arange(spec.fast[0], spec.fast[1] + 1, spec.step)
    slow = np.arange(spec.slow[0], spec.slow[1] + 1, spec.step)
    i, j = np.nonzero(fast[:, np.newaxis] < slow)
    return Grid(fast.size * slow.size, fast[i], slow[j])

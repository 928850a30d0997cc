"""Which pairs of periods a sweep tests."""

from typing import NamedTuple

from tradingapi.engine.spec import SweepSpec


class Pair(NamedTuple):
    """One combination: the periods of the fast and of the slow line, in bars."""

    fast: int
    slow: int


class Grid(NamedTuple):
    """All combinations of a sweep, in the order of the ranges."""

    requested: int
    """Combinations of the two ranges, the meaningless ones included."""
    pairs: tuple[Pair, ...]
    """Those where fast < slow."""


def grid(spec: SweepSpec) -> Grid:
    """List the pairs of a sweep.

    Fast 10..20 and slow 20..30 by 5 are 9 combinations, of which 20/20 is not one: 8 pairs.
    """
    fast = range(spec.fast[0], spec.fast[1] + 1, spec.step)
    slow = range(spec.slow[0], spec.slow[1] + 1, spec.step)
    pairs = tuple(Pair(f, s) for f in fast for s in slow if f < s)
    return Grid(len(fast) * len(slow), pairs)

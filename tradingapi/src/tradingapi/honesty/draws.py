"""Random numbers that stay the same: for a seed, on every machine, with every thread count.

Only the raw stream of a bit generator is used: NumPy promises that it never changes, and
promises nothing like it for `Generator.permutation` or `Generator.integers`. Each draw has a
stream of its own, so it does not matter who draws first.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.random import PCG64, SeedSequence

from tradingapi.engine.bars import FloatArray, IntArray

TWO_TO_MINUS_53: Final = 2.0**-53
"""A float holds 53 bits; the lowest 11 of a raw number are dropped."""


class Purpose(IntEnum):
    """What a stream is for. A number is never given to another purpose."""

    PERMUTATION = 1
    BOOTSTRAP = 2


def permutation(size: int, seed: int, index: int) -> IntArray:
    """Return the index-th random order of 0..size-1."""
    raw = _stream(seed, Purpose.PERMUTATION, index).random_raw(size)
    # Sorting numbers that carry their place is many times as fast as sorting places by number,
    # and leaves no tie that two sorts could break differently.
    bits = np.uint64(max(size - 1, 1).bit_length())
    place = np.arange(size, dtype=np.uint64)
    keys = np.sort((raw >> bits << bits) | place)
    return (keys & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)


def integers(below: int, shape: tuple[int, int], seed: int) -> IntArray:
    """Return whole numbers in 0..below-1. The bias of scaling is below 2^-53 · `below`."""
    raw = _stream(seed, Purpose.BOOTSTRAP, 0).random_raw(shape[0] * shape[1])
    uniform: FloatArray = (raw >> np.uint64(11)).astype(np.float64) * TWO_TO_MINUS_53
    return (uniform * below).astype(np.int64).reshape(shape)


def _stream(seed: int, purpose: Purpose, index: int) -> PCG64:
    return PCG64(SeedSequence((seed, purpose, index)))

"""Places of pairs: of one ticker as 16-bit numbers, over all tickers as their median and worst.

A place is r/(n + 1), r from 1 (the worst) to n of a ticker's n eligible pairs, equals at their mean
place. It is kept as 1 + round(65534·r/(n + 1)) in whole numbers, so it is the same everywhere; 0
stands for a pair that is not eligible. For a thousand tickers and a full grid that is 248 MB, of
which a block of pairs at a time is in memory.
"""

import io
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tradingapi.engine.bars import BoolArray, FloatArray, IntArray

Places: TypeAlias = NDArray[np.uint16]

LEVELS: Final = 65_534
"""The highest place is 1 + LEVELS."""

IN_MEMORY: Final = 32 * 2**20
"""Bytes of places that are kept in memory; more go to a temporary file."""

BLOCK: Final = 8 * 2**20
"""Bytes of places that are looked at in one go."""


class Standing(NamedTuple):
    """Each pair over all tickers for which it is eligible."""

    tickers: IntArray
    """How many those are."""
    twice_median: IntArray
    """Twice the median place, so that the mean of two middle places is whole; 0 without any."""
    worst: IntArray
    """The least place; 0 without any."""


def places_of(scores: FloatArray, eligible: BoolArray) -> Places:
    """Return the place of each pair of one ticker."""
    places = np.zeros(scores.size, np.uint16)
    among = scores[eligible]
    if among.size == 0:
        return places
    _, kind, equal = np.unique(among, return_inverse=True, return_counts=True)
    twice = (2 * (np.cumsum(equal) - equal) + equal + 1)[kind]
    parts = among.size + 1
    places[eligible] = 1 + (twice * LEVELS + parts) // (2 * parts)
    return places


def fraction(places: IntArray, times: int = 1) -> FloatArray:
    """Turn places, or `times` their value, into r/(n + 1); 0 into NaN."""
    known = np.where(places > 0, places, np.nan)
    turned: FloatArray = (known - times) / (times * LEVELS)
    return turned


class PlaceTable:
    """The places of all pairs for all tickers; rows may come in any order and from any thread."""

    def __init__(self, file: IO[bytes], tickers: int, pairs: int) -> None:
        """Keep rows in an empty file."""
        self._file = file
        self._shape = tickers, pairs
        self._lock = threading.Lock()

    def put(self, ticker: int, places: Places) -> None:
        """Write a ticker's row.

        Raises:
            OSError: The disk is full.
        """
        with self._lock:
            self._file.seek(2 * ticker * self._shape[1])
            self._file.write(places.tobytes())

    def standing(self, block: int | None = None) -> Standing:
        """Take every pair's places together, `block` pairs at a time."""
        tickers, pairs = self._shape
        step = max(BLOCK // (2 * tickers), 1) if block is None else block
        found = Standing(*np.zeros((3, pairs), np.int64))
        for first in range(0, pairs, step):
            stop = min(first + step, pairs)
            part = _standing(self._block(first, stop))
            for whole, piece in zip(found, part, strict=True):
                whole[first:stop] = piece
        return found

    def _block(self, first: int, stop: int) -> Places:
        """Read some pairs: one row a pair, one column a ticker."""
        tickers, pairs = self._shape
        read = np.empty((tickers, stop - first), np.uint16)
        for ticker, row in enumerate(read):
            self._file.seek(2 * (ticker * pairs + first))
            row[:] = np.frombuffer(self._file.read(2 * row.size), np.uint16)
        return np.ascontiguousarray(read.T)


@contextmanager
def place_table(tickers: int, pairs: int) -> Iterator[PlaceTable]:
    """Open a table, of which nothing is left afterwards.

    Raises:
        OSError: There is no room for a temporary file.
    """
    small = 2 * tickers * pairs <= IN_MEMORY
    with io.BytesIO() if small else tempfile.TemporaryFile() as file:
        yield PlaceTable(file, tickers, pairs)


def _standing(places: Places) -> Standing:
    places.sort(axis=1)
    most = places.shape[1]
    count = np.count_nonzero(places, axis=1)
    # Sorted, what is not eligible comes first.
    row, none = np.arange(count.size), most - count
    below, above = none + (count - 1) // 2, none + count // 2

    def at(column: IntArray) -> IntArray:
        taken: IntArray = places[row, np.minimum(column, most - 1)].astype(np.int64)
        return np.where(count > 0, taken, 0)

    return Standing(count, at(below) + at(above), at(none))

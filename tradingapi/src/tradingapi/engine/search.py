"""The kernels that go through a grid: events of each pair, then its figures."""

from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.figures import Scale, central, doubtful, fitted, write
from tradingapi.engine.jit import kernel, piece
from tradingapi.engine.passage import Limits
from tradingapi.engine.per_bar import Prices, Room, Terms, measured, run
from tradingapi.engine.segments import Costs, walk
from tradingapi.engine.signals import Clock, Lines, WordArray, crossings, latched
from tradingapi.engine.tally import Sums
from tradingapi.engine.track import (
    CUBES,
    DOWN_SQUARES,
    FOURTHS,
    RETURNS,
    SQUARES,
    WITH_MARKET,
    Track,
)

TILE: Final = 8
"""Rows of each axis that are compared with each other before the next ones are fetched: two
tiles of ten years of days fill a third of a megabyte, so they stay in the second-level cache."""


class Pairs(NamedTuple):
    """Which rows each pair compares, and in which order pairs are done."""

    fast: IntArray
    slow: IntArray
    order: IntArray
    """Those that are to be done; a kernel may put others in their place."""


class Job(NamedTuple):
    """What all pairs of a sweep share."""

    clock: Clock
    track: Track
    costs: Costs
    limits: Limits | None
    prices: Prices
    terms: Terms
    scale: Scale
    sides: IntArray
    """The sides of the market that are taken: 1, -1 or both."""
    by_bar: bool
    """Whether every pair is run bar by bar."""


def tiled(fast: IntArray, slow: IntArray) -> IntArray:
    """Return the order of pairs in which rows are used again while they are in a cache."""
    tiles = -(-(int(slow.max()) + 1) // TILE)
    return np.argsort((fast // TILE * tiles + slow // TILE).astype(np.uint16), kind="stable")


@kernel
def look_up(lines: Lines, pairs: Pairs, job: Job, room: Room, out: FloatArray) -> IntArray:
    """Measure pairs by look-ups, and return those for which they are not exact, unmeasured."""
    events, left = room.scratch.events, 0
    for k in pairs.order:
        found = fills(
            lines.words, lines, pairs.fast[k], pairs.slow[k], job.sides[0], job.clock, events
        )
        if not measured_by_look_ups(job, events, found, k, out):
            pairs.order[left] = k
            left += 1
    return pairs.order[:left]


@kernel
def run_through(lines: Lines, pairs: Pairs, job: Job, room: Room, out: FloatArray) -> None:
    """Measure pairs bar by bar."""
    for k in pairs.order:
        wishes(lines, pairs.fast[k], pairs.slow[k], job, room)
        equity, trades, open_trade, held = run(room)
        moments, fit = measured(room, trades, held, job.scale)
        write(moments, fit, equity, trades, open_trade, job.scale, out, k)
        forget(room)


@piece
def fills(
    words: WordArray | None,
    lines: Lines,
    fast: int,
    slow: int,
    side: int,
    clock: Clock,
    events: IntArray,
) -> int:
    """Write the fills of a pair's trades on one side of the market; return how many.

    `words` are the lines' own: a branch is left out of what is compiled by an argument alone.
    """
    if words is not None:
        return latched(words, fast, slow, clock, events)
    if side > 0:
        return crossings(lines, fast, slow, clock, events)
    return crossings(lines, slow, fast, clock, events)


@piece
def wishes(lines: Lines, fast: int, slow: int, job: Job, room: Room) -> None:
    """Write the side to be on after each bar's fill; a later side goes over an earlier one."""
    events, wanted = room.scratch.events, room.scratch.wanted
    for side in job.sides:
        found = fills(lines.words, lines, fast, slow, side, job.clock, events)
        for i in range(0, found, 2):
            stop = events[i + 1] if i + 1 < found else wanted.size
            for t in range(events[i], stop):
                wanted[t] = side


@piece
def forget(room: Room) -> None:
    """Wish for nothing."""
    wanted = room.scratch.wanted
    for t in range(wanted.size):
        wanted[t] = 0


@piece
def measured_by_look_ups(job: Job, events: IntArray, found: int, k: int, out: FloatArray) -> bool:
    """Write the figures of pair `k`, unless a difference of large numbers has eaten digits."""
    scale = job.scale
    sums, equity, trades, open_trade = walk(events, found, job.track, job.costs, job.limits)
    moments = central(sums, trades, open_trade, scale)
    if doubtful(sums, trades, moments, scale, totals(job.track)):
        return False
    write(moments, fitted(moments, scale), equity, trades, open_trade, scale, out, k)
    return True


@piece
def totals(track: Track) -> Sums:
    """Return the sums over the whole window."""
    last = track.exits.shape[0] - 1
    return Sums(
        track.exits[last, RETURNS],
        track.exits[last, SQUARES],
        track.exits[last, DOWN_SQUARES],
        track.exits[last, CUBES],
        track.exits[last, FOURTHS],
        track.exits[last, WITH_MARKET],
    )

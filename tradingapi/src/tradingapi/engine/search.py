"""The kernels that go through a grid: events of each pair, then its figures."""

from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.bits import WORD
from tradingapi.engine.figures import Scale, central, doubtful, unexplained, write
from tradingapi.engine.jit import kernel, piece
from tradingapi.engine.passage import Limits
from tradingapi.engine.per_bar import Prices, Room, Scratch, Terms, measured, run
from tradingapi.engine.segments import Costs, walk
from tradingapi.engine.signals import Clock, Lines, crossings, latched
from tradingapi.engine.tally import Sums
from tradingapi.engine.track import CUBES, DOWN_SQUARES, FOURTHS, RETURNS, SQUARES, Track

TILE: Final = 8
"""Rows of each axis that are compared with each other before the next ones are fetched: two
tiles of ten years of days fill a third of a megabyte, so they stay in the second-level cache."""


class Pairs(NamedTuple):
    """Which rows each pair compares, and in which order pairs are done."""

    fast: IntArray
    slow: IntArray
    order: IntArray


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
def sweep_pairs(lines: Lines, pairs: Pairs, job: Job, span: IntArray, out: FloatArray) -> None:
    """Measure pairs span[0]..span[1]-1 of the order."""
    events, room = events_of(job), room_of(job)
    for i in range(span[0], span[1]):
        k = pairs.order[i]
        found = fills(lines, pairs.fast[k], pairs.slow[k], job, room, events)
        measure(job, room, events, found, k, out)


@kernel
def sweep_wishes(job: Job, wanted: IntArray, out: FloatArray) -> None:
    """Write the figures of one run, bar by bar, that is on the wanted sides."""
    room = room_of(job)
    for t in range(wanted.size):
        room.scratch.wanted[t] = wanted[t]
    for k in range(out.shape[1]):
        by_bar(job, room, k, out)


@kernel
def events_of(job: Job) -> IntArray:
    """Return room for the events of a pair."""
    return np.empty(job.clock.bars + WORD, np.int64)


@kernel
def room_of(job: Job) -> Room:
    """Return room for a run bar by bar."""
    bars = job.clock.bars
    wanted, sides = np.zeros(bars, np.int64), np.empty(bars, np.int64)
    entries, exits = np.empty(bars + 1, np.int64), np.empty(bars + 1, np.int64)
    scratch = Scratch(wanted, np.empty(bars), sides, np.empty(bars + 1), entries, exits)
    return Room(job.prices, job.terms, scratch)


@piece
def fills(lines: Lines, fast: int, slow: int, job: Job, room: Room, events: IntArray) -> int:
    """Write the fills of a pair's trades; for a run bar by bar also the sides to be on."""
    found = 0
    for side in job.sides:
        if lines.words.size > 0:
            found = latched(lines.words, fast, slow, job.clock, events)
        elif side > 0:
            found = crossings(lines, fast, slow, job.clock, events)
        else:
            found = crossings(lines, slow, fast, job.clock, events)
        if job.by_bar:
            wish(room, events, found, side)
    return found


@piece
def wish(room: Room, events: IntArray, found: int, side: int) -> None:
    """Write the side to be on after each bar's fill, over what stands there where it is taken."""
    wanted = room.scratch.wanted
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
def measure(job: Job, room: Room, events: IntArray, found: int, k: int, out: FloatArray) -> None:
    """Write the figures of pair `k`: by look-ups, or bar by bar where those are not exact."""
    scale = job.scale
    if not job.by_bar:
        sums, equity, trades, open_trade = walk(events, found, job.track, job.costs, job.limits)
        moments = central(sums, trades, scale)
        if not doubtful(sums, trades, moments, scale, totals(job.track)):
            rest = unexplained(moments, scale)
            write(moments, equity, trades, open_trade, scale, rest, out, k)
            return
        wish(room, events, found, job.sides[0])
    by_bar(job, room, k, out)
    forget(room)


@piece
def by_bar(job: Job, room: Room, k: int, out: FloatArray) -> None:
    """Write the figures of the run that `wanted` asks for."""
    equity, trades, open_trade, held = run(room)
    moments, rest = measured(room, trades, held, job.scale)
    write(moments, equity, trades, open_trade, job.scale, rest, out, k)


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
        0.0,
        0,
        0,
    )

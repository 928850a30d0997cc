"""One pair bar by bar, and every pair's returns by block: what checks of a result ask for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import Bars, FloatArray, IntArray
from tradingapi.engine.grid import Choice, Triple, grid
from tradingapi.engine.jit import kernel, piece
from tradingapi.engine.per_bar import LONG, Room, room_of, run
from tradingapi.engine.preparation import Prepared, job_of, lines_of, measure_of
from tradingapi.engine.search import Job, Pairs, fills, forget, wishes
from tradingapi.engine.signals import Lines
from tradingapi.engine.spec import SweepSpec
from tradingapi.engine.track import PRICE
from tradingapi.engine.window import Window

MOST_SQUARES: Final = 10.0
"""Where the squares of the window's returns add up to more, a bar has moved several-fold: the
calm blocks would be small differences of large sums, so they are added up bar by bar."""


class Trace(NamedTuple):
    """A run on the window."""

    returns: FloatArray
    """Equity's return on each bar, costs included."""
    sides: IntArray
    """What is held at each close: 1, 0 or -1."""
    entries: IntArray
    """Bars (of the window) of the closed trades' entries, and below of their exits."""
    exits: IntArray
    gains: FloatArray
    """Return of each closed trade."""


class Blocks(NamedTuple):
    """How a window is cut."""

    edges: IntArray
    running: FloatArray
    """Sums of the path's returns, and below of their squares, over the bars before each one."""


def trace(bars: Bars, spec: SweepSpec, window: Window, pair: Choice, *, late: int = 0) -> Trace:
    """Follow one pair; every signal is filled `late` bars later than the sweep fills it."""
    history, spec = bars.until(window.stop), alone(spec, pair)
    job = job_of(history, spec, window, measure_of(bars, window, spec), late)
    lines = lines_of(history.close, spec, np.array((pair.fast, pair.slow)))
    room = room_of(job.prices, job.terms)
    _wish(lines, job, room)
    return _traced(room)


def alone(spec: SweepSpec, choice: Choice) -> SweepSpec:
    """Return the spec of one combination's signal line."""
    signal = choice.signal if isinstance(choice, Triple) else spec.signal_period
    return replace(spec, signal_period=signal, signal_periods=None)


def trace_holding(bars: Bars, spec: SweepSpec, window: Window) -> Trace:
    """Follow a long position from the window's first fill to its end."""
    job = job_of(bars.until(window.stop), spec, window, measure_of(bars, window, spec))
    terms = job.terms._replace(stop=np.inf, target=np.inf)
    room = room_of(job.prices, terms)
    room.scratch.wanted[:] = LONG
    return _traced(room)


def block_sums(
    bars: Bars, spec: SweepSpec, window: Window, edges: Sequence[int]
) -> tuple[FloatArray, FloatArray]:
    """Return sums of every pair's excess returns, and of their squares: one column a block.

    A block is edges[i]..edges[i+1]-1 of the window's bars; rows are in the grid's order.
    """
    history, wanted = bars.until(window.stop), grid(spec)
    job = job_of(history, spec, window, measure_of(bars, window, spec))
    sums = np.empty((2, len(wanted), len(edges) - 1))
    blocks = Blocks(np.asarray(edges, dtype=np.int64), _running_sums(job.track.path))
    wild = blocks.running[1, -1] > MOST_SQUARES
    job = job._replace(by_bar=job.by_bar or wild or job.limits is not None)
    room = room_of(job.prices, job.terms)
    for part in Prepared(job, wanted, history.close, spec).parts():
        found = np.zeros((2, part.where.size, len(edges) - 1))
        _sum_blocks(part.lines, part.pairs, job, room, blocks, found)
        sums[:, part.where] = found
    riskless, lengths = job.scale.riskless, np.diff(blocks.edges)
    squares = sums[1] - 2 * riskless * sums[0] + riskless**2 * lengths
    return sums[0] - riskless * lengths, squares


def _running_sums(path: FloatArray) -> FloatArray:
    sums = np.zeros((2, path.size + 1))
    with np.errstate(all="ignore"):
        returns = path[1:] / path[:-1] - 1.0
        np.cumsum((returns, returns * returns), axis=1, out=sums[:, 2:])
    return sums


def _traced(room: Room) -> Trace:
    closed, done = _run(room), room.scratch
    return Trace(
        done.returns, done.sides, done.entries[:closed], done.exits[:closed], done.gains[:closed]
    )


@kernel
def _run(room: Room) -> int:
    return run(room)[1].closed


@kernel
def _wish(lines: Lines, job: Job, room: Room) -> None:
    wishes(lines, 0, 1, job, room)


@kernel
def _sum_blocks(
    lines: Lines, pairs: Pairs, job: Job, room: Room, blocks: Blocks, sums: FloatArray
) -> None:
    """Add every pair's returns and squares to its blocks."""
    events, bars, edges = room.scratch.events, job.clock.bars, blocks.edges
    block_of = np.full(bars, -1)
    for block in range(edges.size - 1):
        for t in range(edges[block], edges[block + 1]):
            block_of[t] = block
    for k in pairs.order:
        if job.by_bar:
            wishes(lines, pairs.fast[k], pairs.slow[k], job, room)
            run(room)
            forget(room)
            for t in range(bars):
                _add(sums, k, block_of[t], room.scratch.returns[t])
        else:
            found = fills(
                lines.words, lines, pairs.fast[k], pairs.slow[k], job.sides[0], job.clock, events
            )
            _add_segments(events, found, job, block_of, blocks, sums, k)


@piece
def _add(sums: FloatArray, k: int, block: int, r: float) -> None:
    if block >= 0:
        sums[0, k, block] += r
        sums[1, k, block] += r * r


@piece
def _add_segments(
    events: IntArray,
    found: int,
    job: Job,
    block_of: IntArray,
    blocks: Blocks,
    sums: FloatArray,
    k: int,
) -> None:
    """Add a pair's trades, each block by differences of running sums."""
    track, running, bars = job.track, blocks.running, job.clock.bars
    for i in range(0, found, 2):
        a = events[i]
        b = events[i + 1] if i + 1 < found else bars
        move = track.path[a] / track.entries[a, PRICE]
        _add(sums, k, block_of[a], move * job.costs.entering - 1.0)
        t = a + 1
        while t < b:
            block = block_of[t]
            stop = min(blocks.edges[block + 1], b) if block >= 0 else t + 1
            if block >= 0:
                sums[0, k, block] += running[0, stop] - running[0, t]
                sums[1, k, block] += running[1, stop] - running[1, t]
            t = stop
        if b < bars:
            move = track.exits[b, PRICE] / track.path[b - 1]
            _add(sums, k, block_of[b], move * job.costs.leaving - 1.0)

"""The sweep: every pair of a grid, or those that a sampler proposes, on one series of bars."""

import importlib
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import BadBarsError, FloatArray
from tradingapi.engine.coercion import PricesLike, as_bars
from tradingapi.engine.exploring import Explorer
from tradingapi.engine.grid import Grid, PairsLike, chosen, grid
from tradingapi.engine.holding import held_throughout
from tradingapi.engine.preparation import Part, Prepared, job_of, measure_of
from tradingapi.engine.result import SweepResult
from tradingapi.engine.search import Job
from tradingapi.engine.spec import Direction, Search, Strategy, SweepSpec
from tradingapi.engine.threads import Progress, in_chunks
from tradingapi.engine.window import (
    FEWEST_BARS,
    InsufficientDataError,
    first_bar_of_all,
    resolve_window,
)

__all__ = ["Progress", "sweep", "warm_up"]

CHUNK: Final = 20_000_000
"""Pairs times bars that are done in one go: some milliseconds."""

STEPS: Final = 20
"""A small grid tells its progress in so many steps, or after each pair."""

Found = TypeVar("Found")


def sweep(
    prices: PricesLike,
    spec: SweepSpec,
    on_progress: Progress | None = None,
    *,
    pairs: PairsLike | None = None,
    threads: int | None = None,
    bar: bool | None = None,
) -> SweepResult:
    """Backtest every pair of a grid.

    Args:
        prices: `Bars`; or a data frame with open, high, low and close in any case, indexed by
            time or with a column for it; or closes alone, as a series or an array: then a bar
            opens at the close before it. Without times, bars are days.
        spec: What to test, and how trades are filled and charged.
        on_progress: Called with (pairs done, pairs in all), first with 0; what it raises ends
            the sweep.
        pairs: Only these pairs, all within the ranges of `spec`; None for every pair of its grid.
        threads: At most so many; None for all processors that this process may use. The result
            is the same to the byte.
        bar: Whether a progress bar may come after two seconds; None: in a notebook or at a
            prompt, if nobody else listens.

    Returns:
        The ranked figures: `.to_arrow()`, `.to_pandas()`, `.rows`; a notebook shows the best.

    Raises:
        ValueError: One of `pairs` lies outside the ranges.
        BadBarsError: A row of the prices is wrong; the message names it.
        InsufficientDataError: The history is too short for the grid and the window.
    """
    bars = as_bars(prices)
    if len(bars) < FEWEST_BARS:
        raise InsufficientDataError(f"{len(bars)} bars, at least {FEWEST_BARS} needed")
    wanted = _wanted(spec, pairs)
    longest = _last(spec.slow, spec.step) if wanted is None else int(wanted.slow.max())
    window = resolve_window(bars.time, spec, first_bar_of_all(spec, longest))
    history = bars.until(window.stop)
    measure = measure_of(bars, window, spec)
    job = job_of(history, spec, window, measure)

    def run(told: Progress | None) -> tuple[Grid, FloatArray]:
        if wanted is None:
            return Explorer(job, history.close, spec).search(told)
        return wanted, _run(Prepared(job, wanted, history.close, spec), told, threads)

    shown = at_a_prompt() and on_progress is None if bar is None else bar
    tested, figures = behind_a_bar(run, on_progress) if shown else run(on_progress)
    holding = held_throughout(job)
    for found in (figures, holding):
        if not np.isfinite(found[c.TOTAL_RETURN]).all():
            raise BadBarsError("the prices swing so wildly that equity is beyond floating point")
    return SweepResult(spec, history, window, measure, tested, figures, holding)


def _wanted(spec: SweepSpec, pairs: PairsLike | None) -> Grid | None:
    """List what is to be tested; None where a sampler says so, one at a time."""
    if pairs is not None:
        return chosen(pairs, spec)
    return grid(spec) if spec.search is Search.GRID else None


def _last(bounds: tuple[int, int], step: int) -> int:
    return range(bounds[0], bounds[1] + 1, step)[-1]


def warm_up() -> None:
    """Load the kernels, or compile them: later sweeps of this process begin at once.

    It takes a fraction of a second, and some seconds after an installation or an upgrade.
    """
    closes, spec = np.array([1.0, 2.0, 1.0, 2.0, 3.0]), SweepSpec(Strategy.SMA, (1, 1), (2, 2), 1)
    # What has look-ups, and what runs bar by bar.
    for direction in (Direction.LONG, Direction.BOTH):
        sweep(closes, replace(spec, direction=direction))


def at_a_prompt() -> bool:
    """Say whether a person waits for this thread: in a notebook, or at Python's prompt."""
    typed = "ipykernel" in sys.modules or hasattr(sys, "ps1")
    return typed and threading.current_thread() is threading.main_thread()


def behind_a_bar(run: Callable[[Progress], Found], on_progress: Progress | None) -> Found:
    """Run something that tells its progress, with a bar once it has taken two seconds."""
    # The library that draws takes longer to load than most sweeps take.
    with importlib.import_module("tradingapi.engine.waiting").waiting() as waiting:
        count: Progress = waiting.count("sweep")

        def both(done: int, total: int) -> None:
            count(done, total)
            if on_progress is not None:
                on_progress(done, total)

        return run(both)


def _run(prepared: Prepared, on_progress: Progress | None, threads: int | None) -> FloatArray:
    pairs = len(prepared.grid)
    figures = np.empty((c.COUNT, pairs))
    chunk = max(CHUNK // prepared.job.clock.bars, 1)
    if on_progress is not None:
        chunk = min(chunk, max(pairs // STEPS, 1))
    done = 0
    for part in prepared.parts():
        whole = part.where.size == pairs
        found = figures if whole else np.empty((c.COUNT, part.where.size))
        told = None if on_progress is None else _further(on_progress, done, pairs)
        work = partial(_work, part, prepared.job, found)
        in_chunks(work, part.where.size, chunk, told, threads)
        done += part.where.size
        if not whole:
            figures[:, part.where] = found
    return figures


def _work(part: Part, job: Job, out: FloatArray, first: int, stop: int) -> None:
    part.run(job, first, stop, out)


def _further(on_progress: Progress, before: int, total: int) -> Progress:
    """Tell of a part as of a piece of the whole."""

    def told(done: int, _total: int) -> None:
        if done > 0 or before == 0:
            on_progress(before + done, total)

    return told

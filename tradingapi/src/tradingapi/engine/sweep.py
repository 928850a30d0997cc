"""The sweep: every pair of a grid on one series of bars."""

import importlib
import sys
import threading
from typing import Final

import numpy as np

from tradingapi.engine import columns as c
from tradingapi.engine.bars import BadBarsError, FloatArray
from tradingapi.engine.coercion import PricesLike, as_bars
from tradingapi.engine.grid import PairsLike, chosen, grid
from tradingapi.engine.preparation import Prepared, held_throughout, measure_of, prepare
from tradingapi.engine.result import SweepResult
from tradingapi.engine.spec import Strategy, SweepSpec
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
    wanted = grid(spec) if pairs is None else chosen(pairs, spec)
    if len(bars) < FEWEST_BARS:
        raise InsufficientDataError(f"{len(bars)} bars, at least {FEWEST_BARS} needed")
    window = resolve_window(bars.time, spec, first_bar_of_all(spec, int(wanted.slow.max())))
    history = bars.until(window.stop)
    measure = measure_of(bars, window, spec)
    prepared = prepare(history, spec, window, measure, wanted)
    shown = at_a_prompt() and on_progress is None if bar is None else bar
    figures = (_behind_a_bar if shown else _run)(prepared, len(wanted), on_progress, threads)
    holding = held_throughout(prepared.job)
    for found in (figures, holding):
        if not np.isfinite(found[c.TOTAL_RETURN]).all():
            raise BadBarsError("the prices swing so wildly that equity is beyond floating point")
    return SweepResult(spec, history, window, measure, wanted, figures, holding)


def warm_up() -> None:
    """Load the kernels, or compile them: later sweeps of this process begin at once.

    It takes a fraction of a second, and some seconds after an installation or an upgrade.
    """
    sweep(np.array([1.0, 2.0, 1.0, 2.0, 3.0]), SweepSpec(Strategy.SMA, (1, 1), (2, 2), 1))


def at_a_prompt() -> bool:
    """Say whether a person waits for this thread: in a notebook, or at Python's prompt."""
    typed = "ipykernel" in sys.modules or hasattr(sys, "ps1")
    return typed and threading.current_thread() is threading.main_thread()


def _behind_a_bar(
    prepared: Prepared, pairs: int, on_progress: Progress | None, threads: int | None
) -> FloatArray:
    # The library that draws takes longer to load than most sweeps take.
    with importlib.import_module("tradingapi.engine.waiting").waiting() as waiting:
        count: Progress = waiting.count("sweep")

        def both(done: int, total: int) -> None:
            count(done, total)
            if on_progress is not None:
                on_progress(done, total)

        return _run(prepared, pairs, both, threads)


def _run(
    prepared: Prepared, pairs: int, on_progress: Progress | None, threads: int | None
) -> FloatArray:
    figures = np.empty((c.COUNT, pairs))
    chunk = max(CHUNK // prepared.job.clock.bars, 1)
    if on_progress is not None:
        chunk = min(chunk, max(pairs // STEPS, 1))
    in_chunks(
        lambda first, stop: prepared.run(first, stop, figures), pairs, chunk, on_progress, threads
    )
    return figures

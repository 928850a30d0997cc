"""The sweep: every pair of a grid on one series of bars."""

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

    Returns:
        The ranked figures: `.to_arrow()`, `.to_pandas()`, `.rows`.

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
    figures = _run(prepared, len(wanted), on_progress, threads)
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

"""The sweep: every pair of a grid on one series of bars, in plain NumPy.

Nothing here is clever. It is what a faster engine has to agree with.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tradingapi.engine.bars import Bars, Origin
from tradingapi.engine.fills import Factors, factors, follow
from tradingapi.engine.grid import Pair, grid
from tradingapi.engine.indicators import first_bar_of_all, lines
from tradingapi.engine.metrics import Metrics, Scale, measure
from tradingapi.engine.periods import INTERVAL_SECONDS, bars_per_year
from tradingapi.engine.positions import held_bars, long_state
from tradingapi.engine.score import SCORE_VERSION, rank_key, score
from tradingapi.engine.spec import SweepSpec
from tradingapi.engine.window import FEWEST_BARS, InsufficientDataError, Window, resolve_window

LARGEST_CHUNK = 50
"""Most pairs between two calls of `on_progress`: about ten milliseconds of work."""

CHUNKS = 20
"""A small grid tells its progress in so many steps, or after each pair."""

Progress = Callable[[int, int], None]
"""Called with (pairs done, pairs in all); what it raises ends the sweep."""


@dataclass(frozen=True, slots=True)
class Row:
    """One pair and its figures."""

    pair: Pair
    score: float
    metrics: Metrics
    qualified: bool
    """Whether it has at least `min_trades` closed trades."""


@dataclass(frozen=True)
class SweepResult:
    """Everything a sweep found, best first, with what it was measured on."""

    spec: SweepSpec
    origin: Origin
    data_sha256: str
    history_start: int
    """First bar that the lines were computed from, in UTC nanoseconds. An EMA remembers it."""
    window_start: int
    window_end: int
    """First and last measured bar, in UTC nanoseconds."""
    window_bars: int
    window_limited_by: str | None
    periods_per_year: float
    periods_per_year_source: str
    score_version: int
    requested: int
    """Combinations of the two ranges; `len(rows)` of them are pairs."""
    rows: tuple[Row, ...]
    buy_and_hold: Metrics
    """The same bars, bought at the first fill and never sold."""


def sweep(bars: Bars, spec: SweepSpec, on_progress: Progress | None = None) -> SweepResult:
    """Backtest every pair of the grid.

    Raises:
        InsufficientDataError: The history is too short for the grid and the window.
    """
    wanted = grid(spec)
    if len(bars) < FEWEST_BARS:
        raise InsufficientDataError(f"{len(bars)} bars, at least {FEWEST_BARS} needed")
    first_line = first_bar_of_all(spec, max(pair.slow for pair in wanted.pairs))
    window = resolve_window(bars.time, spec, first_line)
    history = bars.until(window.stop)
    scale, source = _scale(bars, window, spec)
    bar = factors(history, window, spec)
    line = lines(history.close, spec, (period for pair in wanted.pairs for period in pair))

    rows: list[Row] = []
    chunk = min(max(len(wanted.pairs) // CHUNKS, 1), LARGEST_CHUNK)
    for pair in wanted.pairs:
        if on_progress is not None and len(rows) % chunk == 0:
            on_progress(len(rows), len(wanted.pairs))
        state = long_state(line[pair.fast], line[pair.slow], history.close)
        metrics = measure(follow(held_bars(state, window, spec), bar), scale)
        rows.append(Row(pair, score(metrics), metrics, metrics.trades >= spec.min_trades))
    if on_progress is not None:
        on_progress(len(rows), len(rows))
    rows.sort(key=lambda row: rank_key(row.pair, row.metrics, row.score))

    return SweepResult(
        spec=spec,
        origin=bars.origin,
        data_sha256=history.sha256,
        history_start=int(bars.time[0]),
        window_start=int(bars.time[window.first]),
        window_end=int(bars.time[window.stop - 1]),
        window_bars=window.bars,
        window_limited_by=window.limited_by,
        periods_per_year=scale.per_year,
        periods_per_year_source=source,
        score_version=SCORE_VERSION,
        requested=wanted.requested,
        rows=tuple(rows),
        buy_and_hold=_buy_and_hold(bar, scale),
    )


def _buy_and_hold(bar: Factors, scale: Scale) -> Metrics:
    return measure(follow(np.ones(scale.time.size, dtype=np.bool_), bar), scale)


def _scale(bars: Bars, window: Window, spec: SweepSpec) -> tuple[Scale, str]:
    per_year, source = bars_per_year(bars)
    time = bars.time[window.first : window.stop]
    last_bar = INTERVAL_SECONDS[bars.origin.interval]
    days = (float(time[-1] - time[0]) / 1e9 + last_bar) / 86_400
    risk_free = (1 + spec.risk_free_rate) ** (1 / per_year) - 1
    return Scale(time, days, per_year, risk_free), source

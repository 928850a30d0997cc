"""What is computed once for a sweep: lines, paths, sums and tables that all its pairs share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import Bars, FloatArray, IntArray
from tradingapi.engine.figures import Scale
from tradingapi.engine.grid import Grid
from tradingapi.engine.passage import Limits, fill_tree
from tradingapi.engine.per_bar import LONG, SHORT, Prices, Terms, room_of
from tradingapi.engine.periods import INTERVAL_SECONDS, bars_per_year
from tradingapi.engine.rows import compared, crossed, ema_rows, macd_rows, rsi_row, sma_rows
from tradingapi.engine.search import Job, Pairs, look_up, run_through, tiled
from tradingapi.engine.segments import Costs
from tradingapi.engine.signals import Clock, Lines
from tradingapi.engine.spec import Direction, Fill, ShortSale, StartState, Strategy, SweepSpec
from tradingapi.engine.track import (
    WIDTH,
    Held,
    Track,
    fill_bars,
    fill_stretches,
    long_path,
    short_path,
)
from tradingapi.engine.window import Window

BASIS_POINT: Final = 1e-4

SIDES: Final = {
    Direction.LONG: [LONG],
    Direction.SHORT: [SHORT],
    Direction.BOTH: [LONG, SHORT],
}

LEAST_LEFT: Final = 1e-3
"""A short position that keeps less than this of its value over a bar is run bar by bar."""


class Measure(NamedTuple):
    """What figures are scaled by."""

    days: float
    """Calendar days of the window: from its first bar's opening to its last bar's end."""
    per_year: float
    per_year_source: str
    """`request`, `calendar` or `derived`."""


class Part(NamedTuple):
    """The combinations of one signal period; other strategies have one part."""

    where: IntArray
    """Their places in the grid."""
    pairs: Pairs
    lines: Lines

    def run(self, job: Job, first: int, stop: int, out: FloatArray) -> None:
        """Write the figures of a stretch of the part's order.

        What runs bar by bar is a kernel of its own: most sweeps end without compiling it.
        """
        room = room_of(job.prices, job.terms)
        pairs = self.pairs._replace(order=self.pairs.order[first:stop].copy())
        if not job.by_bar:
            pairs = pairs._replace(order=look_up(self.lines, pairs, job, room, out))
        if pairs.order.size:
            run_through(self.lines, pairs, job, room, out)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A sweep that only has to be run."""

    job: Job
    grid: Grid
    close: FloatArray
    spec: SweepSpec

    def parts(self) -> Iterator[Part]:
        """Prepare the lines, one signal period at a time: each takes tens of megabytes."""
        signals = self.spec.signals if self.grid.signal is not None else range(1)
        for signal in signals:
            where = self.grid.of_signal(signal)
            if where.size:
                yield self._part(where, signal)

    @cached_property
    def only(self) -> Part:
        """The first part: the only one where the signal line has no range."""
        return next(self.parts())

    def run(self, first: int, stop: int, out: FloatArray) -> None:
        """Write the figures of a stretch of the only part's order."""
        self.only.run(self.job, first, stop, out)

    def _part(self, where: IntArray, signal: int) -> Part:
        chosen = self.grid.fast[where], self.grid.slow[where]
        # Periods are small: counting them takes a third of the time of sorting them.
        periods = np.flatnonzero(np.bincount(np.concatenate(chosen)))
        place = np.zeros(int(periods[-1]) + 1, np.int64)
        place[periods] = np.arange(periods.size)
        fast, slow = place[chosen[0]], place[chosen[1]]
        spec = self.spec
        if self.grid.signal is not None:
            spec = replace(spec, signal_period=signal, signal_periods=None)
        return Part(
            where, Pairs(fast, slow, tiled(fast, slow)), lines_of(self.close, spec, periods)
        )


def measure_of(bars: Bars, window: Window, spec: SweepSpec) -> Measure:
    """Find the bars a year, and the window's length in days."""
    per_year, source = (
        bars_per_year(bars) if spec.periods_per_year is None else (spec.periods_per_year, "request")
    )
    time = bars.time[window.first : window.stop]
    last_bar = INTERVAL_SECONDS[bars.origin.interval]
    return Measure((float(time[-1] - time[0]) / 1e9 + last_bar) / 86_400, per_year, source)


def prepare(
    history: Bars, spec: SweepSpec, window: Window, measure: Measure, wanted: Grid
) -> Prepared:
    """Compute everything that pairs have in common, for a grid of one part."""
    found = Prepared(job_of(history, spec, window, measure), wanted, history.close, spec)
    assert found.only.where.size == len(wanted)
    return found


def lines_of(close: FloatArray, spec: SweepSpec, periods: IntArray) -> Lines:
    """Compute the strategy's line for each period, or the crossings of each level."""
    match spec.strategy:
        case Strategy.SMA:
            return compared(close, sma_rows(close, periods))
        case Strategy.EMA:
            return compared(close, ema_rows(close, periods))
        case Strategy.MACD:
            return compared(close, macd_rows(close, periods, spec.signal_period))
        case Strategy.RSI:
            return crossed(rsi_row(close, spec.rsi_period), periods)


def clock_of(window: Window, spec: SweepSpec, late: int = 0) -> Clock:
    """Say which bars give signals; `late` fills every one of them so many bars later."""
    delay = 1 if spec.fill is Fill.NEXT_OPEN else 0
    fresh = spec.start_state is StartState.FRESH
    first = max(window.first - (0 if fresh else delay) - late, 0)
    return Clock(first, window.first, window.bars, delay + late, fresh)


def job_of(history: Bars, spec: SweepSpec, window: Window, measure: Measure, late: int = 0) -> Job:
    """Prepare the window's bars for both ways of running a pair."""
    prices, terms = prices_of(history, window), terms_of(spec)
    before = float(history.close[window.first - 1] if window.first else history.open[0])
    fill = prices.open if terms.at_open else prices.close
    riskless = (1 + spec.risk_free_rate) ** (1 / measure.per_year) - 1
    side = -1.0 if spec.direction is Direction.SHORT else 1.0
    steps = np.empty((5, window.bars))
    (long_path if side > 0 else short_path)(prices.close, fill, before, steps)
    limited = spec.stop_loss is not None or spec.take_profit is not None
    by_bar = spec.direction is Direction.BOTH or (
        spec.direction is Direction.SHORT
        and (limited or terms.constant_shares or not _survives(steps))
    )
    market = prices.market
    mean = float(market.mean())
    return Job(
        clock=clock_of(window, spec, late),
        track=_track(
            steps, prices, Held(side, riskless, terms.entering, terms.leaving, limited), terms
        ),
        costs=Costs(terms.entering, terms.leaving),
        limits=_limits(terms, prices) if limited else None,
        prices=prices,
        terms=terms,
        scale=Scale(
            window.bars, measure.per_year, riskless, mean, float(((market - mean) ** 2).sum())
        ),
        sides=np.array(SIDES[spec.direction]),
        by_bar=by_bar,
    )


def prices_of(history: Bars, window: Window) -> Prices:
    """Cut the window out of the bars."""
    inside = slice(window.first, window.stop)
    close = history.close[inside]
    # Without a bar before the window its first bar's own move is all that is known.
    before = history.close[window.first - 1] if window.first else history.open[0]
    market = close / np.concatenate(([before], close[:-1])) - 1.0
    columns = (history.open, history.high, history.low)
    opens, highs, lows = (column[inside] for column in columns)
    return Prices(opens, highs, lows, close, market, history.time[inside])


def terms_of(spec: SweepSpec) -> Terms:
    """Turn basis points into what equity is multiplied by."""
    fee, slippage = spec.fee_bps * BASIS_POINT, spec.slippage_bps * BASIS_POINT
    return Terms(
        entering=1 / ((1 + fee) * (1 + slippage)),
        leaving=(1 - fee) * (1 - slippage),
        at_open=spec.fill is Fill.NEXT_OPEN,
        constant_shares=spec.short_sale is ShortSale.CONSTANT_SHARES,
        stop=math.inf if spec.stop_loss is None else spec.stop_loss,
        target=math.inf if spec.take_profit is None else spec.take_profit,
    )


def _survives(steps: FloatArray) -> bool:
    """Say whether no single bar ruins the position."""
    moves = (steps[0, 1:] / steps[0, :-1], steps[1], steps[2, 1:])
    return all(move.size == 0 or bool((move > LEAST_LEFT).all()) for move in moves)


def _track(steps: FloatArray, prices: Prices, held: Held, terms: Terms) -> Track:
    bars = prices.close.size
    entries, exits = np.empty((bars, WIDTH)), np.empty((bars + 1, WIDTH))
    fill_bars(steps, prices.market, held, entries, exits)
    stretches = np.empty((max(1, (bars - 1).bit_length()), bars, 3))
    fill_stretches(steps[0], 1.0 / steps[0], stretches)
    delay = 1 if terms.at_open else 0
    return Track(
        entries, exits, steps[0], stretches, prices.market, prices.time, held.riskless, delay
    )


def _limits(terms: Terms, prices: Prices) -> Limits:
    levels = max(1, (prices.close.size - 1).bit_length() + 1)
    lows, highs = np.empty((2, levels, prices.close.size))
    fill_tree(prices.low, lows)
    fill_tree(-prices.high, highs)
    return Limits(terms.stop, terms.target, prices.open, lows, highs)

"""The winner on all its tickers at once: a portfolio of equal parts, and holding beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tradingapi.engine import SweepSpec
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.coercion import PricesLike, as_bars
from tradingapi.engine.grid import Choice
from tradingapi.engine.periods import counted
from tradingapi.engine.preparation import terms_of
from tradingapi.engine.threads import Progress
from tradingapi.engine.trace import Trace, trace, trace_holding
from tradingapi.honesty.by_engine import window_of
from tradingapi.honesty.ratios import annualized, max_drawdown, returns_of, sharpe, sortino
from tradingapi.tickers.part import TickerPart
from tradingapi.tickers.result import ManyResult
from tradingapi.tickers.sleeves import Calendar, Costs, Parts, Sleeve


class Followed(NamedTuple):
    """A ticker through its window: by the pair, and held."""

    run: Sleeve
    holding: Sleeve


@dataclass(frozen=True)
class Figures:
    """A portfolio's figures, as fractions; None is undefined. The formulas are the engine's."""

    total_return: float
    annualized_return: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    rebalancing_cost: float
    """The part of equity that making parts equal has cost, all months together."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A portfolio bar by bar."""

    equity: FloatArray
    """At each close of the calendar; 1 before the first bar."""
    figures: Figures

    @property
    def drawdown(self) -> FloatArray:
        """Return 1 - E_t / max_{s<=t} E_s at each close."""
        return 1 - self.equity / np.maximum.accumulate(np.maximum(self.equity, 1.0))


@dataclass(frozen=True, eq=False)
class Portfolio:
    """One pair on all tickers, a month at a time in equal parts."""

    pair: Choice
    time: IntArray
    """UTC nanoseconds of the calendar's bars: of all that any ticker has in its window."""
    members: IntArray
    """Tickers among which money is divided, on each bar."""
    periods_per_year: float
    run: Curve
    holding: Curve
    """The same tickers bought and held, in equal parts and with the same costs."""

    def to_arrow(self) -> pa.Table:
        """Return time, equity and drawdown of both, and the members, a row a bar."""
        return pa.table(
            {
                "time": pa.array(self.time, pa.timestamp("ns", "UTC")),
                "equity": pa.array(self.run.equity),
                "drawdown": pa.array(self.run.drawdown),
                "holding": pa.array(self.holding.equity),
                "holding_drawdown": pa.array(self.holding.drawdown),
                "members": pa.array(self.members),
            }
        )


def portfolio(
    result: ManyResult,
    prices_by_ticker: Mapping[str, PricesLike],
    pair: Choice | None = None,
    on_progress: Progress | None = None,
) -> Portfolio:
    """Follow the winner, or a pair that is named, on every ticker at once.

    Args:
        result: What `sweep_many` found.
        prices_by_ticker: The prices that it was given.
        pair: Which pair; None for the winner.
        on_progress: Called with (tickers done, tickers in all); what it raises ends it.

    Raises:
        ValueError: No pair is ranked, and none is named; or a ticker's prices are not those that
            were swept.
    """
    chosen = pair or result.winner
    if chosen is None:
        raise ValueError("pair: none is ranked on enough tickers")

    def one(part: TickerPart) -> Followed:
        return follow(part, prices_by_ticker[part.ticker], result.spec, chosen)

    def times() -> Iterable[IntArray]:
        for part in result.parts:
            time = as_bars(prices_by_ticker[part.ticker]).time
            yield time[(time >= part.window_start) & (time <= part.window_end)]

    return combined(result, chosen, union_of(times()), one, on_progress)


def follow(part: TickerPart, prices: PricesLike, spec: SweepSpec, pair: Choice) -> Followed:
    """Run a pair through a ticker's window, and hold the ticker.

    Raises:
        ValueError: The prices are not those that were swept.
    """
    bars, spec = as_bars(prices), replace(spec, start=part.window_start, end=part.window_end)
    window = window_of(bars, spec)
    if bars.until(window.stop).sha256 != part.data_sha256:
        raise ValueError(f"prices: those of {part.ticker} are not the ones that were swept")
    time = bars.time[window.first : window.stop]

    def sleeve(found: Trace) -> Sleeve:
        return Sleeve(time, found.returns, found.sides != 0)

    return Followed(
        sleeve(trace(bars, spec, window, pair)), sleeve(trace_holding(bars, spec, window))
    )


def union_of(times: Iterable[IntArray]) -> IntArray:
    """Return all times once, in order."""
    union = np.empty(0, np.int64)
    for time in times:
        if not np.array_equal(union, time):
            union = np.union1d(union, time)
    return union


def combined(
    result: ManyResult,
    pair: Choice,
    time: IntArray,
    one: Callable[[TickerPart], Followed],
    on_progress: Progress | None = None,
) -> Portfolio:
    """Put the tickers together, one after another. `one` follows a ticker."""
    calendar, tickers = Calendar(time), len(result.parts)
    run, holding = Parts(calendar, tickers), Parts(calendar, tickers)
    for number, part in enumerate(result.parts):
        if on_progress is not None:
            on_progress(number, tickers)
        followed = one(part)
        run.add(number, followed.run)
        holding.add(number, followed.holding)
    if on_progress is not None:
        on_progress(tickers, tickers)
    per_year = _per_year(result.parts, time)
    return Portfolio(
        pair=pair,
        time=time,
        members=run.members,
        periods_per_year=per_year,
        run=_curve(run, result.spec, per_year),
        holding=_curve(holding, result.spec, per_year),
    )


def _curve(parts: Parts, spec: SweepSpec, per_year: float) -> Curve:
    terms = terms_of(spec)
    equity, cost = parts.equity(Costs(terms.entering, terms.leaving))
    returns = returns_of(equity)
    riskless = (1 + spec.risk_free_rate) ** (1 / per_year) - 1
    figures = Figures(
        total_return=float(equity[-1]) - 1,
        annualized_return=annualized(float(equity[-1]), equity.size, per_year),
        sharpe=sharpe(returns, riskless, per_year),
        sortino=sortino(returns, riskless, per_year),
        max_drawdown=max_drawdown(equity),
        rebalancing_cost=cost,
    )
    return Curve(equity, figures)


def _per_year(parts: Sequence[TickerPart], time: IntArray) -> float:
    """Return the tickers' own bars a year if they agree, else those of the calendar."""
    own = {part.periods_per_year for part in parts}
    return own.pop() if len(own) == 1 else counted(time, parts[0].origin.interval)

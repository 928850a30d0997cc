"""What a sweep of many tickers found, as columns and as it goes over the wire."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tradingapi.engine import Strategy
from tradingapi.engine.display import name_of
from tradingapi.engine.score import SCORE_VERSION
from tradingapi.results.metric import TEXT, Place
from tradingapi.tickers import ManyResult, Portfolio, TickerPart
from tradingapi.tickers.portfolio import Figures
from tradingapi.wire import (
    FIGURES,
    PERCENT,
    metrics_on_the_wire,
    rsi_params,
    scaled,
    terms_on_the_wire,
    timestamp,
)

COLUMNS: Final[list["pa.Field[Any]"]] = [
    pa.field("rank", pa.int32(), nullable=False),
    pa.field("qualified", pa.bool_(), nullable=False),
    pa.field("strategy_type", TEXT, nullable=False),
    pa.field("fast_period", pa.int32(), nullable=False),
    pa.field("slow_period", pa.int32(), nullable=False),
    pa.field("signal_period", pa.int32()),
    pa.field("rsi_period", pa.int32()),
    pa.field(Place.MEDIAN, pa.float64()),
    pa.field(Place.WORST, pa.float64()),
    pa.field(Place.TICKERS, pa.int32(), nullable=False),
    pa.field("synthetic", pa.bool_(), nullable=False),
]

PLACES: Final = pa.schema(COLUMNS)
"""Rows are in the order of rank. A place is in percent; null where no ticker has the pair."""

SHOWN: Final = frozenset({Place.MEDIAN.value, Place.WORST.value})
"""Members that a row has although they are null."""

POINTS: Final = 5_000
"""Most bars of a portfolio that are kept for answers: thirteen years of days."""

OF_PORTFOLIOS: Final = ("total_return", "annualized_return", "sharpe", "sortino", "max_drawdown")


def places_of(result: ManyResult) -> pa.Table:
    """Write what was found as columns, best first."""
    spec, order, size = result.spec, result.order, len(result.grid)
    macd, rsi = spec.strategy is Strategy.MACD, spec.strategy is Strategy.RSI
    signal = result.grid.signal
    columns: dict[str, Any] = {
        "rank": np.arange(1, size + 1),
        "qualified": result.qualified[order],
        "strategy_type": [spec.strategy.value] * size,
        "fast_period": result.grid.fast[order],
        "slow_period": result.grid.slow[order],
        "signal_period": [spec.signal_period if macd else None] * size
        if signal is None
        else signal[order],
        "rsi_period": [spec.rsi_period if rsi else None] * size,
        Place.MEDIAN: PERCENT * result.median[order],
        Place.WORST: PERCENT * result.worst[order],
        Place.TICKERS: result.standing.tickers[order],
        "synthetic": np.full(size, result.synthetic),
    }
    arrays = [
        pa.array(columns[field.name], from_pandas=True)
        if field.type == TEXT
        else pa.array(columns[field.name], field.type, from_pandas=True)
        for field in PLACES
    ]
    return pa.table(
        [
            array.dictionary_encode() if field.type == TEXT else array
            for array, field in zip(arrays, PLACES, strict=True)
        ],
        schema=PLACES,
    )


def rows_of_places(table: pa.Table, *, ranked: bool) -> list[dict[str, Any]]:
    """Write rows as they are shown; with their rank in the whole run if `ranked`."""
    return [_row(row, ranked=ranked) for row in table.to_pylist()]


def _row(row: dict[str, Any], *, ranked: bool) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if value is not None or name in SHOWN}
    if not ranked:
        del shown["rank"]
    if not shown.pop("qualified"):
        shown["excluded"] = "tickers"
    if not shown["synthetic"]:
        del shown["synthetic"]
    period = shown.pop("rsi_period", None)
    if period is not None:
        shown["params"] = rsi_params(period, row["fast_period"], row["slow_period"])
    return shown


def summary_of_many(result: ManyResult, together: Portfolio | None) -> dict[str, Any]:
    """Say what a run's rows have in common."""
    origins = [part.origin for part in result.parts]
    return {
        "synthetic": result.synthetic,
        "tickers_needed": result.needed,
        "portfolio": None if together is None else portfolio_on_the_wire(together),
        "data": {
            "sources": sorted({origin.source for origin in origins}),
            "synthetic_tickers": sum(origin.synthetic for origin in origins),
        },
        "settings": {
            "interval": origins[0].interval,
            "start": timestamp(min(part.window_start for part in result.parts) / 1e9),
            "end": timestamp(max(part.window_end for part in result.parts) / 1e9),
            **terms_on_the_wire(result.spec),
            "score_version": SCORE_VERSION,
        },
    }


def report_on_many(result: ManyResult, together: Portfolio | None) -> dict[str, Any]:
    """Say the rest: each ticker's part, and the portfolio bar by bar, if there is one."""
    return {
        "portfolio": None if together is None else _curves(together),
        "tickers": [part_on_the_wire(part) for part in result.parts],
    }


def _curves(together: Portfolio) -> dict[str, Any]:
    """Write a portfolio with its curves: all bars, or `POINTS` of them, with both ends.

    The bottom of the largest drawdown is shown whatever is left out.
    """
    size, drawdown = together.time.size, together.run.drawdown
    shown = np.arange(size)
    if size > POINTS:
        spread = np.linspace(0, size - 1, POINTS - 1).round().astype(np.int64)
        shown = np.union1d(spread, [int(np.argmax(drawdown))])
    times = together.time[shown].astype("datetime64[ns]")
    return {
        **portfolio_on_the_wire(together),
        "time": np.datetime_as_string(times, unit="s", timezone="UTC").tolist(),
        "equity": together.run.equity[shown].tolist(),
        "drawdown_pct": (0.0 - PERCENT * drawdown[shown]).tolist(),
        "holding_equity": together.holding.equity[shown].tolist(),
        "holding_drawdown_pct": (0.0 - PERCENT * together.holding.drawdown[shown]).tolist(),
        "members": together.members[shown].tolist(),
    }


def part_on_the_wire(part: TickerPart) -> dict[str, Any]:
    """Say what one ticker was measured on, its own best pair, and holding it."""
    best = part.best
    return {
        "ticker": part.ticker,
        "source": part.origin.source,
        "synthetic": part.origin.synthetic,
        "data_sha256": part.data_sha256,
        "start": timestamp(part.window_start / 1e9),
        "end": timestamp(part.window_end / 1e9),
        "bars": part.window_bars,
        "window_limited_by": part.window_limited_by,
        "periods_per_year": part.periods_per_year,
        "eligible_pairs": part.eligible,
        "best": {
            "pair": name_of(best.pair),
            "score": best.score,
            "excluded": None if best.qualified else "min_trades",
            **metrics_on_the_wire(best.metrics),
        },
        "buy_and_hold": metrics_on_the_wire(part.holding),
        "top": [{"pair": name_of(pair), "score": score} for pair, score in part.top],
    }


def portfolio_on_the_wire(found: Portfolio) -> dict[str, Any]:
    """Convert a portfolio's figures, and what they were measured on."""
    return {
        "pair": name_of(found.pair),
        "start": timestamp(int(found.time[0]) / 1e9),
        "end": timestamp(int(found.time[-1]) / 1e9),
        "bars": found.time.size,
        "periods_per_year": found.periods_per_year,
        "rebalanced": "monthly",
        **_figures(found.run.figures),
        "buy_and_hold": _figures(found.holding.figures),
    }


def _figures(figures: Figures) -> dict[str, float | None]:
    found = asdict(figures)
    wire: dict[str, float | None] = {}
    for field in OF_PORTFOLIOS:
        name, factor = FIGURES[field]
        wire[name] = None if found[field] is None else scaled(found[field], factor)
    return {**wire, "rebalancing_cost_pct": scaled(figures.rebalancing_cost, PERCENT)}

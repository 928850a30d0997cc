"""What a sweep of many tickers found, as columns and as it goes over the wire."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tradingapi.engine import Strategy
from tradingapi.engine.display import name_of
from tradingapi.results.metric import TEXT, Place
from tradingapi.tickers import ManyResult, Portfolio, TickerPart
from tradingapi.tickers.portfolio import Figures
from tradingapi.wire import FIGURES, PERCENT, metrics_on_the_wire, scaled, timestamp

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

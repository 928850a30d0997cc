"""Between what the engine found, the columns of a file, and the rows of an answer."""

import json
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from tradingapi.engine import Strategy, SweepResult
from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray, IntArray
from tradingapi.engine.metrics import DAYS_A_MONTH
from tradingapi.results.metric import SCHEMA, TEXT, WHOLE, Metric
from tradingapi.wire import (
    FIGURES,
    PERCENT,
    duration_text,
    reasons_on_the_wire,
    rsi_params,
    scaled,
    timestamp,
)

SEEDS: Final = (
    *("ticker", "strategy_type", "fast_period", "slow_period"),
    *("score", "sharpe_ratio", "sortino_ratio", "total_return_pct", "annualized_return"),
    *("max_drawdown_pct", "win_rate_pct", "profit_factor", "total_trades", "trades_per_month"),
    "avg_trade_duration",
)

SHOWN: Final = (*SEEDS, *(metric.value for metric in Metric if metric.value not in SEEDS))
"""What every row shows: the seed's members in the seed's order, then the others."""

Column: TypeAlias = "pa.Array[Any]"


def table_of(result: SweepResult) -> pa.Table:
    """Write what a sweep found as columns, best first."""
    spec, order, size = result.spec, result.order, len(result.grid)
    macd, rsi = spec.strategy is Strategy.MACD, spec.strategy is Strategy.RSI
    columns: dict[str, Any] = {
        "rank": np.arange(1, size + 1, dtype=np.int32),
        "qualified": result.qualified[order],
        "ticker": _same(result.origin.ticker, size),
        "strategy_type": _same(spec.strategy.value, size),
        "fast_period": result.grid.fast[order].astype(np.int32),
        "slow_period": result.grid.slow[order].astype(np.int32),
        "signal_period": _signals(result) if macd else _number(None, size),
        "rsi_period": _number(spec.rsi_period if rsi else None, size),
        "score": result.figures[c.SCORE][order],
        **_figures(result, order),
        "null_reasons": _reasons(result, order),
        "open_trade_entry_time": _entry_times(result, order),
        "open_trade_return_pct": _undefined(scaled(result.figures[c.OPEN_RETURN][order], PERCENT)),
        "synthetic": np.full(size, result.origin.synthetic),
    }
    return pa.table([pa.array(columns[name]) for name in SCHEMA.names], schema=SCHEMA)


def rows_of(table: pa.Table, *, ranked: bool) -> list[dict[str, Any]]:
    """Write rows as the seed shows them; with their rank in the whole run if `ranked`."""
    # A column at a time, and texts as texts: `Table.to_pylist` looks up every cell by name.
    names = table.column_names
    plain = (each.cast(pa.string()) if each.type == TEXT else each for each in table.columns)
    cells = zip(*(column.to_pylist() for column in plain), strict=True)
    return [_row(dict(zip(names, row, strict=True)), ranked=ranked) for row in cells]


def _figures(result: SweepResult, order: IntArray) -> dict[str, Column]:
    """Convert all figures but the score, each column at once."""
    found = {name: result.figures[c.NAMES.index(name)] for name in FIGURES if name in c.NAMES}
    found["trades_per_month"] = found["trades"] / (result.measure.days / DAYS_A_MONTH)
    return {
        wire: pa.array(found[name][order].astype(np.int64))
        if wire in WHOLE
        else _undefined(scaled(found[name][order], factor))
        for name, (wire, factor) in FIGURES.items()
    }


def _reasons(result: SweepResult, order: IntArray) -> Column:
    """Say for each row why figures are null; rows that lack the same have the same reasons."""
    figures = result.figures
    # One bit for each figure that is missing, and what else a reason depends on.
    code = (1 << np.arange(c.COUNT)) @ np.isnan(figures)
    code = 3 * code + np.minimum(figures[c.TRADES], 2).astype(np.int64)
    code = 2 * code + (figures[c.WORST_TRADE] >= 0)
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    nulls = [result.row(int(index)).metrics.nulls for index in first]
    texts = [json.dumps(reasons_on_the_wire(each)) for each in nulls]
    none = np.array([not each for each in nulls])[kind]
    return pa.DictionaryArray.from_arrays(
        pa.array(kind[order], pa.int32(), mask=none[order]), pa.array(texts)
    )


def _entry_times(result: SweepResult, order: IntArray) -> Column:
    """Write when positions that are still open were entered."""
    bars = result.figures[c.OPEN_BAR][order]
    closed = np.isnan(bars)
    known, place = np.unique(np.where(closed, 0, bars).astype(np.int64), return_inverse=True)
    times = result.history.time[result.window.first + known]
    texts = [timestamp(time / 1e9) for time in times.tolist()]
    return pa.DictionaryArray.from_arrays(pa.array(place, pa.int32(), mask=closed), pa.array(texts))


def _undefined(values: FloatArray) -> Column:
    return pa.array(values, mask=np.isnan(values))


def _same(text: str, size: int) -> Column:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size), pa.int32()), pa.array([text]))


def _signals(result: SweepResult) -> Column:
    signal = result.grid.signal
    if signal is None:
        return _number(result.spec.signal_period, len(result.grid))
    return pa.array(signal[result.order].astype(np.int32))


def _number(value: int | None, size: int) -> Column:
    return pa.array([value] * size, pa.int32())


def _row(columns: dict[str, Any], *, ranked: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"rank": columns["rank"]} if ranked else {}
    columns["avg_trade_duration"] = duration_text(columns["avg_trade_duration_seconds"])
    for name in SHOWN:
        row[name] = columns[name]
    if columns["null_reasons"] is not None:
        row["null_reasons"] = json.loads(columns["null_reasons"])
    if columns["open_trade_entry_time"] is not None:
        row["open_trade"] = {
            "entry_time": columns["open_trade_entry_time"],
            "return_pct": columns["open_trade_return_pct"],
        }
    if columns["signal_period"] is not None:
        row["signal_period"] = columns["signal_period"]
    if columns["rsi_period"] is not None:
        pair = columns["fast_period"], columns["slow_period"]
        row["params"] = rsi_params(columns["rsi_period"], *pair)
    if not columns["qualified"]:
        row["excluded"] = "min_trades"
    if columns["synthetic"]:
        row["synthetic"] = True
    return row

"""Between what the engine found, the columns of a file, and the rows of an answer."""

import json
from typing import Any

import pyarrow as pa

from tradingapi.engine import Row, SweepResult
from tradingapi.results.metric import SCHEMA, Metric
from tradingapi.wire import duration_text, row_on_the_wire, rsi_params


def table_of(result: SweepResult) -> pa.Table:
    """Write a sweep's rows as columns, best first."""
    rows = [_columns(rank, row, result) for rank, row in enumerate(result.rows, 1)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def rows_of(table: pa.Table, *, ranked: bool) -> list[dict[str, Any]]:
    """Write rows as the seed shows them; with their rank in the whole run if `ranked`."""
    return [_row(columns, ranked=ranked) for columns in table.to_pylist()]


def _columns(rank: int, row: Row, result: SweepResult) -> dict[str, Any]:
    wire = row_on_the_wire(row, result)
    reasons, trade = wire.get("null_reasons"), wire.get("open_trade", {})
    return {
        "rank": rank,
        "qualified": row.qualified,
        "ticker": wire["ticker"],
        "strategy_type": wire["strategy_type"],
        "fast_period": wire["fast_period"],
        "slow_period": wire["slow_period"],
        "signal_period": wire.get("signal_period"),
        "rsi_period": wire.get("params", {}).get("rsi_period"),
        **{metric.value: wire[metric] for metric in Metric},
        "null_reasons": None if reasons is None else json.dumps(reasons),
        "open_trade_entry_time": trade.get("entry_time"),
        "open_trade_return_pct": trade.get("return_pct"),
        "synthetic": wire.get("synthetic", False),
    }


def _row(columns: dict[str, Any], *, ranked: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"rank": columns["rank"]} if ranked else {}
    for name in ("ticker", "strategy_type", "fast_period", "slow_period"):
        row[name] = columns[name]
    row.update({metric.value: columns[metric] for metric in Metric})
    row["avg_trade_duration"] = duration_text(row[Metric.DURATION_SECONDS])
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

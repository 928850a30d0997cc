"""The columns of a result say what the engine's records say, row by row."""

from dataclasses import replace
from typing import Any

import pytest

from tradingapi.engine import Fill, StartState, Strategy, SweepResult, SweepSpec, sweep
from tradingapi.prices.synthetic import SyntheticSource
from tradingapi.results.metric import SCHEMA, Metric
from tradingapi.results.table import rows_of, table_of
from tradingapi.wire import FIGURES, metrics_on_the_wire

SPECS = {
    "sma": SweepSpec(Strategy.SMA, (2, 40), (5, 90), 3),
    "ema": SweepSpec(Strategy.EMA, (10, 20), (20, 30), 5, fee_bps=0, min_trades=10),
    "macd": SweepSpec(Strategy.MACD, (10, 20), (20, 30), 5, signal_period=7),
    "rsi": SweepSpec(Strategy.RSI, (20, 40), (50, 90), 10, rsi_period=9),
    "close": SweepSpec(Strategy.SMA, (5, 50), (60, 200), 15, fill=Fill.SAME_CLOSE),
}
SHORT = replace(
    SPECS["sma"],
    start=1_600_000_000 * 10**9,
    end=1_606_000_000 * 10**9,
    start_state=StartState.FRESH,
)
"""Seventy bars: many pairs never trade, or once, or never lose."""


def run(spec: SweepSpec) -> SweepResult:
    """Sweep invented prices."""
    return sweep(SyntheticSource(["BTC-USD"]).fetch("BTC-USD", "1d"), spec)


def expected(result: SweepResult) -> list[dict[str, Any]]:
    """Write the rows from the engine's records, one figure at a time."""
    return [
        {
            "rank": rank,
            "ticker": "BTC-USD",
            "strategy_type": result.spec.strategy.value,
            "fast_period": row.pair.fast,
            "slow_period": row.pair.slow,
            "score": row.score,
            **metrics_on_the_wire(row.metrics),
            **({} if row.qualified else {"excluded": "min_trades"}),
            "synthetic": True,
        }
        for rank, row in enumerate(result.rows, 1)
    ]


@pytest.mark.parametrize("spec", [*SPECS.values(), SHORT], ids=[*SPECS, "short"])
def test_a_table_has_the_rows_of_the_engine(spec: SweepSpec) -> None:
    """Every figure, every null with its reason, every open trade, in the order of rank."""
    result = run(spec)
    shown = rows_of(table_of(result), ranked=True)
    for row in shown:
        assert (spec.strategy is Strategy.MACD) == (row.pop("signal_period", None) == 7)
        assert (spec.strategy is Strategy.RSI) == (row.pop("params", {}).get("rsi_period") == 9)

    assert expected(result) == shown


def test_the_short_window_has_every_kind_of_null() -> None:
    """Else the test above would not see them."""
    rows = rows_of(table_of(run(SHORT)), ranked=False)
    reasons = {reason for row in rows for reason in row.get("null_reasons", {}).values()}

    assert {"never_entered", "no_closed_trade", "no_losing_trade", "single_trade"} <= reasons
    assert any("open_trade" in row for row in rows)


def test_every_figure_of_the_wire_is_a_column() -> None:
    """A figure that the engine gains must be named in both places."""
    names = {name for name, _ in FIGURES.values()} | {"score"}

    assert names == {metric.value for metric in Metric} <= set(SCHEMA.names)

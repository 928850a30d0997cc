"""The best parameter sets of each sweep, as they lie in the ledger."""

from typing import NamedTuple

import psycopg
from psycopg.rows import namedtuple_row
from rich.box import SIMPLE_HEAD
from rich.table import Table

QUERY = """\
SELECT s.name, r.ticker, r.strategy_type, r.rank, r.fast_period, r.slow_period, r.score,
       r.sharpe_ratio, r.total_return_pct, r.max_drawdown_pct, r.total_trades
FROM trading_sweep_results AS r
JOIN pipeline_jobs AS j ON j.id = r.job_id
JOIN sweeps AS s ON s.uid = j.sweep_uid
WHERE s.namespace = %s AND r.rank <= %s
ORDER BY s.name, r.rank"""

_CONNECT_TIMEOUT = 10
"""Seconds."""


class Result(NamedTuple):
    """One row; what the API could not compute is None."""

    name: str
    ticker: str
    strategy_type: str
    rank: int
    fast_period: int
    slow_period: int
    score: float
    sharpe_ratio: float | None
    total_return_pct: float | None
    max_drawdown_pct: float | None
    total_trades: int


def best_results(dsn: str, namespace: str, first: int) -> list[Result]:
    """Return the first few results of every sweep in a namespace, best first."""
    with psycopg.connect(dsn, connect_timeout=_CONNECT_TIMEOUT) as connection:
        rows = connection.cursor(row_factory=namedtuple_row).execute(QUERY, (namespace, first))
        return [Result(*row) for row in rows]


def results_table(results: list[Result]) -> Table:
    """Return the results as a table for people."""
    table = Table(title="Best parameter sets", title_justify="left", box=SIMPLE_HEAD)
    for head in ("Sweep", "Ticker", "Strategy"):
        table.add_column(head)
    for head in ("Rank", "Fast", "Slow", "Score", "Sharpe", "Return %", "Drawdown %", "Trades"):
        table.add_column(head, justify="right")
    for one in results:
        table.add_row(*map(_cell, one), end_section=one is _last_of(one.name, results))
    return table


def _last_of(name: str, results: list[Result]) -> Result:
    return [one for one in results if one.name == name][-1]


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)

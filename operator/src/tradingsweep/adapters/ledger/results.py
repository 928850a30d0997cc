"""Results: stored once and whole, in the transaction that completes their run."""

import hashlib
from dataclasses import asdict

from psycopg.types.json import Jsonb

from tradingsweep.adapters.ledger.postgres import Connection
from tradingsweep.domain.answers import Result, ResultPage


async def store_results(connection: Connection, submission_key: str, page: ResultPage) -> None:
    """Store a page under the submission that earned it, and what it said beside its rows."""
    cursor = connection.cursor()
    await cursor.executemany(
        _INSERT,
        [
            _row(result)
            | {"key": submission_key, "rank": rank}
            | {"sweep_run_id": page.sweep_run_id}
            for rank, result in enumerate(page.results, start=1)
        ],
    )
    summary = {
        "sweep_run_id": page.sweep_run_id,
        "stored": len(page.results),
        "returned": page.returned,
        "total": page.total,
        "excluded_by_min_trades": page.excluded_by_min_trades,
        "max_trades_seen": page.max_trades_seen,
        "synthetic": page.synthetic,
        "verdict": asdict(page.verdict) if page.verdict else None,
    }
    if page.report is not None:
        await connection.execute(
            _REPORT,
            {"key": submission_key, "report": page.report, "sweep_run_id": page.sweep_run_id},
        )
    await connection.execute(
        _SUMMARY, {"key": submission_key, "summary": Jsonb(summary), "tested": page.total}
    )


def _row(result: Result) -> dict[str, object]:
    digest = hashlib.sha256(f"{result.fast_period}/{result.slow_period}".encode()).hexdigest()
    return {name: getattr(result, name) for name in Result.__slots__} | {"digest": digest}


_INSERT = """
INSERT INTO trading_sweep_results (
    submission_key, rank, params_digest, job_id, sweep_run_id, ticker, strategy_type, fast_period,
    slow_period, score, sharpe_ratio, sortino_ratio, total_return_pct, annualized_return,
    max_drawdown_pct, win_rate_pct, profit_factor, total_trades, trades_per_month,
    avg_trade_duration)
SELECT %(key)s, %(rank)s, %(digest)s, r.id, %(sweep_run_id)s, r.parameters->>'ticker',
       r.parameters->>'strategy_type', %(fast_period)s, %(slow_period)s, %(score)s,
       %(sharpe_ratio)s, %(sortino_ratio)s, %(total_return_pct)s, %(annualized_return)s,
       %(max_drawdown_pct)s, %(win_rate_pct)s, %(profit_factor)s, %(total_trades)s,
       %(trades_per_month)s, %(avg_trade_duration)s
FROM pipeline_jobs AS r JOIN submissions AS s ON s.run_id = r.id WHERE s.key = %(key)s
"""

_REPORT = """
INSERT INTO trading_sweep_reports (submission_key, job_id, sweep_run_id, report)
SELECT key, run_id, %(sweep_run_id)s, %(report)s::jsonb FROM submissions WHERE key = %(key)s
"""

_SUMMARY = """
UPDATE pipeline_jobs SET
    result = %(summary)s,
    metrics = jsonb_build_object(
        'duration_seconds', extract(epoch FROM completed_at - started_at),
        'combinations_tested', %(tested)s::int)
WHERE id = (SELECT run_id FROM submissions WHERE key = %(key)s)
"""

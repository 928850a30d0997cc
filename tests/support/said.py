"""What the Trading API says in tests: the seed's pairs, pages of them, and callbacks."""

import json
from dataclasses import replace
from typing import Any

from tradingsweep.domain.answers import Result, ResultPage

JOB = "sweep_20260302_115900_btcusd_1"
RUN = "run_abc123"


def a_result(fast: int = 15, slow: int = 30, **changes: Any) -> Result:
    """The seed's best pair."""
    return replace(
        Result(
            fast_period=fast,
            slow_period=slow,
            score=2.47,
            sharpe_ratio=1.82,
            sortino_ratio=2.15,
            total_return_pct=145.3,
            annualized_return=32.4,
            max_drawdown_pct=-18.7,
            win_rate_pct=58.3,
            profit_factor=2.1,
            total_trades=87,
            trades_per_month=4.2,
            avg_trade_duration="5.2 days",
        ),
        **changes,
    )


def a_page(*results: Result, **changes: Any) -> ResultPage:
    """A page of results as the API returned it."""
    rows = results or (a_result(), a_result(10, 25, score=2.31))
    return replace(ResultPage(RUN, rows, total=8, returned=len(rows)), **changes)


def completed(job_id: str = JOB, sweep_run_id: str | None = RUN) -> bytes:
    """The body of a callback that says that the job is done."""
    body = {"event_type": "sweep.completed", "status": "completed", "job_id": job_id}
    return json.dumps(body | ({"sweep_run_id": sweep_run_id} if sweep_run_id else {})).encode()


def failed(job_id: str = JOB, error_message: str = "Insufficient historical data") -> bytes:
    """The body of a callback that says that the job failed."""
    return json.dumps(
        {
            "event_type": "sweep.failed",
            "status": "failed",
            "job_id": job_id,
            "error_message": error_message,
        }
    ).encode()

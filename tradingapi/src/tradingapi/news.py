"""What a callback says."""

from typing import Any

from tradingapi.store.jobs import Job
from tradingapi.wire import timestamp


def subject_of(job: Job) -> dict[str, Any]:
    """Say what a job is about: its ticker, or how many it has."""
    if job.tickers is None:
        return {"ticker": str(job.request["ticker"])}
    return {"ticker_count": len(job.tickers)}


def told_of(job: Job) -> str:
    """Say the same in words."""
    if job.tickers is None:
        return f"ticker {job.request['ticker']}"
    return f"{len(job.tickers)} tickers"


def completed_news(job: Job, run_id: str, pairs: int, seconds: float, now: float) -> dict[str, Any]:
    """Write the callback of a completed job."""
    return {
        "event_type": "sweep.completed",
        "job_id": job.job_id,
        "sweep_run_id": run_id,
        "status": "completed",
        **subject_of(job),
        "result_data": {
            "sweep_run_id": run_id,
            "total_combinations": pairs,
            "execution_time_seconds": round(seconds, 3),
            "completed_at": timestamp(now),
        },
        "timestamp": timestamp(now),
    }


def failed_news(job: Job, message: str, now: float) -> dict[str, Any]:
    """Write the callback of a failed job."""
    return {
        "event_type": "sweep.failed",
        "job_id": job.job_id,
        "status": "failed",
        "error_message": message,
        "timestamp": timestamp(now),
    }

"""What a callback says."""

from typing import Any

from tradingapi.store.jobs import Job
from tradingapi.wire import timestamp


def completed_news(job: Job, run_id: str, pairs: int, seconds: float, now: float) -> dict[str, Any]:
    """Write the callback of a completed job."""
    return {
        "event_type": "sweep.completed",
        "job_id": job.job_id,
        "sweep_run_id": run_id,
        "status": "completed",
        "ticker": str(job.request["ticker"]),
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

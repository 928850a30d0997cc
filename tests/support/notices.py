"""What a mail is made of, as a decision freezes it."""

from typing import Any


def a_notice(**changes: Any) -> dict[str, Any]:
    """The notice of a completed sweep with one good pair; a change replaces a member."""
    return {
        "namespace": "desk-a",
        "name": "btc-sma",
        "phase": "Completed",
        "reason": "Completed",
        "message": "best of 8 pairs is 15/30 with a score of 2.4700",
        "parameters": {"ticker": "BTC-USD", "fast_range": [10, 20], "strategy_type": "SMA"},
        "run": 1,
        "job_id": "job-1",
        "sweep_run_id": "run-1",
        "best": [
            {
                "periods": "15/30",
                "score": "2.4700",
                "sharpeRatio": "1.8200",
                "totalReturnPct": "145.30",
            }
        ],
        "total": 8,
        "synthetic": False,
        "ended_at": "2026-03-02T12:00:00+00:00",
    } | changes

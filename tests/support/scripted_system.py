"""A system whose Trading API says what a test wrote down; it never calls back by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.background import in_background
from tests.support.ground import Ground, Settings
from tests.support.scripted_api import Script, ScriptedApi, events, says, scripted_api
from tests.support.system import System

SUBMIT, STREAM, STATUS = "/api/v1/strategy/sweep", "/sse-proxy/jobs/", "/api/v1/jobs/"

SETTINGS = Settings(
    operator={
        "time_scale": "0.1",
        "lease_seconds": "15",
        "max_concurrent_sweeps": "200",
        "post_timeout_seconds": "1.5",
        "unknown_outcome_wait_seconds": "15",
    },
    receiver={"plain_callbacks": "true"},
)
"""Delays of a tenth; an outcome stays unknown for 1.5 s."""

HEALTHY = says(200, {"status": "healthy", "features": ["job-status", "cancel", "report"]})
"""It keeps no idempotency keys: what became of a POST can stay unknown."""

ROW: dict[str, Any] = {
    "ticker": "BTC-USD",
    "strategy_type": "SMA",
    "fast_period": 10,
    "slow_period": 30,
    "score": 2.47,
    "sharpe_ratio": 1.82,
    "sortino_ratio": None,
    "total_return_pct": 145.3,
    "annualized_return": 32.4,
    "max_drawdown_pct": -18.7,
    "win_rate_pct": 58.3,
    "profit_factor": 2.1,
    "total_trades": 87,
    "trades_per_month": 4.2,
    "avg_trade_duration": "5.2 days",
}
"""A pair that the small good sweep asks for."""


@dataclass(frozen=True)
class Scripted:
    """A running system and its API; a job and its results are named after their sweep."""

    system: System
    api: ScriptedApi

    def submissions(self, *scripts: Script) -> None:
        """Answer the next POSTs so; the last script goes on for ever."""
        self.api.on(SUBMIT, *scripts)

    def runs(self, name: str) -> None:
        """Let a sweep's job run on and on."""
        job = job_of(name)
        self.api.on(f"{STREAM}{job}/", events('{"percent": 10, "message": "1/8"}', silent=True))
        self.api.on(f"{STATUS}{job}", says(200, {"job_id": job, "status": "running"}))

    def ends(self, name: str, *results: Script) -> None:
        """Let a sweep's job have ended; its results are answered so, the good page if not said."""
        run_id = run_id_of(name)
        done = f'{{"done": true, "status": "completed", "sweep_run_id": "{run_id}"}}'
        self.api.on(f"{STREAM}{job_of(name)}/", events(done))
        self.api.on(best_path(name), *(results or (says(200, page(name)),)))

    def posts(self, name: str) -> int:
        """Count the POSTs of a sweep's submissions."""
        keys = {row["key"] for row in self.system.submissions(name)}
        return sum(request.headers["idempotency-key"] in keys for request in self.api.asked(SUBMIT))


def job_of(name: str) -> str:
    """Name a sweep's job."""
    return f"job-{name}"


def run_id_of(name: str) -> str:
    """Name a sweep's results."""
    return f"run-{name}"


def best_path(name: str) -> str:
    """Say where a sweep's results are asked for."""
    return f"/api/v1/sweeps/{run_id_of(name)}/best"


def report_path(name: str) -> str:
    """Say where the report on a sweep's results is asked for; there is none where no test says."""
    return f"/api/v1/sweeps/{run_id_of(name)}/report"


def takes(name: str) -> Script:
    """Accept a sweep's job."""
    return says(202, {"job_id": job_of(name), "status": "queued"})


def page(name: str, *rows: dict[str, Any], **changes: object) -> dict[str, Any]:
    """Write a page of results with these rows, one good one if not said."""
    shown = list(rows or (ROW,))
    return {
        "sweep_run_id": run_id_of(name),
        "ticker": "BTC-USD",
        "results": shown,
        "total_results": 8,
        "returned": len(shown),
        "query_timestamp": "2025-01-27T10:33:15Z",
        **changes,
    }


@contextmanager
def scripted_system(ground: Ground, folder: Path, **operator: str) -> Iterator[Scripted]:
    """Run a system that knows no other Trading API than the scripted one.

    `operator` is added to the operator's settings.
    """
    settings = replace(SETTINGS, operator={**SETTINGS.operator, **operator})
    with in_background(scripted_api()) as api:
        api.on("/health", HEALTHY)
        api.on("/api/v1/auth/login", says(200, {}, Set_Cookie="session=abcdef0123; HttpOnly"))
        with ground.system(folder, settings, trading_api_url=api.url) as system:
            yield Scripted(system, api)

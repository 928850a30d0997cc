"""The reference Trading API's own book of jobs: what it was asked to do, whoever thinks what."""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KEY = re.compile(r"/webhook/sweep-callback/([0-9a-f]{64})/")

_JOBS = """
SELECT job_id, state, request, sweep_run_id, created_at, started_at, ended_at
FROM jobs ORDER BY seq
"""


@dataclass(frozen=True)
class ApiJob:
    """A job that the API accepted; times in seconds since 1970."""

    job_id: str
    state: str
    """queued, running, completed, failed or cancelled."""
    request: dict[str, Any]
    sweep_run_id: str | None
    created_at: float
    started_at: float | None
    ended_at: float | None

    @property
    def submission_key(self) -> str:
        """For which submission it was sent; its callback address says so."""
        found = _KEY.search(self.request["webhook_url"])
        assert found is not None, "a job without our callback address"
        return found[1]


def jobs(data: Path) -> list[ApiJob]:
    """Return every job in the order of acceptance, without disturbing the server."""
    book = data / "tradingapi.sqlite3"
    with closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True, timeout=10)) as database:
        rows = database.execute(_JOBS).fetchall()
    return [ApiJob(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]


def most_at_once(found: list[ApiJob]) -> int:
    """Return how many jobs the API had at a time, from acceptance to end, at the worst moment."""
    changes = [(job.created_at, 1) for job in found]
    changes += [(job.ended_at, -1) for job in found if job.ended_at is not None]
    at_once = worst = 0
    # An end and a beginning of one instant are not at once.
    for _, change in sorted(changes):
        at_once += change
        worst = max(worst, at_once)
    return worst

"""Jobs: accepted with their key in one transaction, ended with their news in another."""

import json
import secrets
import sqlite3
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tradingapi.answers import JobState
from tradingapi.store.contents import Content, remember
from tradingapi.store.database import Database

KEY_LIFE: Final = 30 * 86_400
"""Seconds for which an idempotency key is remembered."""

MOST_STARTS: Final = 3
"""A job during which the server died so often is failed, or it would kill every restart."""

RUN_ID_ALPHABET: Final = string.ascii_lowercase + string.digits


class KeyReusedError(Exception):
    """An idempotency key came before with another request."""


class QueueFullError(Exception):
    """So many jobs wait that no more are taken."""


@dataclass(frozen=True)
class NewJob:
    """A job to be accepted. `answer` is the body of the 202."""

    job_id: str
    request: dict[str, Any]
    effort: int
    """How much there is to compute; only sums of it mean anything."""
    answer: str
    fingerprint: str
    created_at: float


@dataclass(frozen=True)
class Job:
    """A stored job."""

    job_id: str
    state: JobState
    request: dict[str, Any]
    effort: int
    created_at: float
    started_at: float | None
    starts: int
    """How often a process began to run it."""
    sweep_run_id: str | None
    error_message: str | None
    content: str | None
    """Which result the run has; None before its end, and for runs of old versions."""
    postponed: int
    """How often its prices were asked to be asked for later."""

    @property
    def tickers(self) -> list[str] | None:
        """The tickers of a sweep of many; None for a sweep of one."""
        return self.request.get("tickers")


def new_run_id() -> str:
    """Invent the id of a run's results, `run_abc123xyz789`."""
    return "run_" + "".join(secrets.choice(RUN_ID_ALPHABET) for _ in range(12))


class JobStore:
    """Every statement about jobs. All methods block; call them from threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replay(self, key: str, fingerprint: str, now: float) -> str | None:
        """Return the first answer to a key, or None if the key is new.

        Raises:
            KeyReusedError: The key came with another request.
        """
        with self._database.read() as db:
            return _replay(db, key, fingerprint, now)

    def accept(self, job: NewJob, key: str | None, max_queued: int) -> str | None:
        """Store a job, and its key if it has one; both or none.

        Returns:
            The first answer, if the same key was accepted in the meantime.

        Raises:
            KeyReusedError: The key came with another request.
            QueueFullError: `max_queued` jobs wait already.
        """
        with self._database.write() as db:
            if key is not None:
                earlier = _replay(db, key, job.fingerprint, job.created_at)
                if earlier is not None:
                    return earlier
            waiting = db.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
            if waiting >= max_queued:
                raise QueueFullError
            db.execute(
                "INSERT INTO jobs (job_id, state, request, effort, created_at)"
                " VALUES (?, 'queued', ?, ?, ?)",
                (job.job_id, json.dumps(job.request), job.effort, job.created_at),
            )
            if key is not None:
                # An expired one of the same name is replaced.
                db.execute(
                    "INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?)",
                    (key, job.fingerprint, job.answer, job.created_at),
                )
        return None

    def get(self, job_id: str) -> Job | None:
        """Find a job."""
        with self._database.read() as db:
            row = db.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def waiting_effort(self) -> int:
        """Add up the effort of all jobs that have not ended."""
        with self._database.read() as db:
            open_jobs = "SELECT coalesce(sum(effort), 0) FROM jobs"
            row = db.execute(f"{open_jobs} WHERE state IN ('queued', 'running')").fetchone()
        return int(row[0])

    def recover(self) -> None:
        """Put what a dead process was running back into the queue."""
        with self._database.write() as db:
            db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    def claim(self, now: float) -> Job | None:
        """Take the job that waits longest and mark it as running."""
        with self._database.write(durable=False) as db:
            row = db.execute(
                "UPDATE jobs SET state = 'running', started_at = ?, starts = starts + 1"
                " WHERE seq = (SELECT min(seq) FROM jobs WHERE state = 'queued'"
                " AND not_before <= ?) RETURNING *",
                (now, now),
            ).fetchone()
        return None if row is None else _job(row)

    def release(self, job_id: str) -> None:
        """Put a job back that an orderly shutdown interrupted; it does not count as a start."""
        with self._database.write() as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', starts = starts - 1"
                " WHERE job_id = ? AND state = 'running'",
                (job_id,),
            )

    def postpone(self, job_id: str, until: float) -> None:
        """Put a job back that is to be tried again later; it does not count as a start."""
        with self._database.write() as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', starts = starts - 1, postponed = postponed + 1,"
                " not_before = ? WHERE job_id = ? AND state = 'running'",
                (until, job_id),
            )

    def next_at(self) -> float | None:
        """Return from when on the next postponed job may be claimed; None if none waits."""
        with self._database.read() as db:
            row = db.execute("SELECT min(not_before) FROM jobs WHERE state = 'queued'").fetchone()
        return None if row[0] is None else float(row[0])

    def cancel(self, job_id: str, now: float) -> JobState | None:
        """Cancel a job that has not ended, at once and for good.

        Returns:
            The state it was in before, or None if there is no such job. A final one stays.
        """
        with self._database.write() as db:
            row = db.execute("SELECT state FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
            db.execute(
                "UPDATE jobs SET state = 'cancelled', ended_at = ?"
                " WHERE job_id = ? AND state IN ('queued', 'running')",
                (now, job_id),
            )
        return None if row is None else JobState(row["state"])

    def complete(
        self,
        job: Job,
        content: Content,
        news: Callable[[str], dict[str, Any]],
        now: float,
        *,
        report: str | None = None,
    ) -> str | None:
        """Store the end of a job, what it found and its callback (`news` of the run id) as one.

        `report` is what a fresh content says about itself.

        Returns:
            The run id, or None if the job was cancelled in the meantime: then nothing is stored.
        """
        run_id = new_run_id()
        with self._database.write() as db:
            ended = db.execute(
                "UPDATE jobs SET state = 'completed', ended_at = ?, sweep_run_id = ?, content = ?"
                " WHERE job_id = ? AND state = 'running'",
                (now, run_id, content.name, job.job_id),
            )
            if ended.rowcount == 0:
                return None
            remember(db, content, now, report)
            _announce(db, job, news(run_id), now)
        return run_id

    def fail(self, job: Job, message: str, news: dict[str, Any], now: float) -> bool:
        """Store why a job failed, and its callback; False if it was cancelled meanwhile."""
        with self._database.write() as db:
            ended = db.execute(
                "UPDATE jobs SET state = 'failed', ended_at = ?, error_message = ?"
                " WHERE job_id = ? AND state = 'running'",
                (now, message, job.job_id),
            )
            if ended.rowcount:
                _announce(db, job, news, now)
        return ended.rowcount == 1

    def by_run(self, run_id: str) -> Job | None:
        """Find the job of a finished run."""
        with self._database.read() as db:
            row = db.execute("SELECT * FROM jobs WHERE sweep_run_id = ?", (run_id,)).fetchone()
        return None if row is None else _job(row)

    def prune(self, before: float) -> int:
        """Forget jobs that ended before, but those whose callback is still to be delivered."""
        with self._database.write() as db:
            pruned = db.execute(
                "DELETE FROM jobs WHERE ended_at < ? AND job_id NOT IN"
                " (SELECT job_id FROM deliveries WHERE state = 'pending')",
                (before,),
            )
            db.execute("DELETE FROM deliveries WHERE job_id NOT IN (SELECT job_id FROM jobs)")
        return pruned.rowcount

    def prune_keys(self, now: float) -> None:
        """Forget idempotency keys that are too old to be honored."""
        with self._database.write() as db:
            db.execute("DELETE FROM idempotency_keys WHERE created_at < ?", (now - KEY_LIFE,))


def _replay(db: sqlite3.Connection, key: str, fingerprint: str, now: float) -> str | None:
    row = db.execute(
        "SELECT * FROM idempotency_keys WHERE key = ? AND created_at >= ?", (key, now - KEY_LIFE)
    ).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise KeyReusedError
    return str(row["answer"])


def _announce(db: sqlite3.Connection, job: Job, body: dict[str, Any], now: float) -> None:
    db.execute(
        "INSERT INTO deliveries (job_id, url, body, created_at, next_at) VALUES (?, ?, ?, ?, ?)",
        (job.job_id, job.request["webhook_url"], json.dumps(body), now, now),
    )


def _job(row: sqlite3.Row) -> Job:
    return Job(
        job_id=row["job_id"],
        state=JobState(row["state"]),
        request=json.loads(row["request"]),
        effort=row["effort"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        starts=row["starts"],
        sweep_run_id=row["sweep_run_id"],
        error_message=row["error_message"],
        content=row["content"],
        postponed=row["postponed"],
    )

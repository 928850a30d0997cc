"""Jobs: accepted with their key in one transaction, ended with their news in another."""

import json
import secrets
import sqlite3
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from tradingapi.answers import JobState
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
    pairs: int
    answer: str
    fingerprint: str
    created_at: float


@dataclass(frozen=True)
class Job:
    """A stored job."""

    job_id: str
    state: JobState
    request: dict[str, Any]
    created_at: float
    started_at: float | None
    starts: int
    """How often a process began to run it."""
    sweep_run_id: str | None
    error_message: str | None


@dataclass(frozen=True)
class Found:
    """What a run found, as it goes over the wire: rows best first, each with its `qualified`."""

    summary: dict[str, Any]
    rows: Iterable[tuple[bool, dict[str, Any]]]


@dataclass(frozen=True)
class Best:
    """The best rows of a run. Bodies are JSON text as stored."""

    request: dict[str, Any]
    summary: dict[str, Any]
    rows: list[dict[str, Any]]
    total: int
    excluded: int


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
                "INSERT INTO jobs (job_id, state, request, pairs, created_at)"
                " VALUES (?, 'queued', ?, ?, ?)",
                (job.job_id, json.dumps(job.request), job.pairs, job.created_at),
            )
            if key is not None:
                expired = job.created_at - KEY_LIFE
                db.execute("DELETE FROM idempotency_keys WHERE created_at < ?", (expired,))
                db.execute(
                    "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)",
                    (key, job.fingerprint, job.answer, job.created_at),
                )
        return None

    def get(self, job_id: str) -> Job | None:
        """Find a job."""
        with self._database.read() as db:
            row = db.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def waiting_pairs(self) -> int:
        """Count the pairs of all jobs that have not ended."""
        with self._database.read() as db:
            open_jobs = "SELECT coalesce(sum(pairs), 0) FROM jobs"
            row = db.execute(f"{open_jobs} WHERE state IN ('queued', 'running')").fetchone()
        return int(row[0])

    def recover(self) -> None:
        """Put what a dead process was running back into the queue."""
        with self._database.write() as db:
            db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    def claim(self, now: float) -> Job | None:
        """Take the job that waits longest and mark it as running."""
        with self._database.write() as db:
            row = db.execute(
                "UPDATE jobs SET state = 'running', started_at = ?, starts = starts + 1"
                " WHERE seq = (SELECT min(seq) FROM jobs WHERE state = 'queued') RETURNING *",
                (now,),
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
        self, job: Job, found: Found, news: Callable[[str], dict[str, Any]], now: float
    ) -> str | None:
        """Store results, the end of the job and its callback (`news` of the run id) as one.

        Returns:
            The run id, or None if the job was cancelled in the meantime: then nothing is stored.
        """
        run_id = new_run_id()
        with self._database.write() as db:
            ended = db.execute(
                "UPDATE jobs SET state = 'completed', ended_at = ?, sweep_run_id = ?, summary = ?"
                " WHERE job_id = ? AND state = 'running'",
                (now, run_id, json.dumps(found.summary), job.job_id),
            )
            if ended.rowcount == 0:
                return None
            db.executemany(
                "INSERT INTO results VALUES (?, ?, ?, ?)",
                (
                    (run_id, rank, qualified, json.dumps(body, allow_nan=False))
                    for rank, (qualified, body) in enumerate(found.rows, 1)
                ),
            )
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

    def best(self, run_id: str, limit: int, *, include_excluded: bool) -> Best | None:
        """Read the best rows of a run; None if there is no such run."""
        with self._database.read() as db:
            job = db.execute("SELECT * FROM jobs WHERE sweep_run_id = ?", (run_id,)).fetchone()
            if job is None:
                return None
            total, qualified = db.execute(
                "SELECT count(*), coalesce(sum(qualified), 0) FROM results WHERE sweep_run_id = ?",
                (run_id,),
            ).fetchone()
            rows = db.execute(
                "SELECT body FROM results WHERE sweep_run_id = ? AND (qualified OR ?)"
                " ORDER BY rank LIMIT ?",
                (run_id, include_excluded, limit),
            ).fetchall()
        return Best(
            request=json.loads(job["request"]),
            summary=json.loads(job["summary"]),
            rows=[json.loads(row["body"]) for row in rows],
            total=total,
            excluded=total - qualified,
        )


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
        created_at=row["created_at"],
        started_at=row["started_at"],
        starts=row["starts"],
        sweep_run_id=row["sweep_run_id"],
        error_message=row["error_message"],
    )

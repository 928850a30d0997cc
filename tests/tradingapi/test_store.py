"""The store's transactions, where HTTP cannot time an interleaving."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tradingapi.answers import JobState
from tradingapi.store.contents import Content
from tradingapi.store.database import Database
from tradingapi.store.deliveries import DeliveryStore
from tradingapi.store.jobs import (
    KEY_LIFE,
    Job,
    JobStore,
    KeyReusedError,
    NewJob,
    QueueFullError,
)

NOON = 1_700_000_000.0
FOUND = Content("c" * 64, {"a": 1}, 8, 3, "d" * 64, 1_000, NOON)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store."""
    opened = Database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def jobs(database: Database) -> JobStore:
    """Its jobs."""
    return JobStore(database)


@pytest.fixture
def deliveries(database: Database) -> DeliveryStore:
    """Its deliveries."""
    return DeliveryStore(database)


def a_job(job_id: str, *, fingerprint: str = "same", at: float = NOON) -> NewJob:
    """Build a job to be accepted."""
    request = {"ticker": "BTC-USD", "webhook_url": "http://127.0.0.1:9/x"}
    return NewJob(job_id, request, 8, f"answer of {job_id}", fingerprint, at)


def accept(jobs: JobStore, job_id: str, key: str | None = None, **changes: Any) -> str | None:
    """Accept a job into a long queue."""
    return jobs.accept(a_job(job_id, **changes), key, max_queued=100)


def claim(jobs: JobStore) -> Job:
    """Take the next job, which must be there."""
    job = jobs.claim(NOON)
    assert job is not None
    return job


def news(run_id: str) -> dict[str, Any]:
    """Write a callback."""
    return {"run": run_id}


def test_a_job_cancelled_during_its_last_chunk_stays_cancelled(
    jobs: JobStore, deliveries: DeliveryStore
) -> None:
    """1. claim, 2. cancel, 3. the worker comes to store the end: no results, no callback."""
    accept(jobs, "a")
    job = claim(jobs)

    assert JobState.RUNNING == jobs.cancel("a", NOON)
    assert jobs.complete(job, FOUND, news, NOON) is None
    assert not jobs.fail(job, "too late", {}, NOON)
    jobs.release("a")

    stored = jobs.get("a")
    assert stored is not None
    assert (JobState.CANCELLED, None) == (stored.state, stored.sweep_run_id)
    assert [] == deliveries.take(NOON, 60, 10)


def test_a_completed_job_cannot_be_cancelled_any_more(jobs: JobStore) -> None:
    """Its results and callback stay."""
    accept(jobs, "a")
    run_id = jobs.complete(claim(jobs), FOUND, news, NOON)

    assert JobState.COMPLETED == jobs.cancel("a", NOON)
    stored = jobs.get("a")
    assert stored is not None
    assert (JobState.COMPLETED, run_id) == (stored.state, stored.sweep_run_id)


def test_the_end_of_a_job_its_results_and_its_callback_are_one(
    jobs: JobStore, deliveries: DeliveryStore
) -> None:
    """A summary that cannot be stored undoes all of it."""
    accept(jobs, "a")
    job = claim(jobs)
    broken = replace(FOUND, summary={"score": float("nan")})

    with pytest.raises(ValueError, match="JSON"):
        jobs.complete(job, broken, news, NOON)

    stored = jobs.get("a")
    assert stored is not None
    assert JobState.RUNNING == stored.state
    assert [] == deliveries.take(NOON, 60, 10)
    assert jobs.complete(job, FOUND, news, NOON) is not None
    assert 1 == len(deliveries.take(NOON, 60, 10))


def test_two_posts_with_one_key_at_once_make_one_job(jobs: JobStore) -> None:
    """Both looked before either was stored: the second gets the first one's answer."""
    assert jobs.replay("k", "same", NOON) is None
    assert accept(jobs, "a", "k") is None

    assert "answer of a" == accept(jobs, "b", "k")
    assert jobs.get("b") is None
    with pytest.raises(KeyReusedError):
        accept(jobs, "c", "k", fingerprint="other")


def test_a_key_lives_for_thirty_days(jobs: JobStore) -> None:
    """Then it is a new one."""
    accept(jobs, "a", "k")

    assert "answer of a" == jobs.replay("k", "same", NOON + KEY_LIFE)
    assert jobs.replay("k", "other", NOON + KEY_LIFE + 1) is None
    assert accept(jobs, "b", "k", fingerprint="other", at=NOON + KEY_LIFE + 1) is None


def test_a_full_queue_stores_neither_job_nor_key(jobs: JobStore) -> None:
    """What was refused may come again."""
    accept(jobs, "a")

    with pytest.raises(QueueFullError):
        jobs.accept(a_job("b"), "k", max_queued=1)

    assert jobs.replay("k", "same", NOON) is None
    assert jobs.get("b") is None


def test_jobs_are_taken_in_the_order_of_acceptance_and_once_each(jobs: JobStore) -> None:
    """First come, first served."""
    for name in ("a", "b", "c"):
        accept(jobs, name)

    assert ["a", "b", "c"] == [claim(jobs).job_id for _ in range(3)]
    assert jobs.claim(NOON) is None


def test_only_a_crash_counts_as_a_start(jobs: JobStore) -> None:
    """An orderly release does not bring a job nearer to being given up."""
    accept(jobs, "a")
    for _ in range(5):
        assert 1 == claim(jobs).starts
        jobs.release("a")
    claim(jobs)
    jobs.recover()

    assert 2 == claim(jobs).starts


def test_a_taken_delivery_is_nobody_elses_until_its_lease_ends(
    jobs: JobStore, deliveries: DeliveryStore
) -> None:
    """Or until the next process starts."""
    accept(jobs, "a")
    jobs.complete(claim(jobs), FOUND, news, NOON)

    (taken,) = deliveries.take(NOON, 60, 10)

    assert 1 == taken.tries
    assert "127.0.0.1:9" not in repr(taken)
    assert [] == deliveries.take(NOON + 59, 60, 10)
    assert NOON + 60 == deliveries.next_at()
    deliveries.recover(NOON + 1)
    assert [2] == [again.tries for again in deliveries.take(NOON + 1, 60, 10)]
    deliveries.close("a", delivered=True)
    assert deliveries.next_at() is None


def test_the_file_is_for_its_owner_only(tmp_path: Path, database: Database) -> None:
    """Callback URLs in it hold secrets."""
    assert 0o600 == (tmp_path / "tradingapi.sqlite3").stat().st_mode & 0o777

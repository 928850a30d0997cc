"""What the store keeps and forgets, and how an older version's file is taken over."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tradingapi.test_store import FOUND, NOON, a_job, claim, news
from tradingapi.store.contents import ContentStore
from tradingapi.store.database import FROM_1, SCHEMA, Database
from tradingapi.store.deliveries import DeliveryStore
from tradingapi.store.jobs import KEY_LIFE, JobStore

DAY = 86_400.0

VERSION_1 = """
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    request TEXT NOT NULL, pairs INTEGER NOT NULL, created_at REAL NOT NULL, started_at REAL,
    ended_at REAL, starts INTEGER NOT NULL DEFAULT 0, sweep_run_id TEXT UNIQUE,
    error_message TEXT, summary TEXT
);
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answer TEXT NOT NULL, created_at REAL NOT NULL
);
CREATE TABLE results (
    sweep_run_id TEXT NOT NULL, rank INTEGER NOT NULL, qualified INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (sweep_run_id, rank)
) WITHOUT ROWID;
INSERT INTO jobs (job_id, state, request, pairs, created_at, ended_at, sweep_run_id, summary)
VALUES ('old', 'completed', '{}', 1, 1.0, 2.0, 'run_old', '{}');
INSERT INTO jobs (job_id, state, request, pairs, created_at)
VALUES ('next', 'queued', '{}', 1, 3.0);
INSERT INTO results VALUES ('run_old', 1, 1, '{}');
PRAGMA user_version = 1;
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store."""
    opened = Database(tmp_path)
    yield opened
    opened.close()


def finish(database: Database, job_id: str, content: str, *, at: float) -> None:
    """Run a job to its end with a result of 1,000 bytes."""
    jobs = JobStore(database)
    jobs.accept(a_job(job_id), f"key of {job_id}", max_queued=10)
    assert jobs.complete(claim(jobs), replace(FOUND, name=content), news, at)


def test_an_ended_job_is_forgotten_once_its_callback_is_over(database: Database) -> None:
    """However old it is: somebody still waits to hear of it."""
    jobs, deliveries = JobStore(database), DeliveryStore(database)
    finish(database, "a", "x", at=NOON)

    assert 0 == jobs.prune(NOON + 1)
    deliveries.close("a", delivered=False)
    assert 0 == jobs.prune(NOON)
    assert 1 == jobs.prune(NOON + 1)
    assert jobs.get("a") is None
    assert 0 == jobs.prune(NOON + 1)


def test_a_job_that_has_not_ended_is_never_forgotten(database: Database) -> None:
    """It may have waited for a year."""
    jobs = JobStore(database)
    jobs.accept(a_job("a"), None, max_queued=10)

    assert 0 == jobs.prune(NOON + 365 * DAY)


def test_keys_are_forgotten_when_they_are_not_honored_any_more(database: Database) -> None:
    """Not a second before, and other keys stay."""
    jobs = JobStore(database)
    jobs.accept(a_job("a"), "old", max_queued=10)
    jobs.accept(a_job("b", at=NOON + DAY), "young", max_queued=10)

    jobs.prune_keys(NOON + KEY_LIFE + 1)

    with database.read() as db:
        assert ["young"] == [row[0] for row in db.execute("SELECT key FROM idempotency_keys")]


def test_the_least_used_results_go_first_when_room_is_short(database: Database) -> None:
    """Whoever was wanted last stays, however old; the newest ones are spared in any case."""
    contents = ContentStore(database)
    for number, name in enumerate(("x", "y", "z")):
        finish(database, f"job {name}", name, at=NOON + number)
    contents.touch({"x": NOON + 10})

    assert ["y"] == contents.to_prune(2_000, 0, NOON + 60)
    assert ["z", "y"] == contents.to_prune(1_000, 0, NOON + 60)
    assert ["y"] == contents.to_prune(0, 0, NOON + 2)
    assert [] == contents.to_prune(3_000, 0, NOON + 60)


def test_results_that_nobody_wanted_for_long_go_whatever_room_there_is(database: Database) -> None:
    """By when they were used last."""
    contents = ContentStore(database)
    finish(database, "a", "x", at=NOON)
    finish(database, "b", "y", at=NOON + DAY)

    assert ["x"] == contents.to_prune(10**9, NOON + DAY, NOON + 2 * DAY)


def test_a_late_note_of_use_does_not_make_a_result_older(database: Database) -> None:
    """Notes are written in rounds, and another run may have used it since."""
    contents = ContentStore(database)
    finish(database, "a", "x", at=NOON + 100)

    contents.touch({"x": NOON})

    assert [] == contents.to_prune(10**9, NOON + 50, NOON + DAY)


def test_a_job_that_is_postponed_waits_its_time_and_others_pass(database: Database) -> None:
    """It does not count as a start, and wakes the worker when it is due."""
    jobs = JobStore(database)
    for name in ("a", "b"):
        jobs.accept(a_job(name), None, max_queued=10)
    jobs.postpone(claim(jobs).job_id, NOON + 60)

    assert "b" == claim(jobs).job_id
    assert jobs.claim(NOON + 59) is None
    assert NOON + 60 == jobs.next_at()
    again = jobs.claim(NOON + 60)
    assert again is not None
    assert ("a", 1, 1) == (again.job_id, again.starts, again.postponed)


def test_a_cancelled_job_is_not_postponed_back_to_life(database: Database) -> None:
    """1. claim, 2. cancel, 3. the source wants to be asked later."""
    jobs = JobStore(database)
    jobs.accept(a_job("a"), None, max_queued=10)
    job = claim(jobs)
    jobs.cancel("a", NOON)

    jobs.postpone(job.job_id, NOON + 1)

    assert jobs.claim(NOON + 2) is None


def test_the_file_of_version_1_is_taken_over(tmp_path: Path) -> None:
    """Its jobs go on; its finished runs have no rows here, as pruned ones."""
    with sqlite3.connect(tmp_path / "tradingapi.sqlite3") as old:
        old.executescript(VERSION_1)
    old.close()

    database = Database(tmp_path)
    jobs = JobStore(database)
    finished, waiting = jobs.by_run("run_old"), jobs.claim(NOON)
    database.close()
    Database(tmp_path).close()

    assert finished is not None
    assert finished.content is None
    assert waiting is not None
    assert "next" == waiting.job_id


def test_the_file_of_version_2_is_taken_over(tmp_path: Path) -> None:
    """What waits goes on with its effort, and a result without a report stays readable."""
    with sqlite3.connect(tmp_path / "tradingapi.sqlite3") as old:
        old.executescript(VERSION_1 + FROM_1 + SCHEMA.replace("effort", "pairs"))
        old.execute("UPDATE jobs SET pairs = 7")
        old.execute("INSERT INTO contents VALUES ('x', '{}', 1, 1, 'd', 1, 1.0, 1.0)")
        old.execute("PRAGMA user_version = 2")
    old.close()

    database = Database(tmp_path)
    waiting, contents = JobStore(database).claim(NOON), ContentStore(database)
    known, report = contents.get("x"), contents.report("x")
    database.close()

    assert waiting is not None
    assert ("next", 7) == (waiting.job_id, waiting.effort)
    assert (True, None) == (known is not None, report)


def test_a_report_is_forgotten_with_its_result(database: Database) -> None:
    """Nothing of it stays in the file."""
    jobs, contents = JobStore(database), ContentStore(database)
    jobs.accept(a_job("a"), None, max_queued=10)
    jobs.complete(claim(jobs), FOUND, news, NOON, report="{}")

    assert "{}" == contents.report(FOUND.name)
    contents.forget(FOUND.name)
    assert contents.report(FOUND.name) is None


def test_a_secret_of_the_server_outlives_it(tmp_path: Path) -> None:
    """Cursors of yesterday are good today, and each directory has its own."""
    secrets = []
    for folder in (tmp_path / "a", tmp_path / "a", tmp_path / "b"):
        database = Database(folder)
        secrets.append(database.secret("cursors"))
        database.close()

    assert secrets[0] == secrets[1] != secrets[2]
    assert 32 == len(secrets[0])

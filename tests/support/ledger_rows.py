"""Rows of the ledger for tests that need some to be there: only what matters is given."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tradingsweep.adapters.migrate import migrate

Connection = psycopg.Connection[tuple[Any, ...]]


def migrated(dsn: str) -> str:
    """Bring a database to the newest schema and return its DSN."""
    asyncio.run(migrate(dsn))
    return dsn


def connect(dsn: str) -> Connection:
    """Connect so that each statement is its own transaction."""
    return psycopg.connect(dsn, autocommit=True, connect_timeout=5)


def key_of(name: str) -> str:
    """Return a submission key that is the same for the same name."""
    return hashlib.sha256(name.encode()).hexdigest()


@dataclass(frozen=True)
class ARun:
    """A sweep with one run in the ledger."""

    sweep_uid: str
    run_id: str


def a_run(connection: Connection, sweep_uid: str = "uid-1", *, status: str = "RUNNING") -> ARun:
    """Insert a sweep and its first run."""
    connection.execute(
        "INSERT INTO sweeps (uid, cluster_id, shard, namespace, name, generation_seen, spec,"
        " spec_hash, identity_version, run_no)"
        " VALUES (%s, 'cluster-1', 'all', 'desk-a', 'btc-sma', 1, '{}', 'hash-1', 1, 1)",
        (sweep_uid,),
    )
    row = connection.execute(
        "INSERT INTO pipeline_jobs (sweep_uid, run_no, tenant_id, status, spec_hash, parameters,"
        " combinations, requested_combinations, deadline_seconds, store_results)"
        " VALUES (%s, 1, 'desk-a', %s, 'hash-1', '{}', 8, 9, 3600, 100) RETURNING id::text",
        (sweep_uid, status),
    ).fetchone()
    assert row is not None
    return ARun(sweep_uid, row[0])


def a_submission(
    connection: Connection,
    run: ARun,
    *,
    n: int = 1,
    state: str = "accepted",
    job_id: str | None = None,
) -> str:
    """Insert the run's n-th submission and return its key."""
    key = key_of(f"{run.sweep_uid}|{n}")
    connection.execute(
        "INSERT INTO submissions (key, run_id, sweep_uid, run_no, n, state, request,"
        " callback_base, token_kid, idempotent, leader_epoch)"
        " VALUES (%s, %s, %s, 1, %s, %s, %s, 'http://127.0.0.1', 'k1', true, 1)",
        (key, run.run_id, run.sweep_uid, n, state, Jsonb({})),
    )
    if job_id is not None:
        connection.execute(
            "INSERT INTO submission_job_ids (submission_key, external_job_id, source)"
            " VALUES (%s, %s, 'answer')",
            (key, job_id),
        )
    return key

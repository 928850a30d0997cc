"""The SQLite file: opening it, its tables, and transactions."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    starts INTEGER NOT NULL DEFAULT 0,
    sweep_run_id TEXT UNIQUE,
    error_message TEXT,
    summary TEXT
);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (seq) WHERE state IN ('queued', 'running');
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS results (
    sweep_run_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    qualified INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sweep_run_id, rank)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    job_id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    next_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending'
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_at) WHERE state = 'pending';
"""
"""Times are seconds since 1970; `seq` is the order of acceptance."""

SCHEMA_VERSION: Final = 1

BUSY_SECONDS: Final = 30.0


class DataDirError(Exception):
    """The data directory cannot be used; the message says why."""


class Database:
    """One SQLite file in write-ahead mode, owned by one process.

    Each transaction has a connection of its own: opening one takes about 0.1 ms and no thread
    ever shares one. A connection is kept open besides, or every close would be a checkpoint.
    """

    def __init__(self, data_dir: Path) -> None:
        """Open or create the file; its callback URLs hold secrets, so only the owner reads it."""
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            self._lock = (data_dir / "lock").open("w")
            self._path = data_dir / "tradingapi.sqlite3"
            self._path.touch(mode=0o600)
        except OSError as error:
            raise DataDirError(f"{data_dir} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise DataDirError(f"{data_dir} is in use by another server") from error
        self._anchor = self._connect()
        self._anchor.execute("PRAGMA journal_mode = WAL").fetchone()
        self._prepare()

    def close(self) -> None:
        """Close the file and let another server have it."""
        self._anchor.close()
        self._lock.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction: on disk when this returns, undone when it raises."""
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            connection.close()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Look at one consistent state."""
        connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        # FULL: an accepted job survives a power cut too, not only a killed process.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _prepare(self) -> None:
        (version,) = self._anchor.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            self.close()
            raise DataDirError(f"the data is of a newer version ({version}) than this server")
        self._anchor.executescript(SCHEMA)
        self._anchor.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

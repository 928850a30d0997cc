"""The SQLite file: opening it, its tables, and transactions."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    effort INTEGER NOT NULL,
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    starts INTEGER NOT NULL DEFAULT 0,
    sweep_run_id TEXT UNIQUE,
    error_message TEXT,
    content TEXT,
    not_before REAL NOT NULL DEFAULT 0,
    postponed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (seq) WHERE state IN ('queued', 'running');
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS contents (
    content TEXT PRIMARY KEY,
    summary TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    qualified INTEGER NOT NULL,
    data_sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at REAL NOT NULL,
    used_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS reports (content TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
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
"""Times are seconds since 1970; `seq` is the order of acceptance. A run's rows are in a file."""

SCHEMA_VERSION: Final = 3

FROM_1: Final = """
ALTER TABLE jobs ADD COLUMN content TEXT;
ALTER TABLE jobs ADD COLUMN not_before REAL NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN postponed INTEGER NOT NULL DEFAULT 0;
DROP TABLE results;
"""
"""Rows of version 1 were JSON in the database; their runs answer as pruned ones do."""

FROM_2: Final = """
ALTER TABLE jobs RENAME COLUMN pairs TO effort;
"""
"""Results of version 2 have no report; a question that is asked again is another one now."""

UPGRADES: Final = {1: FROM_1 + FROM_2, 2: FROM_2}
"""What brings the file of an older version here; each ends where `SCHEMA` begins."""

BUSY_SECONDS: Final = 30.0


class DataDirError(Exception):
    """The data directory cannot be used; the message says why."""


class Database:
    """One SQLite file in write-ahead mode, owned by one process.

    Each transaction has a connection to itself, and no two threads share one at a time. It is kept
    for later ones: a new connection reads the whole schema first. One that failed is closed; one
    is always open besides, or the last to close would be a checkpoint.
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
        self._idle: list[sqlite3.Connection] = []
        self._anchor = self._connect()
        self._anchor.execute("PRAGMA journal_mode = WAL").fetchone()
        self._prepare()

    def close(self) -> None:
        """Close the file and let another server have it."""
        while self._idle:
            self._idle.pop().close()
        self._anchor.close()
        self._lock.close()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run a transaction: on disk when this returns, undone when it raises.

        One that is not `durable` survives a killed process, and may be lost in a power cut. It
        saves a wait for the disk where losing it only means to do something again.
        """
        with self._connection() as connection:
            # FULL: an accepted job survives a power cut too, not only a killed process.
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Look at one consistent state."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; it is kept for the next one where nothing went wrong."""
        try:
            # The last that was given back, without a lock: a list pops for one thread at a time.
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        return connection

    def _prepare(self) -> None:
        (version,) = self._anchor.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            self.close()
            raise DataDirError(f"the data is of a newer version ({version}) than this server")
        upgrade = UPGRADES.get(version, "")
        # One transaction: a crash in between leaves the old version whole.
        self._anchor.executescript(
            f"BEGIN; {upgrade} {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )

    def secret(self, name: str) -> bytes:
        """Return a secret of this data directory; it is invented when it is first asked for."""
        with self.write() as db:
            db.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, token_bytes(32)))
            row = db.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()
        return bytes(row["value"])

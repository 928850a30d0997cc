"""The receiver's one way into Postgres: put a callback into the inbox, and wake the operator.

What is put is committed when `put` returns. The wake is a NOTIFY outside the insert's transaction
(inside, Postgres commits one such transaction at a time: 190/s against 2,728/s), and may be lost:
the operator also looks by itself.
"""

import asyncio
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from tradingsweep.adapters.dsn import parts_of
from tradingsweep.errors import LedgerUnavailable

CHANNEL = "tradingsweep_inbox"
"""Where the operator listens."""

_CONNECTIONS = 8
_WAITING = 256
"""Callers that may wait for a connection; the next one is told at once that Postgres is away."""
_RECONNECT_SECONDS = 3.0
"""The pool's own back-off doubles; it gives up this soon, and the next caller tries at once."""
_NOTIFY_EVERY = 0.05
"""Seconds between two NOTIFY."""

_Row = tuple[Any, ...]

_log = structlog.get_logger(__name__)


class Kept(StrEnum):
    """What became of a callback."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    FULL = "full"
    PARKED = "parked"
    """It names a job that nobody knows yet, and waits for its submission's answer."""
    UNKNOWN = "unknown"


class _BrokenError(Exception):
    """A connection of the pool had been lost before it was used."""


class Inbox:
    """`async with Inbox(dsn, within=3.0) as inbox:` opens at once, also where Postgres is away.

    Every call answers or raises `LedgerUnavailable` within that many seconds.
    """

    def __init__(self, dsn: str, *, within: float) -> None:
        self._within = within
        self._bell = _Bell(dsn, within)
        self._abandoned: set[asyncio.Task[Any]] = set()
        self._pool = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=_CONNECTIONS,
            open=False,
            timeout=within,
            max_waiting=_WAITING,
            max_lifetime=1800,
            reconnect_timeout=_RECONNECT_SECONDS,
            kwargs=_session(dsn, within),
            name="inbox",
        )

    async def __aenter__(self) -> Self:
        await self._pool.open(wait=False)
        self._bell.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._bell.stop()
        await self._pool.close(timeout=self._within)

    async def put(self, key: str, body: bytes) -> Kept:
        """Store a callback whose token was verified; never `UNKNOWN`."""
        return await self._keep("SELECT public.inbox_put_v1(%s, %b)", (key, body))

    async def put_unsigned(self, job_id: str, body: bytes) -> Kept:
        """Store a callback that only names a job, for each open submission that has it."""
        return await self._keep("SELECT public.inbox_put_unsigned_v1(%s, %b)", (job_id, body))

    async def check(self) -> None:
        """Return if a callback could be stored now."""
        row = await self._ask(
            "SELECT has_function_privilege('public.inbox_put_v1(text, bytea)', 'EXECUTE')"
            " AND NOT pg_is_in_recovery()",
            (),
        )
        if row != (True,):
            raise LedgerUnavailable("this role may not put into the inbox, or may only read")

    async def _keep(self, query: LiteralString, values: tuple[object, ...]) -> Kept:
        row = await self._ask(query, values)
        kept = Kept(row[0]) if row else Kept.UNKNOWN
        if kept is Kept.STORED:
            self._bell.ring()
        return kept

    async def _ask(self, query: LiteralString, values: tuple[object, ...]) -> _Row | None:
        """Execute, but do not wait longer than we may.

        Cancelling a query asks the server and waits for it, for seconds where it hangs: that goes
        on behind the caller's back.
        """
        task = asyncio.create_task(self._execute(query, values))
        done, _ = await asyncio.wait({task}, timeout=self._within)
        if done:
            return task.result()
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        task.cancel()
        raise LedgerUnavailable("Postgres did not answer in time")

    async def _execute(self, query: LiteralString, values: tuple[object, ...]) -> _Row | None:
        """Execute on the first connection that lives.

        The pool does not check a connection before it hands it out: that would be a second round
        trip for every callback. A broken one is thrown away and the next one asked; what it may
        have done all the same is done once, for the same body is a duplicate.
        """
        for _ in range(_CONNECTIONS):
            with suppress(_BrokenError):
                return await self._try(query, values)
        raise LedgerUnavailable("Postgres is away (every connection was broken)")

    async def _try(self, query: LiteralString, values: tuple[object, ...]) -> _Row | None:
        try:
            async with self._pool.connection() as connection:
                try:
                    # Autocommit: psycopg returns when the server is idle again, after the commit.
                    cursor = await connection.execute(query, values)
                except psycopg.errors.ReadOnlySqlTransaction:
                    # The server became a standby: the pool must not hand this connection out again.
                    await connection.close()
                    raise
                except psycopg.OperationalError as error:
                    if connection.broken:
                        raise _BrokenError from error
                    raise
                return await cursor.fetchone()
        except psycopg.Error as error:
            # Without the driver's words: they may quote the statement's values.
            code = error.sqlstate or type(error).__name__
            raise LedgerUnavailable(f"Postgres is away or refused ({code})") from None

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()


class _Bell:
    """At most one NOTIFY per 50 ms, on a connection of its own, for any number of rings."""

    def __init__(self, dsn: str, within: float) -> None:
        self._dsn = dsn
        self._session = _session(dsn, within)
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="inbox-notify")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def ring(self) -> None:
        self._rung.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._serve()
            except psycopg.Error as error:
                _log.warning("cannot wake the operator", error=type(error).__name__)
            # A connection that broke is made again at once; a server that is away is tried again
            # at the next ring, not in a loop.
            await asyncio.sleep(_NOTIFY_EVERY)

    async def _serve(self) -> None:
        await self._rung.wait()
        self._rung.clear()
        async with await AsyncConnection.connect(self._dsn, **self._session) as connection:
            self._rung.set()
            while True:
                await self._rung.wait()
                # First: a ring while the server works is for a row that this NOTIFY came before.
                self._rung.clear()
                try:
                    await connection.execute(f"NOTIFY {CHANNEL}")
                except psycopg.Error:
                    self._rung.set()
                    raise
                await asyncio.sleep(_NOTIFY_EVERY)


def _session(dsn: str, within: float) -> dict[str, Any]:
    """Return the settings of a connection; what the DSN says itself goes first."""
    milliseconds = int(within * 1000)
    wanted: dict[str, Any] = {
        "application_name": "tradingsweep-receiver",
        "connect_timeout": max(2, int(within)),
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "target_session_attrs": "read-write",
        "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
    }
    given = parts_of(dsn)
    session = {key: value for key, value in wanted.items() if key not in given}
    # A pooler in transaction mode knows no prepared statements.
    return {**session, "autocommit": True, "prepare_threshold": None}

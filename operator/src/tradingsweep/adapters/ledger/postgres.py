"""The pool, and Postgres' errors in the project's own words.

A note on the queries beside this file: what is read all the time joins by `LATERAL (… OFFSET 0)`.
The OFFSET keeps Postgres from turning the look at one row by its key into a join in another order.
In a new or restored ledger, before autovacuum has counted its rows, it believes that any index is
as good as the key, and reads all rows of the cluster for each row of the outbox or of the line.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from tradingsweep.adapters.dsn import one_line, parts_of
from tradingsweep.adapters.migrate import schema_state, shipped
from tradingsweep.errors import ConfigurationError, LedgerUnavailable


class Connection(psycopg.AsyncConnection[DictRow]):
    """One of the pool's."""

    alive_at = -math.inf
    """When it answered last, on this process's clock."""


Pool = AsyncConnectionPool[Connection]

_AWAY_CLASSES = frozenset({"08", "40", "53", "57", "58"})
"""Connection, rollback, resources, intervention, system: the first two of five characters."""
_AWAY_CODES = frozenset({"25006", "25P03", "25P04", "55P03"})
"""Read-only, idle or too long in a transaction, a lock that was not to be had."""
ALIVE_FOR = 1.0
"""Seconds for which a connection that answered is handed out unasked: to ask costs a round trip, as
most of what it is wanted for does. One that died within them costs a pass, which is repeated."""
STATEMENT_TIMEOUT_MS = 15_000
CALL_SECONDS = 20.0
"""For a whole transaction: longer than the server gives one statement of it."""
# A stopped process that holds a lock loses it after these. Idle is only who has sent a Sync: in the
# middle of a pipeline the server waits for the next message without that limit.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
TRANSACTION_TIMEOUT_MS = 15_000
LIMITS_TRANSACTIONS = 17_00_00
"""The version of Postgres that has such a limit; with one before it, nothing is pipelined."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose rows these are: no other cluster's or shard's are touched (W6)."""

    cluster_id: str
    shard: str
    callback_base: str
    """Recorded with each intent."""
    token_kid: str
    api: str = "default"
    app: int = 0
    """The newest migration that this program knows: rows that need a newer one are left alone."""
    epoch: int = 0
    send_window: timedelta = timedelta(seconds=5)
    time_scale: float = 1.0
    """Of the runs' deadlines, as of every delay of the protocol."""
    outbox_claim: timedelta = timedelta(seconds=30)
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How the connections of a pool are used."""

    in_use: int
    idle: int
    waiting: int
    """Callers that wait for one."""


def use_of(pool: Pool) -> PoolUse:
    """Return how the pool stands now."""
    said = pool.get_stats()
    size, idle = said.get("pool_size", 0), said.get("pool_available", 0)
    return PoolUse(in_use=size - idle, idle=idle, waiting=said.get("requests_waiting", 0))


async def connect(dsn: str, *, max_size: int = 8, application: str = "tradingsweep") -> Pool:
    """Open the pool of an operator.

    Raises:
        ConfigurationError: the DSN cannot be read.
        LedgerUnavailable: Postgres could not be reached within ten seconds.
    """
    pool: Pool = AsyncConnectionPool(
        dsn,
        connection_class=Connection,
        kwargs=_session(dsn, application),
        min_size=1,
        max_size=max_size,
        open=False,
        timeout=5,
        reconnect_timeout=5,
        configure=_limit_transactions,
        check=_check_if_idle,
    )
    try:
        await pool.open(wait=True, timeout=10)
    except psycopg.OperationalError as error:
        await pool.close()
        raise LedgerUnavailable(f"Postgres cannot be reached: {one_line(error)}") from error
    return pool


async def _limit_transactions(connection: Connection) -> None:
    if _pipelines(connection):
        await connection.execute(f"SET transaction_timeout = {TRANSACTION_TIMEOUT_MS}")


def _pipelines(connection: Connection) -> bool:
    return connection.info.server_version >= LIMITS_TRANSACTIONS


async def _check_if_idle(connection: Connection) -> None:
    if time.monotonic() - connection.alive_at > ALIVE_FOR:
        await AsyncConnectionPool.check_connection(connection)


def _session(dsn: str, application: str) -> dict[str, Any]:
    """Return the settings of a connection; what the DSN says itself goes first.

    The server's time limits are ours all the same: a stopped process must not keep its locks.
    """
    given = parts_of(dsn)
    wanted: dict[str, Any] = {
        "application_name": application,
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "target_session_attrs": "read-write",
    }
    options = (
        f"{given.get('options', '')} -c statement_timeout={STATEMENT_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    ours = {name: value for name, value in wanted.items() if name not in given}
    # Autocommit: `transaction` sends its own BEGIN, together with what follows it.
    return {**ours, "options": options, "row_factory": dict_row, "autocommit": True}


async def check_schema(pool: Pool) -> None:
    """Hold the database's schema against the one that this program knows.

    Raises:
        ConfigurationError: it is older or newer; the message says what to do.
    """
    async with transaction(pool) as connection:
        problem = (await schema_state(connection)).problem
    if problem is not None:
        raise ConfigurationError(problem)


def known_schema() -> int:
    """Return the number of the newest migration that this program has."""
    return shipped()[-1].number


@asynccontextmanager
async def statement(pool: Pool, within: float = CALL_SECONDS) -> AsyncIterator[Connection]:
    """Lend a connection for one statement, which is a transaction of its own.

    Raises:
        LedgerUnavailable: the connection was lost or refused. Whether a COMMIT that was on its
            way took effect is then unknown, and does not matter: observe again (W3). Or it did not
            answer `within` so many seconds: a frozen server keeps its connections, and neither its
            own time limits nor TCP's notice that.
    """
    try:
        async with asyncio.timeout(within), pool.connection() as connection:
            try:
                yield connection
                connection.alive_at = time.monotonic()
            except psycopg.errors.ReadOnlySqlTransaction:
                # The server became a standby: the pool must not hand this connection out again.
                await connection.close()
                raise
    except TimeoutError as error:
        raise LedgerUnavailable(f"Postgres did not answer within {within:g} s") from error
    except psycopg.Error as error:
        if not _is_away(error):
            raise
        raise LedgerUnavailable(one_line(error)) from error


@asynccontextmanager
async def transaction(
    pool: Pool, *, snapshot: bool = False, within: float = CALL_SECONDS
) -> AsyncIterator[Connection]:
    """Open a transaction; `snapshot`: every statement in it sees the same moment.

    From Postgres 17 on it is a pipeline: statements are sent without waiting for each other, and
    executed in their order. Where a row is fetched, or the block ends, their results are there, or
    their error. An error leaves out what comes after it, the COMMIT too; then the pool rolls back.

    Raises:
        LedgerUnavailable: as of a single statement.
    """
    async with statement(pool, within) as connection, AsyncExitStack() as stack:
        if _pipelines(connection):
            await stack.enter_async_context(connection.pipeline())
        await connection.execute(_SNAPSHOT if snapshot else _DECISION, prepare=False)
        yield connection
        await connection.execute("COMMIT", prepare=False)


_DECISION = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def _is_away(error: psycopg.Error) -> bool:
    """Whether it is Postgres that cannot, and not we who asked something wrong."""
    if error.sqlstate is None:
        # Said by the driver or the pool: no connection, or one that broke.
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate[:2] in _AWAY_CLASSES or error.sqlstate in _AWAY_CODES

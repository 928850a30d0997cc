"""The pool, and Postgres' errors in the project's own words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tradingsweep.adapters.migrate import schema_state, shipped
from tradingsweep.errors import ConfigurationError, LedgerUnavailable

Connection = psycopg.AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
STATEMENT_TIMEOUT_MS = 15_000
# A stopped process that holds the admission lock frees it after this.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000


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
    idempotent: bool = False


async def connect(dsn: str, *, max_size: int = 8, application: str = "tradingsweep") -> Pool:
    """Open the pool of an operator.

    Raises:
        LedgerUnavailable: Postgres could not be reached within ten seconds.
    """
    options = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    kwargs: dict[str, Any] = {
        "row_factory": dict_row,
        "options": options,
        "application_name": application,
        "connect_timeout": 5,
    }
    pool: Pool = AsyncConnectionPool(
        dsn,
        connection_class=Connection,
        kwargs=kwargs,
        min_size=1,
        max_size=max_size,
        open=False,
        timeout=5,
        reconnect_timeout=5,
        check=AsyncConnectionPool.check_connection,
    )
    try:
        await pool.open(wait=True, timeout=10)
    except _AWAY as error:
        await pool.close()
        raise LedgerUnavailable(f"Postgres cannot be reached: {_words(error)}") from error
    return pool


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
async def transaction(pool: Pool, *, snapshot: bool = False) -> AsyncIterator[Connection]:
    """Open a transaction; `snapshot`: every statement in it sees the same moment.

    Raises:
        LedgerUnavailable: the connection was lost or refused. Whether a COMMIT that was on its
            way took effect is then unknown, and does not matter: observe again (W3).
    """
    try:
        async with pool.connection() as connection, connection.transaction():
            if snapshot:
                await connection.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
            yield connection
    except _AWAY as error:
        raise LedgerUnavailable(_words(error)) from error


def _words(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

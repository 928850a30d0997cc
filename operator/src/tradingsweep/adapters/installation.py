"""What an installation does around a migration: waits for Postgres, and makes a login.

Pods come up in any order. Whoever is early waits and says in one line what for; a crash loop would
say the same less clearly, and wait longer and longer.
"""

import asyncio
import time

import psycopg
import structlog
from psycopg import AsyncConnection, sql

from tradingsweep.adapters.dsn import one_line, parts_of
from tradingsweep.adapters.migrate import migrate, schema_state
from tradingsweep.errors import ConfigurationError, LedgerUnavailable

RECEIVER_ROLE = "tradingsweep_receiver"
"""What a migration makes; it may put callbacks into the inbox."""
_AGAIN = 1.0
"""Seconds between two tries."""
_CONNECT_SECONDS = 5

_log = structlog.get_logger(__name__)

_Connection = AsyncConnection[tuple[object, ...]]


async def migrate_when_there(dsn: str, within: float) -> list[str]:
    """Migrate as soon as Postgres is there.

    Args:
        dsn: the owner's.
        within: seconds to wait for it; 0: one try.

    Raises:
        ConfigurationError: as `migrate`.
        LedgerUnavailable: it was not there in time.
    """
    end = time.monotonic() + within
    while True:
        try:
            return await migrate(dsn)
        except LedgerUnavailable as error:
            if time.monotonic() >= end:
                raise
            _log.info("postgres_awaited", problem=str(error))
        await asyncio.sleep(_AGAIN)


async def make_receiver_login(dsn: str, receiver_dsn: str) -> None:
    """Let the user of the receiver's DSN log in with its password, and put callbacks in the inbox.

    A user that is there gets the password and the role: so passwords are changed. One that the
    owner may not change is left as it is where it has the role: an administrator manages it.

    Raises:
        ConfigurationError: the DSN lacks a user or a password, or names the owner, or the owner
            may not make users and nobody else made this one.
        LedgerUnavailable: Postgres is away.
    """
    user, password = _login(receiver_dsn)
    try:
        async with await _connect(dsn) as connection:
            if connection.info.user == user:
                raise ConfigurationError(
                    "TRADINGSWEEP_RECEIVER_DSN: must name another user than TRADINGSWEEP_DSN"
                )
            await _let_in(connection, user, password)
    except psycopg.OperationalError as error:
        raise LedgerUnavailable(f"TRADINGSWEEP_DSN: {one_line(error)}") from None


async def _let_in(connection: _Connection, user: str, password: str) -> None:
    """Make the login, or give it its password and role."""
    try:
        verb = "ALTER" if await _is_there(connection, user) else "CREATE"
        login, role = sql.Identifier(user), sql.Identifier(RECEIVER_ROLE)
        await connection.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                sql.SQL(verb), login, sql.Literal(password)
            )
        )
        await connection.execute(sql.SQL("GRANT {} TO {}").format(role, login))
    except psycopg.errors.InsufficientPrivilege:
        if await _has_the_role(connection, user):
            _log.info("receiver_login_left_alone", user=user)
            return
        # Without the server's words: its log line and ours must not hold the statement.
        raise ConfigurationError(
            f"TRADINGSWEEP_RECEIVER_DSN: the owner may not make the login {user}: let an"
            f" administrator make it and GRANT {RECEIVER_ROLE} TO it, and migrate again"
        ) from None


async def _is_there(connection: _Connection, user: str) -> bool:
    found = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,))
    return await found.fetchone() is not None


async def _has_the_role(connection: _Connection, user: str) -> bool:
    found = await connection.execute(
        "SELECT 1 FROM pg_roles AS login, pg_roles AS receiver WHERE login.rolname = %s"
        " AND receiver.rolname = %s AND pg_has_role(login.oid, receiver.oid, 'USAGE')",
        (user, RECEIVER_ROLE),
    )
    return await found.fetchone() is not None


async def await_schema(dsn: str) -> None:
    """Return when the ledger has this program's schema; say in one line what is missing till then.

    Raises:
        ConfigurationError: the DSN cannot be read, or the schema is too new for this program.
    """
    said = None
    while (problem := await _problem(dsn)) is not None:
        if problem != said:
            _log.warning("schema_awaited", problem=problem)
            said = problem
        await asyncio.sleep(_AGAIN)


async def _problem(dsn: str) -> str | None:
    try:
        async with await _connect(dsn) as connection:
            state = await schema_state(connection)
    except psycopg.OperationalError as error:
        return f"Postgres cannot be reached: {one_line(error)}"
    if state.min_app > state.known:
        raise ConfigurationError(state.problem)
    return state.problem


async def _connect(dsn: str) -> _Connection:
    parts_of(dsn)
    return await AsyncConnection.connect(
        dsn,
        autocommit=True,
        application_name="tradingsweep-installation",
        connect_timeout=_CONNECT_SECONDS,
    )


def _login(dsn: str) -> tuple[str, str]:
    parts = parts_of(dsn, "TRADINGSWEEP_RECEIVER_DSN")
    user, password = parts.get("user"), parts.get("password")
    if not user or not password:
        raise ConfigurationError("TRADINGSWEEP_RECEIVER_DSN: must hold a user and a password")
    return str(user), str(password)

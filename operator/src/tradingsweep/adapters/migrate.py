"""The ledger's schema: `sql/NNNN_*.sql`, each once, in order, each in its own transaction.

Two migrations at once are safe: the second waits and finds nothing to do. The lock is held by the
transaction, not by the session, because a pooler would strand a session's lock. `sql/grants.sql`
runs at the end every time.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import tuple_row

from tradingsweep.adapters.dsn import one_line, parts_of
from tradingsweep.errors import ConfigurationError, LedgerUnavailable

_LOCK = 0x7453_5765_6570
"""Key of the advisory lock that migrations of one database take in turn."""
_TURN_SECONDS = 60
"""How long one migration waits for another."""
_LOCK_SECONDS = 3
"""How long a statement may wait for a table: readers queue up behind it meanwhile."""
_ATTEMPTS = 5
"""How often a file is tried when a table stays locked."""
_CONNECT_SECONDS = 10

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Of the file as it was shipped: applied files never change."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SchemaState:
    """How a database's schema stands to this program's."""

    applied: int
    """Number of the last file applied; 0 is an empty database."""
    known: int
    """Number of the newest file that this program has."""
    min_app: int
    """The database refuses programs that know less than this."""
    missing: tuple[int, ...] = ()
    """Numbers of this program's files that were not applied. Numbers have gaps, and a file with a
    lower one can come later: the last number alone does not tell."""

    @property
    def problem(self) -> str | None:
        """What keeps this program from running on that database, and what to do."""
        if self.min_app > self.known:
            return (
                f"the ledger's schema needs a program that knows migration {self.min_app}, "
                f"this one knows {self.known}: upgrade it"
            )
        if self.missing:
            return (
                f"the ledger's schema is at migration {self.applied} and lacks "
                f"{', '.join(map(str, self.missing))}: run `tradingsweep migrate`"
            )
        return None


def shipped() -> tuple[Migration, ...]:
    """Return the numbered files of this program, in order."""
    folder = files("tradingsweep.adapters").joinpath("sql")
    found = [
        Migration(int(file.name.partition("_")[0]), file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name[:4].isdecimal() and file.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda migration: migration.number))


async def schema_state(connection: AsyncConnection[Any]) -> SchemaState:
    """Read how the schema stands; an empty database is state 0, not an error."""
    numbers = tuple(migration.number for migration in shipped())
    known = numbers[-1]
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute("SELECT to_regclass('public.ledger_meta') IS NOT NULL")
        if await cursor.fetchone() != (True,):
            return SchemaState(applied=0, known=known, min_app=0, missing=numbers)
        await cursor.execute(
            "SELECT schema_version, min_app, ARRAY(SELECT number FROM public.schema_migrations)"
            " FROM public.ledger_meta"
        )
        row = await cursor.fetchone()
    applied, min_app, there = row or (0, 0, [])
    missing = tuple(number for number in numbers if number not in there)
    return SchemaState(applied=applied, known=known, min_app=min_app, missing=missing)


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date and return the names of the files applied now.

    Raises:
        ConfigurationError: the DSN cannot be read, its user may not, an applied file was changed
            since, or the schema is too new for us.
        LedgerUnavailable: Postgres is away, or a table stayed locked.
    """
    parts_of(dsn)
    try:
        async with await AsyncConnection.connect(
            dsn,
            autocommit=True,
            application_name="tradingsweep-migrate",
            connect_timeout=_CONNECT_SECONDS,
            prepare_threshold=None,
        ) as connection:
            connection.add_notice_handler(_report)
            applied = [m.name for m in shipped() if await _apply(connection, m)]
            await _grant(connection)
    except psycopg.OperationalError as error:
        raise LedgerUnavailable(f"TRADINGSWEEP_DSN: {one_line(error)}") from error
    except errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"TRADINGSWEEP_DSN: its user must own the database: {one_line(error)}"
        ) from error
    return applied


async def _apply(connection: AsyncConnection[Any], migration: Migration) -> bool:
    """Apply one file unless it is there; try again where a table is busy."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with connection.transaction():
                return await _apply_in_turn(connection, migration)
        except errors.LockNotAvailable:
            _log.warning("a table is busy", migration=migration.name, attempt=attempt)
            if attempt == _ATTEMPTS:
                raise
    return False


async def _apply_in_turn(connection: AsyncConnection[Any], migration: Migration) -> bool:
    await _take_turn(connection)
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY,"
        " name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    state = await schema_state(connection)
    if state.min_app > state.known:
        raise ConfigurationError(state.problem)
    if await _is_applied(connection, migration):
        return False
    # The files are this program's own: nothing from outside is in this text.
    await connection.execute(migration.text.encode())
    await connection.execute(
        "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
        (migration.number, migration.name, migration.checksum),
    )
    await connection.execute(
        "UPDATE ledger_meta SET schema_version = greatest(schema_version, %s)",
        (migration.number,),
    )
    return True


async def _is_applied(connection: AsyncConnection[Any], migration: Migration) -> bool:
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            "SELECT name, sha256 FROM schema_migrations WHERE number = %s", (migration.number,)
        )
        row = await cursor.fetchone()
    if row is not None and row != (migration.name, migration.checksum):
        raise ConfigurationError(
            f"{migration.name} differs from the file that was applied as {row[0]}: "
            f"an applied migration never changes, add a new one"
        )
    return row is not None


async def _grant(connection: AsyncConnection[Any]) -> None:
    text = files("tradingsweep.adapters").joinpath("sql", "grants.sql").read_bytes()
    async with connection.transaction():
        await _take_turn(connection)
        await connection.execute(text)


async def _take_turn(connection: AsyncConnection[Any]) -> None:
    """Lock out other migrations until the transaction ends; then be impatient with tables."""
    patience = sql.SQL("SET LOCAL lock_timeout = {}")
    await connection.execute("SET LOCAL search_path = public")
    await connection.execute(patience.format(f"{_TURN_SECONDS}s"))
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    await connection.execute(patience.format(f"{_LOCK_SECONDS}s"))


def _report(notice: psycopg.errors.Diagnostic) -> None:
    if notice.severity_nonlocalized in {"NOTICE", "WARNING"} and notice.sqlstate != "42P07":
        _log.warning(notice.message_primary)

"""The ledger's schema comes into being once, whoever runs the migration and how often."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog

from dev.postgres import Postgres
from tests.support.eventually import eventually_async
from tests.support.ledger_rows import Connection, a_run, a_submission, connect, key_of, migrated
from tradingsweep.adapters.migrate import SchemaState, migrate, schema_state, shipped
from tradingsweep.errors import ConfigurationError, LedgerUnavailable

NEWEST = shipped()[-1].number


async def _state(dsn: str) -> SchemaState:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        return await schema_state(connection)


async def test_an_empty_database_gets_every_file_once(empty_database: str) -> None:
    """The first migration applies all files in order, the second none."""
    first = await migrate(empty_database)
    second = await migrate(empty_database)

    assert [migration.name for migration in shipped()] == first
    assert [] == second


async def test_two_migrations_at_once_apply_each_file_once(empty_database: str) -> None:
    """Of two replicas that start together one waits and finds nothing to do."""
    both = await asyncio.gather(migrate(empty_database), migrate(empty_database))

    assert sorted(migration.name for migration in shipped()) == sorted([*both[0], *both[1]])


async def test_a_changed_file_is_refused_by_name(empty_database: str) -> None:
    """Somebody edited history: the migration stops and says which file."""
    await migrate(empty_database)
    with connect(empty_database) as connection:
        connection.execute("UPDATE schema_migrations SET sha256 = 'other' WHERE number = 1")

    with pytest.raises(ConfigurationError, match=r"0001_ledger\.sql differs"):
        await migrate(empty_database)


async def test_a_database_that_asks_for_a_newer_program_is_left_alone(ledger: str) -> None:
    """An old program neither migrates nor runs on a ledger that has moved on."""
    with connect(ledger) as connection:
        connection.execute("UPDATE ledger_meta SET schema_version = 9999, min_app = 9999")

    state = await _state(ledger)

    assert state.problem is not None
    assert "upgrade" in state.problem
    with pytest.raises(ConfigurationError, match="needs a program that knows migration 9999"):
        await migrate(ledger)


async def test_a_newer_schema_that_takes_old_programs_is_no_problem(ledger: str) -> None:
    """During an upgrade the old program goes on with the new schema."""
    with connect(ledger) as connection:
        connection.execute("UPDATE ledger_meta SET schema_version = 9999")

    assert (await _state(ledger)).problem is None
    assert [] == await migrate(ledger)


async def test_an_empty_database_says_what_to_run(empty_database: str) -> None:
    """A program on a database without a schema names the command that is missing."""
    problem = (await _state(empty_database)).problem

    assert problem is not None
    assert "run `tradingsweep migrate`" in problem


async def test_a_file_with_a_lower_number_that_came_later_is_missed(ledger: str) -> None:
    """The newest file is applied, and one before it is not: the program says which, and waits."""
    with connect(ledger) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE number = 2")

    problem = (await _state(ledger)).problem

    assert f"the ledger's schema is at migration {NEWEST} and lacks 2: run" in str(problem)


async def test_a_current_database_has_no_problem(ledger: str) -> None:
    """After the migration the program may run."""
    state = await _state(ledger)

    assert (NEWEST, NEWEST, None) == (state.applied, state.known, state.problem)


async def test_a_server_that_is_away_is_reported_as_away() -> None:
    """The error is our own, and is worth repeating."""
    with pytest.raises(LedgerUnavailable):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


async def test_a_dsn_that_cannot_be_read_is_not_repeated() -> None:
    """Part of it may be a password."""
    with pytest.raises(ConfigurationError) as refusal:
        await migrate("postgresql//someone:database-password@127.0.0.1/none")

    assert str(refusal.value).startswith("TRADINGSWEEP_DSN: the DSN of Postgres cannot be read")
    assert "database-password" not in str(refusal.value)


@pytest.fixture
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server on which nobody has made our role yet."""
    log = tmp_path_factory.mktemp("other-postgres") / "postgres.log"
    with Postgres(log, durable=False) as running:
        yield running


def _waiters(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    assert row is not None
    return int(row[0])


async def test_two_databases_may_make_the_role_at_once(other_server: Postgres) -> None:
    """A role is one for the whole server: whoever comes second waits, and then goes on.

    1. another migration has created the role and has not committed; 2. ours does not see it,
    creates it too, and waits; 3. the other commits, ours gets unique_violation.
    """
    dsn = other_server.create_database("second")
    with connect(other_server.dsn()) as first, connect(other_server.dsn()) as watcher:
        first.execute("BEGIN")
        first.execute("CREATE ROLE tradingsweep_receiver NOLOGIN")
        ours = asyncio.create_task(migrate(dsn))
        await eventually_async(lambda: asyncio.to_thread(_waiters, watcher), 1, within=10)
        first.execute("COMMIT")

        assert len(shipped()) == len(await ours)


def test_an_owner_without_createrole_gets_all_but_the_role_and_hears_so(
    other_server: Postgres,
) -> None:
    """Where roles are somebody else's business, the rest works and one line says what is missing.

    When an administrator has made the role, migrating again grants it what it needs.
    """
    dsn = other_server.create_database("owned")
    place = urlsplit(dsn)
    netloc = f"plain:plain-password@{place.hostname}:{place.port}"
    owners = place._replace(netloc=netloc).geturl()
    with connect(other_server.dsn()) as administrator:
        administrator.execute("CREATE ROLE plain LOGIN PASSWORD 'plain-password'")
        administrator.execute("ALTER DATABASE owned OWNER TO plain")

        with structlog.testing.capture_logs() as before:
            migrated(owners)
        administrator.execute("CREATE ROLE tradingsweep_receiver NOLOGIN")
        with structlog.testing.capture_logs() as after:
            migrated(owners)

    assert 1 == len(before)
    assert "role tradingsweep_receiver is missing and plain may not create it" in before[0]["event"]
    assert [] == after
    with connect(owners) as connection:
        key = a_submission(connection, a_run(connection))
        put = "SELECT inbox_put_v1(%s, %b)"
        assert ("stored",) == connection.execute(put, (key, b"{}")).fetchone()
        granted = "SELECT has_function_privilege('tradingsweep_receiver', %s, 'EXECUTE')"
        function = "inbox_put_v1(text, bytea)"
        assert (True,) == connection.execute(granted, (function,)).fetchone()


def test_rows_survive_a_second_migration(connection: Connection, ledger: str) -> None:
    """Migrating again touches no data."""
    a_submission(connection, a_run(connection))

    migrated(ledger)

    assert (key_of("uid-1|1"),) == connection.execute("SELECT key FROM submissions").fetchone()

"""The receiver's role can put into the inbox, and nothing else."""

import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from psycopg import errors, sql

from tests.support.ledger_rows import Connection, a_run, a_submission, connect, key_of, migrated

_PASSWORD = "receiver-password"


@pytest.fixture
def ledger(database: str) -> str:
    """The DSN of a ledger that was copied, and then migrated again.

    A copy or a restored dump does not carry what was granted on the database itself, such as
    TEMPORARY: migrating again heals that.
    """
    return migrated(database)


@pytest.fixture
def receiver(connection: Connection, ledger: str) -> Iterator[Connection]:
    """A connection of a login that has the receiver's role and no other right."""
    name = f"receiver_{uuid.uuid4().hex[:8]}"
    login = sql.Identifier(name)
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE tradingsweep_receiver").format(
            login, _PASSWORD
        )
    )
    place = urlsplit(ledger)
    netloc = f"{name}:{_PASSWORD}@{place.hostname}:{place.port}"
    with connect(place._replace(netloc=netloc).geturl()) as opened:
        yield opened
    connection.execute(sql.SQL("DROP ROLE {}").format(login))


def test_the_role_puts_into_the_inbox(connection: Connection, receiver: Connection) -> None:
    """It can do its work."""
    key = a_submission(connection, a_run(connection), job_id="job-1")

    signed = receiver.execute("SELECT inbox_put_v1(%s, %b)", (key, b"{}")).fetchone()
    plain = receiver.execute("SELECT inbox_put_unsigned_v1('job-1', '[]')").fetchone()

    assert (("stored",), ("stored",)) == (signed, plain)


TABLES = (
    "ledger_meta",
    "leaders",
    "sweeps",
    "pipeline_jobs",
    "submissions",
    "submission_job_ids",
    "trading_sweep_results",
    "callback_inbox",
    "parked_callbacks",
    "trading_sweep_reports",
    "adoptions",
    "repairs",
    "outbox",
    "transitions",
    "api_state",
    "tenants",
    "schema_migrations",
)


def test_the_list_of_tables_is_whole(connection: Connection) -> None:
    """A table that is added later is tried below too."""
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert set(TABLES) == {name for (name,) in found}


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM {}", "DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "LOCK TABLE {}"],
)
def test_the_role_reads_and_writes_no_table(receiver: Connection, statement: str) -> None:
    """Not even the inbox: it could mark callbacks as processed before the operator sees them."""
    for table in TABLES:
        with pytest.raises(errors.InsufficientPrivilege), receiver.transaction():
            receiver.execute(sql.SQL(statement).format(sql.Identifier(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE callback_inbox SET processed_at = now()",
        "SELECT inbox_store(repeat('a', 64), 'x', true)",
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT nextval('callback_inbox_id_seq')",
        "CREATE ROLE mine",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "SET ROLE postgres",
    ],
)
def test_the_role_can_do_nothing_else(receiver: Connection, statement: str) -> None:
    """A receiver that was taken over can send hints, and nothing more."""
    with pytest.raises(errors.InsufficientPrivilege):
        receiver.execute(statement)


def test_the_role_executes_two_functions_of_ours(receiver: Connection) -> None:
    """A function that a later migration adds is closed until somebody opens it."""
    open_to_us = receiver.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND has_function_privilege(oid, 'EXECUTE') ORDER BY proname"
    ).fetchall()

    assert [("inbox_put_unsigned_v1",), ("inbox_put_v1",)] == open_to_us


def test_the_role_can_wake_the_operator(connection: Connection, receiver: Connection) -> None:
    """NOTIFY stays allowed: a false one costs the operator one look."""
    connection.execute("LISTEN tradingsweep_inbox")

    receiver.execute("NOTIFY tradingsweep_inbox")

    (heard,) = connection.notifies(timeout=10, stop_after=1)
    assert "tradingsweep_inbox" == heard.channel


def test_a_temporary_object_cannot_stand_in_for_a_table(
    connection: Connection, receiver: Connection
) -> None:
    """The functions look up names where their owner put them, whatever the caller's path is."""
    key = a_submission(connection, a_run(connection))
    receiver.execute("SET search_path = pg_temp, pg_catalog")

    answer = receiver.execute("SELECT public.inbox_put_v1(%s, %b)", (key, b"{}")).fetchone()

    assert ("stored",) == answer
    assert (1,) == connection.execute(
        "SELECT count(*) FROM callback_inbox WHERE submission_key = %s", (key_of("uid-1|1"),)
    ).fetchone()

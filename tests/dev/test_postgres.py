"""The Postgres that tests and demo run on."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev.postgres import Postgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    """A server of this test's own, to be killed."""
    with Postgres(tmp_path / "postgres.log", durable=False) as running:
        yield running


def test_a_killed_server_still_has_what_was_committed(server: Postgres) -> None:
    """A fault test can kill Postgres at any line and go on with the same ledger."""
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("CREATE TABLE kept (x int)")
        connection.execute("INSERT INTO kept VALUES (7)")
        connection.commit()
        server.kill()
    server.start()

    with psycopg.connect(server.dsn()) as connection:
        assert [(7,)] == connection.execute("SELECT x FROM kept").fetchall()


def test_a_stopped_server_refuses_and_goes_on_where_it_was(server: Postgres) -> None:
    """The DSN of a process stays good over a restart."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    server.stop()

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.dsn())

    server.start()
    with psycopg.connect(server.dsn()) as connection:
        assert [] == connection.execute("SELECT x FROM kept").fetchall()


def test_a_paused_server_answers_when_it_goes_on(server: Postgres) -> None:
    """A server that hangs is another fault than one that is gone."""
    server.pause()
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(server.dsn(), connect_timeout=2)
    server.resume()

    with psycopg.connect(server.dsn(), connect_timeout=10) as connection:
        assert (1,) == connection.execute("SELECT 1").fetchone()


def test_without_the_password_nobody_gets_in(postgres: Postgres) -> None:
    """Other users of the machine reach the port, and nothing behind it."""
    anonymous = postgres.dsn().replace("postgres:", "postgres:guess", 1)

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(anonymous)


def test_a_copied_database_is_a_test_of_its_own(postgres: Postgres, empty_database: str) -> None:
    """What one test writes, no other sees."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE TABLE mine (x int)")

    other = postgres.create_database("other")

    with psycopg.connect(other) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM mine")

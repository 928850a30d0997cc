"""An installation's parts come up in any order: who is early waits, and the receiver can log in."""

import json
import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from dev.environment import script
from dev.postgres import Postgres
from dev.processes import Command, Process
from tests.support.eventually import eventually

PATIENCE = 40.0
WANTED = "postgresql://USER:PASSWORD@HOST:5432/NAME, the password percent-encoded"


def tradingsweep(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [script("tradingsweep"), *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def as_user(dsn: str, user: str, password: str) -> str:
    """The same database for another user."""
    return str(psycopg.conninfo.make_conninfo(dsn, user=user, password=password))


def test_a_migration_makes_the_receivers_login(empty_database: str) -> None:
    """It may put a callback into the inbox, and read nothing."""
    receiver = as_user(empty_database, "callbacks_a", "first-word")
    done = tradingsweep(
        "migrate", TRADINGSWEEP_DSN=empty_database, TRADINGSWEEP_RECEIVER_DSN=receiver
    )

    assert 0 == done.returncode, done.stderr
    with psycopg.connect(receiver, autocommit=True) as inbox:
        inbox.execute("SELECT inbox_put_v1(%s, %s)", ("0" * 64, b"{}"))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            inbox.execute("SELECT * FROM callback_inbox")


def test_another_migration_changes_the_password(empty_database: str) -> None:
    """So a password is changed: in the Secret, then by the next upgrade."""
    for word in ("first-word", "second-word"):
        receiver = as_user(empty_database, "callbacks_b", word)
        done = tradingsweep(
            "migrate", TRADINGSWEEP_DSN=empty_database, TRADINGSWEEP_RECEIVER_DSN=receiver
        )
        assert 0 == done.returncode, done.stderr

    with psycopg.connect(receiver):
        pass
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(as_user(empty_database, "callbacks_b", "first-word"))


def test_a_login_that_an_administrator_made_is_left_as_it_is(tmp_path: Path) -> None:
    """As CloudNativePG's managed roles: the owner may make none, and the receiver's has its role.

    Before the administrator has granted it the role, one line says what is missing.
    """
    with Postgres(tmp_path / "postgres.log", durable=False) as server:
        database = server.create_database("managed")
        owner = as_user(database, "ledger_owner", "first-word")
        receiver = as_user(database, "managed_callbacks", "second-word")
        with psycopg.connect(database, autocommit=True) as administrator:
            administrator.execute("CREATE ROLE ledger_owner LOGIN PASSWORD 'first-word'")
            administrator.execute("ALTER DATABASE managed OWNER TO ledger_owner")
            administrator.execute("CREATE ROLE tradingsweep_receiver NOLOGIN")
            administrator.execute("CREATE ROLE managed_callbacks LOGIN PASSWORD 'second-word'")
            settings = {"TRADINGSWEEP_DSN": owner, "TRADINGSWEEP_RECEIVER_DSN": receiver}
            before = tradingsweep("migrate", **settings)
            administrator.execute("GRANT tradingsweep_receiver TO managed_callbacks")
            after = tradingsweep("migrate", **settings)

        assert 1 == before.returncode
        assert "GRANT tradingsweep_receiver TO it" in before.stderr.splitlines()[-1]
        assert 0 == after.returncode, after.stderr
        assert "word" not in before.stderr + after.stderr + before.stdout + after.stdout
        with psycopg.connect(receiver, autocommit=True) as inbox:
            inbox.execute("SELECT inbox_put_v1(%s, %s)", ("0" * 64, b"{}"))


@pytest.mark.parametrize(
    ("receiver", "advice"),
    [
        ("postgresql://127.0.0.1/x", "must hold a user and a password"),
        ("nothing = readable = at all", f"the DSN of Postgres cannot be read: {WANTED}"),
    ],
    ids=["no user", "unreadable"],
)
def test_a_wrong_receiver_dsn_is_named_and_not_repeated(
    empty_database: str, receiver: str, advice: str
) -> None:
    """One line names the variable and its rule."""
    done = tradingsweep(
        "migrate", TRADINGSWEEP_DSN=empty_database, TRADINGSWEEP_RECEIVER_DSN=receiver
    )

    assert 1 == done.returncode
    assert f"tradingsweep: TRADINGSWEEP_RECEIVER_DSN: {advice}" == done.stderr.splitlines()[-1]
    assert receiver not in done.stderr


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("", f"the DSN of Postgres cannot be read: {WANTED}"),
        ("owner:hunter2@127.0.0.1/x", f"the DSN of Postgres cannot be read: {WANTED}"),
        ("postgresql://owner:hun@ter2@127.0.0.1:9/x", "the DSN of Postgres cannot be read"),
        ("postgresql://owner:hun/ter2@127.0.0.1:9/x", "the DSN of Postgres cannot be read"),
        ("postgresql://owner:hunter2@127.0.0.1:9/x", "connection failed: "),
        ("postgresql://owner:hunter2@nowhere.invalid/x", "failed to resolve host"),
    ],
    ids=["empty", "no scheme", "at", "slash", "nobody listens", "no such host"],
)
def test_a_wrong_dsn_of_the_owner_is_said_in_one_line_without_its_password(
    dsn: str, says: str
) -> None:
    """A migration is a hook: its last words are all that `helm install` can show."""
    done = tradingsweep("migrate", TRADINGSWEEP_DSN=dsn)

    assert (1, "") == (done.returncode, done.stdout)
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"tradingsweep: TRADINGSWEEP_DSN: {says}")
    assert "hun" not in said
    assert "ter2" not in said


@pytest.mark.parametrize(
    ("change", "says"),
    [({"dbname": "nothing"}, "does not exist"), ({"user": "guest"}, "must own the database")],
    ids=["no such database", "somebody else's"],
)
def test_a_database_that_cannot_be_migrated_is_said_in_one_line(
    empty_database: str, change: dict[str, str], says: str
) -> None:
    """The server's own words, and neither a statement nor a stack of calls."""
    with psycopg.connect(empty_database, autocommit=True) as administrator:
        administrator.execute("DROP ROLE IF EXISTS guest")
        administrator.execute("CREATE ROLE guest LOGIN PASSWORD 'hunter2'")
    dsn = psycopg.conninfo.make_conninfo(
        empty_database, **{"user": "guest", "password": "hunter2", **change}
    )

    done = tradingsweep("migrate", TRADINGSWEEP_DSN=dsn)

    assert (1, "") == (done.returncode, done.stdout)
    (said,) = done.stderr.splitlines()
    assert said.startswith("tradingsweep: TRADINGSWEEP_DSN: ")
    assert says in said
    assert "hunter2" not in said


def test_the_owner_is_not_taken_for_the_receiver(empty_database: str) -> None:
    """Its password would be changed by mistake."""
    user = str(psycopg.conninfo.conninfo_to_dict(empty_database)["user"])
    owner = as_user(empty_database, user, "x")
    done = tradingsweep("migrate", TRADINGSWEEP_DSN=empty_database, TRADINGSWEEP_RECEIVER_DSN=owner)

    assert 1 == done.returncode
    assert "must name another user" in done.stderr


def test_a_migration_waits_for_postgres(tmp_path: Path) -> None:
    """The Job of an installation starts before its database does."""
    postgres = Postgres(tmp_path / "postgres.log", durable=False)
    with postgres:
        dsn = postgres.create_database("late")
        postgres.kill()
        waiting = Command(
            "migrate",
            [script("tradingsweep"), "migrate", "--wait", str(PATIENCE)],
            tmp_path / "migrate.log",
            {"TRADINGSWEEP_DSN": dsn},
        )
        with Process(waiting) as migration:
            eventually(migration.log_tail, lambda said: "postgres_awaited" in said, within=PATIENCE)
            assert migration.is_running
            postgres.start()

            assert 0 == migration.wait(PATIENCE)


def test_a_pod_waits_until_the_schema_is_there(empty_database: str, tmp_path: Path) -> None:
    """It says in one line what it waits for, each thing once, and goes on after a migration."""
    waiting = Command(
        "await-schema",
        [script("tradingsweep"), "await-schema"],
        tmp_path / "await.log",
        {"TRADINGSWEEP_DSN": empty_database},
    )
    with Process(waiting) as waiter:
        eventually(waiter.log_tail, lambda said: "tradingsweep migrate" in said, within=PATIENCE)
        assert waiter.is_running
        tradingsweep("migrate", TRADINGSWEEP_DSN=empty_database)

        assert 0 == waiter.wait(PATIENCE)
    # Seldom it looks while the migration is half way, and says what is missing then.
    said = [json.loads(line)["problem"] for line in waiting.log.read_text().splitlines()]
    assert "at migration 0 " in said[0]
    assert sorted(set(said)) == sorted(said)

"""Postgres goes away in every way, and the ledger says so; what we ask wrong is another error."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import psycopg
import pytest

from dev.environment import migrate
from dev.postgres import Postgres
from tests.support.eventually import eventually_async
from tests.support.ledger_desk import Desk, a_desk, count, one
from tests.support.ledger_rows import Connection
from tradingsweep.adapters.ledger import check_schema, connect
from tradingsweep.adapters.ledger.postgres import Pool, transaction
from tradingsweep.domain.changes import Change
from tradingsweep.errors import ConfigurationError, LedgerUnavailable

PASSWORD = "hunter2-not-for-logs"


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres that the tests of this file stop and kill, with a ledger in it."""
    with Postgres(tmp_path_factory.mktemp("mortal") / "postgres.log", durable=False) as running:
        migrate(running.create_database("ledger"))
        yield running


@pytest.fixture
async def mortal_desk(mortal: Postgres) -> AsyncIterator[Desk]:
    """A ledger on it, that was reached before."""
    async with a_desk(mortal.dsn("ledger")) as desk:
        yield desk


async def is_back(desk: Desk) -> bool:
    """Whether the ledger answers."""
    await desk.ledger.ping()
    return True


async def test_a_frozen_server_is_unavailable_and_its_connections_are_left(
    mortal: Postgres, mortal_desk: Desk
) -> None:
    """Its sockets stay open and nothing answers: the call ends by our own clock."""
    mortal.pause()
    try:
        with pytest.raises(LedgerUnavailable, match=r"did not answer within 0\.5 s"):
            await mortal_desk.ledger.ping(within=0.5)
    finally:
        mortal.resume()

    assert await eventually_async(lambda: is_back(mortal_desk), wanted=True, within=30)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_server_that_went_away_is_unavailable_and_comes_back(
    mortal: Postgres, mortal_desk: Desk, how: str
) -> None:
    """Stopped or crashed: each call says so in its time, and the same pool goes on afterwards."""
    getattr(mortal, how)()
    try:
        with pytest.raises(LedgerUnavailable):
            await mortal_desk.ledger.view("anybody")
        with pytest.raises(LedgerUnavailable):
            await mortal_desk.ledger.claim_effects(1)
    finally:
        mortal.start()

    assert await eventually_async(lambda: is_back(mortal_desk), wanted=True, within=20)


async def test_a_session_that_is_ended_in_the_middle_is_unavailable_and_writes_nothing(
    desk: Desk, connection: Connection
) -> None:
    """An administrator, a failover: half a decision is none."""
    key = await desk.at_the_api()

    async def ended_in_the_middle() -> None:
        async with transaction(desk.pool) as ended:
            await ended.execute("UPDATE sweeps SET version = 99")
            me = await (await ended.execute("SELECT pg_backend_pid() AS pid")).fetchone()
            assert me is not None
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (me["pid"],))
            await (await ended.execute("SELECT 1")).fetchone()

    with pytest.raises(LedgerUnavailable):
        await ended_in_the_middle()

    assert 0 == count(connection, "sweeps", "version = 99")
    assert await desk.change_any(key, Change(message="it goes on"))


async def test_a_server_that_may_only_read_is_unavailable_and_its_connections_are_left(
    desk: Desk,
) -> None:
    """A failover left us at a standby: 25006. The pool does not go on handing it out."""
    used = []

    async def write_to_a_standby() -> None:
        async with transaction(desk.pool) as standby:
            used.append(standby)
            await standby.execute("SET TRANSACTION READ ONLY")
            await standby.execute("UPDATE ledger_meta SET min_app = 0")

    with pytest.raises(LedgerUnavailable, match="read-only"):
        await write_to_a_standby()

    assert [True] == [connection.closed for connection in used]
    await desk.ledger.ping()


async def test_a_server_that_only_reads_is_not_connected_to(
    ledger: str, connection: Connection
) -> None:
    """Of several hosts in a DSN the one that can write is taken; a standby alone is no ledger."""
    name = one(connection, "SELECT current_database()")
    connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())

    with pytest.raises(LedgerUnavailable):
        await connect(ledger)


async def test_a_pool_without_a_free_connection_is_unavailable(ledger: str) -> None:
    """Everybody waits for somebody: after five seconds that is said."""
    async with a_desk(ledger, connections=2) as desk, AsyncExitStack() as busy:
        for _ in range(2):
            await busy.enter_async_context(transaction(desk.pool))
        with pytest.raises(LedgerUnavailable, match="connection"):
            await desk.ledger.ping()


async def test_a_server_that_cannot_be_reached_at_the_start_is_unavailable() -> None:
    """And the message does not repeat the password."""
    with pytest.raises(LedgerUnavailable) as refused:
        await connect(f"postgresql://me:{PASSWORD}@127.0.0.1:1/ledger?connect_timeout=1")

    assert PASSWORD not in str(refused.value)


async def test_a_dsn_that_cannot_be_read_is_a_setting_to_mend_and_is_not_repeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The driver's own words quote it, password included."""
    with pytest.raises(ConfigurationError) as refused:
        await connect(f"postgresql//me:{PASSWORD}@127.0.0.1/ledger")

    assert PASSWORD not in str(refused.value) + caplog.text
    assert refused.value.__cause__ is None


async def test_the_options_of_the_dsn_are_kept_beside_ours(ledger: str) -> None:
    """Whoever sets one may not lose the limit that frees a stopped process's locks."""
    async with a_desk(f"{ledger}?options=-c%20work_mem%3D7MB") as desk:
        shown = await _show(desk.pool, "work_mem", "idle_in_transaction_session_timeout")

    assert ["7MB", "5s"] == shown


@pytest.mark.parametrize(
    ("sqlstate", "statement"),
    [
        ("57014", "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(5)"),
        ("55P03", "DO $$ BEGIN RAISE lock_not_available; END $$"),
        ("40001", "DO $$ BEGIN RAISE serialization_failure; END $$"),
        ("40P01", "DO $$ BEGIN RAISE deadlock_detected; END $$"),
        ("53100", "DO $$ BEGIN RAISE disk_full; END $$"),
        ("57P03", "DO $$ BEGIN RAISE cannot_connect_now; END $$"),
        ("25P04", "DO $$ BEGIN RAISE transaction_timeout; END $$"),
    ],
)
async def test_what_the_server_cannot_do_now_is_unavailable(
    desk: Desk, sqlstate: str, statement: str
) -> None:
    """The pass is repeated with a back-off, and nothing is concluded from it."""
    with pytest.raises(LedgerUnavailable) as away:
        async with transaction(desk.pool) as asking:
            await asking.execute(statement.encode())

    assert isinstance(away.value.__cause__, psycopg.Error)
    assert sqlstate == away.value.__cause__.sqlstate
    await desk.ledger.ping()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 / 0",
        "SELECT nobody FROM sweeps",
        "INSERT INTO tenants VALUES (NULL, NULL)",
        "DO $$ BEGIN RAISE insufficient_privilege; END $$",
        "DO $$ BEGIN RAISE program_limit_exceeded; END $$",
    ],
)
async def test_what_we_ask_wrong_is_an_error_of_ours(desk: Desk, statement: str) -> None:
    """A bug that counts as an absent Postgres would be repeated silently for ever."""

    async def ask() -> None:
        async with transaction(desk.pool) as asking:
            await asking.execute("SELECT 'before'")
            await asking.execute(statement.encode())
            await (await asking.execute("SELECT 'after'")).fetchone()

    with pytest.raises(psycopg.Error) as wrong:
        await ask()

    assert wrong.value.sqlstate is not None
    await desk.ledger.ping()


async def test_nothing_of_a_block_that_raises_is_committed(
    desk: Desk, connection: Connection
) -> None:
    """Neither our own errors nor a cancelled task leave half a transaction behind."""
    await desk.apply()

    async def half(error: type[BaseException]) -> None:
        async with transaction(desk.pool) as asking:
            await asking.execute("UPDATE sweeps SET version = 99")
            raise error

    for error in (ValueError, asyncio.CancelledError):
        with pytest.raises(error):
            await half(error)

    assert 0 == count(connection, "sweeps", "version = 99")


async def test_a_schema_that_is_not_ours_is_a_setting_to_mend(
    desk: Desk, connection: Connection
) -> None:
    """The message says which migration is missing, and what to do."""
    await check_schema(desk.pool)
    connection.execute("DELETE FROM schema_migrations WHERE number = 1")

    with pytest.raises(ConfigurationError, match="lacks 1: run `tradingsweep migrate`"):
        await check_schema(desk.pool)


async def _show(pool: Pool, *names: str) -> list[str]:
    shown = []
    async with transaction(pool) as asking:
        for name in names:
            row = await (
                await asking.execute("SELECT current_setting(%s) AS value", (name,))
            ).fetchone()
            assert row is not None
            shown.append(row["value"])
    return shown

"""What is asked at every pass stays cheap with 100,000 finished and 10,000 waiting sweeps."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest

from dev.postgres import Postgres
from tests.support.eventually import eventually
from tests.support.ledger_crowd import crowd
from tests.support.ledger_desk import ANY_SIZE, Desk, a_desk, an_object
from tests.support.ledger_rows import Connection, connect
from tests.support.said import a_page
from tradingsweep.adapters.ledger.postgres import transaction

BIG = (
    "sweeps",
    "pipeline_jobs",
    "submissions",
    "submission_job_ids",
    "trading_sweep_results",
    "callback_inbox",
    "outbox",
    "transitions",
)
TIMES = 12
"""More often than psycopg prepares (5) and Postgres turns to a plan for any value (5)."""


@pytest.fixture(scope="module")
def crowded(postgres: Postgres, migrated: str) -> Iterator[str]:
    """The DSN of a ledger with a crowd in it."""
    dsn = postgres.create_database("crowded", migrated)
    with connect(dsn) as connection:
        crowd(connection)
    yield dsn
    postgres.drop_database("crowded")


@pytest.fixture
def connection(crowded: str) -> Iterator[Connection]:
    """A connection to it."""
    with connect(crowded) as opened:
        yield opened


async def view_of_a_finished(desk: Desk) -> None:
    """A look at rest."""
    await desk.ledger.view("crowd-77")


async def view_of_a_waiting(desk: Desk) -> None:
    """A look at one in line."""
    await desk.ledger.view("crowd-100077")


async def somebody_waits(desk: Desk) -> None:
    """Admission's first question."""
    await desk.ledger.anyone_waiting(ANY_SIZE)


async def nothing_is_free(desk: Desk) -> None:
    """Admission with all slots taken counts them, and chooses nobody."""
    await desk.admit(total=0)


async def one_is_admitted(desk: Desk) -> None:
    """Admission with a free slot: the front of every namespace's line is read."""
    await desk.admit(total=next(_slots))


async def a_line(desk: Desk) -> None:
    """What is asked for all that wait in a namespace."""
    await desk.ledger.line("desk-7")


async def callbacks(desk: Desk) -> None:
    """The question behind every ring of the receiver."""
    await desk.ledger.called_back()


async def effects(desk: Desk) -> None:
    """The outbox's question."""
    await desk.ledger.claim_effects(16)


async def a_poisoned_callback(desk: Desk) -> None:
    """A try is counted."""
    await desk.ledger.callback_raised("crowd-77")


async def a_claim(desk: Desk) -> None:
    """Before results are fetched."""
    await desk.ledger.claimed_elsewhere("run-crowd-77", "9a2f7f0e-0000-4000-8000-000000000000")


async def an_absent_api(desk: Desk) -> None:
    """Down and up again."""
    await desk.ledger.api_is_down(timedelta(seconds=1), credentials=False)
    await desk.ledger.api_is_up()


async def a_whole_life(desk: Desk) -> None:
    """Applied, admitted, taken, edited, finished; and deleted: one decision after the other."""
    slots = next(_slots)
    name = f"new-{slots}"
    key = await desk.apply(name, namespace=name)
    assert name in await desk.admit(total=slots)
    await desk.accept(key, f"job-{name}")
    await desk.record(key, an_object(key, 2, activeDeadlineSeconds=7200))
    await desk.finish(key, a_page(sweep_run_id=f"run-{name}"))
    await desk.delete(key)


async def a_table_is_read(desk: Desk) -> None:
    """A question that no index answers."""
    async with transaction(desk.pool) as asking:
        await asking.execute("SELECT count(*) FROM sweeps WHERE message = 'nobody'")


_slots = itertools.count(2, 2)
"""How many there are: two are free whenever somebody asks."""

HOT = (
    view_of_a_finished,
    view_of_a_waiting,
    somebody_waits,
    nothing_is_free,
    one_is_admitted,
    a_line,
    callbacks,
    effects,
    a_poisoned_callback,
    a_claim,
    an_absent_api,
    a_whole_life,
)


def scans(connection: Connection) -> dict[str, int]:
    """Return how often each big table was read from its first to its last row."""
    rows = connection.execute(
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(%s)", (list(BIG),)
    ).fetchall()
    return {str(name): int(count) for name, count in rows}


async def read_whole(
    dsn: str, connection: Connection, ask: Callable[[Desk], Awaitable[None]]
) -> dict[str, int]:
    """Ask many times, and return which tables were read whole how often."""
    before = scans(connection)
    async with a_desk(dsn, connections=1) as desk:
        for _ in range(TIMES):
            await ask(desk)
    # Once the session has ended, all that it counted is told.
    eventually(lambda: sessions(connection), 0, within=10)
    after = scans(connection)
    return {name: after[name] - before[name] for name in BIG if after[name] != before[name]}


@pytest.mark.parametrize("ask", HOT, ids=lambda ask: ask.__name__)
async def test_no_question_reads_a_whole_table(
    crowded: str, connection: Connection, ask: Callable[[Desk], Awaitable[None]]
) -> None:
    """Also after Postgres has settled for one plan: the server itself counts the scans."""
    assert {} == await read_whole(crowded, connection, ask)


async def test_a_question_that_does_would_be_noticed(crowded: str, connection: Connection) -> None:
    """The count that the test above relies on moves."""
    assert {"sweeps": TIMES} == await read_whole(crowded, connection, a_table_is_read)


def sessions(connection: Connection) -> int:
    """Count the other sessions of this database."""
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    ).fetchone()
    assert row is not None
    return int(row[0])

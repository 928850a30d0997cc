"""Admission against others at the same time: admitters, workers, successors, stopped processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest

from tests.support.eventually import eventually_async
from tests.support.ledger_desk import Desk, a_desk, an_object, count, one, waits_for_a_lock
from tests.support.ledger_rows import Connection
from tradingsweep.adapters.ledger.admission import LOCK
from tradingsweep.adapters.ledger.facts import append_job_id
from tradingsweep.adapters.ledger.leadership import leads
from tradingsweep.adapters.ledger.postgres import transaction
from tradingsweep.domain.submissions import State

IN_SLOTS = "state IN ('intent', 'unknown', 'accepted')"


@asynccontextmanager
async def holding(dsn: str, statement: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Hold what a statement locks until the block ends, which commits."""
    async with await psycopg.AsyncConnection.connect(dsn) as holder:
        await holder.execute(statement.encode())
        yield holder


async def until_it_waits(connection: Connection) -> None:
    """Wait until a session waits for another's lock."""

    async def waits() -> bool:
        return waits_for_a_lock(connection)

    await eventually_async(waits, wanted=True, within=10)


async def test_forty_admitters_never_give_out_a_third_slot_of_two(
    ledger: str, connection: Connection
) -> None:
    """The lock comes before the count; four shards share the API, each admitter has a connection.

    Of one shard all would choose the same sweeps, whose rows they cannot both have.
    """
    async with AsyncExitStack() as stack:
        admitters = []
        for shard in ("north", "east", "south", "west"):
            leader = await stack.enter_async_context(a_desk(ledger, shard=shard, connections=1))
            for number in range(6):
                await leader.apply(f"s{number}", f"desk-{shard}")
            epoch = leader.ledger.identity.epoch
            more = [
                a_desk(ledger, leads=False, shard=shard, epoch=epoch, connections=1)
                for _ in range(9)
            ]
            admitters += [leader, *[await stack.enter_async_context(desk) for desk in more]]
        for _ in range(3):
            given = await asyncio.gather(*(admitter.admit() for admitter in admitters))
            assert 2 == sum(map(len, given))
            assert 2 == count(connection, "submissions", f"{IN_SLOTS} AND slot_released_at IS NULL")
            connection.execute("UPDATE submissions SET state = 'failed', slot_released_at = now()")

    assert 6 == count(connection, "submissions")


async def test_a_leader_that_is_inside_is_waited_for_by_its_successor(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """What it has begun it commits as the leader; then it is deposed, and admits no more."""
    await desk.apply()
    async with a_desk(ledger, leads=False) as successor:
        async with transaction(desk.pool) as inside:
            assert await leads(inside, desk.ledger.identity)
            takeover = asyncio.create_task(successor.ledger.lead("successor"))
            await until_it_waits(connection)
        await takeover

    assert [] == await desk.admit()


async def test_a_leader_that_is_deposed_while_it_waits_inside_admits_nobody(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """The look at the epoch waits for the successor's commit, and then sees it.

    (1) The successor has written its epoch, not committed. (2) The old leader asks. (3) Commit.
    """
    await desk.apply()
    async with holding(ledger, "UPDATE leaders SET epoch = epoch + 1"):
        admission = asyncio.create_task(desk.admit())
        await until_it_waits(connection)

    assert [] == await admission
    assert 0 == count(connection, "submissions")


async def test_a_stopped_holders_lock_is_freed_by_the_server(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """A frozen process keeps the others out for five seconds, and its intents get their window."""
    await desk.apply()
    async with a_desk(ledger, leads=False) as frozen:
        stopped = await frozen.pool.getconn()
        await stopped.execute("BEGIN")
        await stopped.execute("SELECT pg_advisory_xact_lock(%s, hashtext('default'))", (LOCK,))
        try:
            assert ["btc-sma"] == await asyncio.wait_for(desk.admit(), timeout=14)
            with pytest.raises(psycopg.Error, match="idle-in-transaction"):
                await stopped.execute("SELECT 1")
        finally:
            await frozen.pool.putconn(stopped)

    assert one(connection, "SELECT now() < post_before FROM submissions")


@pytest.mark.parametrize(
    "decision",
    [
        "UPDATE pipeline_jobs SET combinations = 124751, requested_combinations = 124751",
        "UPDATE pipeline_jobs SET next_at = now() + interval '1 min'",
        "UPDATE sweeps SET object_gone_at = now()",
        "UPDATE sweeps SET phase = 'Failed'",
        "UPDATE sweeps SET hold_reason = 'LedgerRolledBack'",
    ],
)
async def test_what_a_worker_decides_after_the_choice_counts(
    desk: Desk, ledger: str, connection: Connection, decision: str
) -> None:
    """Chosen by admission, then decided about, then locked: it goes only if it still may.

    The worker holds the table so that admission chooses before and locks after its commit.
    """
    await desk.apply()
    async with holding(ledger, "LOCK TABLE sweeps IN EXCLUSIVE MODE") as worker:
        admission = asyncio.create_task(desk.admit())
        await until_it_waits(connection)
        await worker.execute(decision.encode())
        await worker.execute("UPDATE sweeps SET version = version + 1")

    assert [] == await admission
    assert 0 == count(connection, "submissions")


async def test_what_a_worker_rewrote_after_the_choice_is_what_is_sent(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """The request and the key are those of the run as it is when it is locked."""
    key = await desk.apply()
    async with holding(ledger, "LOCK TABLE sweeps IN EXCLUSIVE MODE") as worker:
        admission = asyncio.create_task(desk.admit())
        await until_it_waits(connection)
        await worker.execute(
            "UPDATE pipeline_jobs SET spec_hash = 'other',"
            " parameters = parameters || '{\"step\": 1}'"
        )
    await admission

    assert "1" == (await desk.ledger.view(key.uid)).submissions[-1].form["step"]


async def test_a_sweep_that_is_being_decided_about_is_left_for_the_next_round(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Admission waits for no worker while it holds the lock of all; others go meanwhile."""
    await desk.apply("busy", "a")
    await desk.apply("idle", "b")
    async with holding(ledger, "SELECT 1 FROM sweeps WHERE name = 'busy' FOR UPDATE"):
        assert ["idle"] == await desk.admit()

    assert ["busy"] == await desk.admit()


async def test_a_decision_and_an_admission_at_once_leave_one_outcome(
    desk: Desk, connection: Connection
) -> None:
    """Edits, deletions and admission race for the same sweeps: no run is sent that was rewritten.

    Whoever is second looks again; so each live intent is of the run and the identity that the
    sweep has now.
    """
    keys = [await desk.apply(f"s{number}", f"desk-{number % 4}") for number in range(24)]

    async def decide_about(number: int) -> None:
        key = keys[number]
        if number % 3 == 0:
            await desk.delete(key)
        elif number % 3 == 1:
            await desk.record(key, an_object(key, 2, step=1))

    await asyncio.gather(
        *(decide_about(number) for number in range(24)), *(desk.admit(total=24) for _ in range(6))
    )

    assert 0 == count(
        connection,
        "submissions AS s JOIN sweeps AS w ON w.uid = s.sweep_uid"
        " JOIN pipeline_jobs AS r ON r.id = s.run_id",
        f"s.{IN_SLOTS} AND (w.object_gone_at IS NOT NULL OR s.run_no <> w.run_no"
        " OR r.spec_hash <> w.spec_hash OR s.request->>'step' <> r.parameters->>'step')",
    )
    assert 8 <= count(connection, "submissions", IN_SLOTS)


async def test_admission_and_an_appended_job_id_do_not_wait_for_each_other_in_a_circle(
    desk: Desk, connection: Connection
) -> None:
    """A late fact about a submission that is back in line, while it is admitted again."""
    key = await desk.apply()
    await desk.admit()
    await desk.put_back(key)
    submission = (await desk.ledger.view(key.uid)).submissions[-1].key
    async with transaction(desk.pool) as appending:
        await append_job_id(appending, submission, "job-1", "answer")
        await (await appending.execute("SELECT 1")).fetchone()
        admission = asyncio.create_task(desk.admit())
        await until_it_waits(connection)
        # What appending a job of a cancelled submission does: it points to the sweep's row.
        await appending.execute(
            "INSERT INTO outbox (dedupe_key, sweep_uid, kind, payload)"
            " VALUES ('cancel:late', %s, 'cancel', '{}')",
            (key.uid,),
        )

    assert ["btc-sma"] == await admission
    assert State.INTENT is (await desk.ledger.view(key.uid)).submissions[-1].state

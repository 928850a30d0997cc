"""A ledger that was restored to an earlier moment gets back what the statuses know."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from dev.postgres import Postgres
from tests.support.ledger_desk import Desk, a_desk, an_object, count, key_of, one
from tests.support.ledger_rows import Connection, connect
from tradingsweep.adapters.ledger import Named, adopt, held, say
from tradingsweep.domain.actions import Record, Rest
from tradingsweep.domain.changes import Change, Repair
from tradingsweep.domain.decide import decide
from tradingsweep.domain.facts import Facts, Question, SweepObject
from tradingsweep.domain.holding import released
from tradingsweep.domain.identity import identity, identity_hash
from tradingsweep.domain.projection import project
from tradingsweep.domain.reasons import Reason
from tradingsweep.errors import CommandRefused
from tradingsweep.reconcile.ports import Key

_numbers = itertools.count(1)


@asynccontextmanager
async def restored(postgres: Postgres, dump: str) -> AsyncIterator[tuple[Desk, str]]:
    """Open a copy of a ledger as it was when it was dumped."""
    name = f"restored_{next(_numbers)}"
    dsn = postgres.create_database(name, dump)
    try:
        async with a_desk(dsn) as desk:
            yield desk, dsn
    finally:
        postgres.drop_database(name)


def named(dsn: str) -> str:
    """Return the name of a database."""
    return dsn.rpartition("/")[2]


async def shown(desk: Desk, key: Key) -> SweepObject:
    """Return the object with the status that the ledger gives it."""
    target = an_object(key)
    facts = Facts(target, await desk.ledger.view(key.uid))
    status = project(facts)
    assert status is not None
    wire = {name: value for name, value in status.to_wire().items() if value != []}
    return replace(target, status=wire)


async def sweep_of(ledger: str, *way: str) -> SweepObject:
    """Take a sweep some way in a ledger, and return its object; nobody is connected then."""
    async with a_desk(ledger) as desk:
        key = await desk.apply()
        for step in way:
            match step:
                case "admitted":
                    await desk.admit()
                case "accepted":
                    await desk.accept(key, "job-7")
                case "unknown":
                    await desk.lose_the_answer(key)
                case _:
                    await desk.finish(key)
        return await shown(desk, key)


async def settle(desk: Desk, target: SweepObject) -> None:
    """Write what the core decides until it rests."""
    for _ in range(5):
        facts = await desk.look(key_of(), target)
        action = decide(facts)
        if isinstance(action, Rest):
            return
        assert isinstance(action, Record), action
        assert await desk.ledger.write(key_of(), facts.view, action.change)
    raise AssertionError("it does not come to rest")


def the_dump(postgres: Postgres, ledger: str) -> str:
    """Copy the ledger as it is now."""
    name = f"dump_{next(_numbers)}"
    postgres.create_database(name, named(ledger))
    return name


async def test_a_job_that_the_dump_does_not_know_is_a_fact_again(
    postgres: Postgres, ledger: str
) -> None:
    """Under its own key, so that its callback finds it; it holds its slot, and is held."""
    dump = the_dump(postgres, ledger)
    target = await sweep_of(ledger, "admitted", "accepted")
    with connect(ledger) as before:
        key = one(before, "SELECT key FROM submissions")

    async with restored(postgres, dump) as (desk, dsn):
        await settle(desk, target)

        with connect(dsn) as connection:
            assert (key, "accepted") == one(connection, "SELECT key, state FROM submissions")
            assert ("job-7", "status") == one(
                connection, "SELECT external_job_id, source FROM submission_job_ids"
            )
            assert ("Submitted", "LedgerRolledBack") == one(
                connection, "SELECT phase, hold_reason FROM sweeps"
            )
            assert 0 == count(connection, "outbox", "kind = 'cancel'")
            assert 0 == count(connection, "transitions")
        await desk.apply("other")
        assert [] == await desk.admit(total=1)


@pytest.mark.parametrize("dumped", [(), ("admitted",), ("admitted", "unknown")])
async def test_a_dump_from_the_middle_of_a_submission_is_brought_forward(
    postgres: Postgres, ledger: str, dumped: tuple[str, ...]
) -> None:
    """Whatever the old row says, the job that the status names is the one that is followed."""
    await sweep_of(ledger, *dumped)
    dump = the_dump(postgres, ledger)
    async with a_desk(ledger) as desk:
        key = key_of()
        if not dumped:
            await desk.admit()
        await desk.accept(key, "job-7")
        target = await shown(desk, key)

    async with restored(postgres, dump) as (desk, dsn):
        await settle(desk, target)
        with connect(dsn) as connection:
            assert ("accepted",) == connection.execute("SELECT state FROM submissions").fetchone()
            assert Reason.LEDGER_ROLLED_BACK == one(connection, "SELECT hold_reason FROM sweeps")

        await say(dsn, Named("desk-a", "btc-sma"), released)
        await desk.finish(key)

        with connect(dsn) as connection:
            assert ("Completed", None) == one(connection, "SELECT phase, hold_reason FROM sweeps")


async def test_each_repair_is_counted_in_the_transaction_that_mends(
    postgres: Postgres, ledger: str
) -> None:
    """Whoever is killed afterwards loses no count."""
    dump = the_dump(postgres, ledger)
    target = await sweep_of(ledger, "admitted", "accepted")

    async with restored(postgres, dump) as (desk, _):
        await settle(desk, target)

        assert {"ledger_rolled_back": 1} == (await desk.ledger.counts()).repairs
        gone = Change(object_gone=True, repairs=Repair.MISSED_DELETION)
        assert await desk.change_any(key_of(), gone)
        assert 1 == (await desk.ledger.counts()).repairs["missed_deletion"]


async def test_the_version_never_falls(postgres: Postgres, ledger: str) -> None:
    """The API server refuses a status whose recordVersion does."""
    dump = the_dump(postgres, ledger)
    target = await sweep_of(ledger, "admitted", "unknown", "accepted")

    async with restored(postgres, dump) as (desk, _):
        await settle(desk, target)
        after = await shown(desk, key_of())

    assert after.status["recordVersion"] > target.status["recordVersion"]


async def test_a_finished_sweep_of_a_lost_database_is_adopted(
    postgres: Postgres, ledger: str
) -> None:
    """A new database: it stays finished, and its status stays as it was."""
    dump = the_dump(postgres, ledger)
    target = await sweep_of(ledger, "admitted", "accepted", "finished")

    async with restored(postgres, dump) as (desk, dsn):
        await settle(desk, target)
        status = project(await desk.look(key_of(), target))

        assert status is not None
        assert target.status["topResults"] == status.to_wire()["topResults"]
        assert target.status["conditions"] == status.to_wire()["conditions"]
        with connect(dsn) as connection:
            assert ("COMPLETED", True) == one(
                connection, "SELECT status, adopted FROM pipeline_jobs"
            )
            assert [] == await desk.admit()


async def test_an_end_that_the_dump_does_not_know_stays_after_the_release(
    postgres: Postgres, ledger: str
) -> None:
    """Held at first; then it is finished, with what its status says, and nothing runs again."""
    await sweep_of(ledger, "admitted", "accepted")
    dump = the_dump(postgres, ledger)
    async with a_desk(ledger) as desk:
        await desk.finish(key_of())
        target = await shown(desk, key_of())

    async with restored(postgres, dump) as (desk, dsn):
        await settle(desk, target)
        assert [("desk-a/btc-sma", "LedgerRolledBack")] == [
            (str(one_.about), one_.reason) for one_ in await held(dsn)
        ]
        await say(dsn, Named("desk-a", "btc-sma"), released)

        await settle(desk, target)
        status = project(await desk.look(key_of(), target))
        assert status is not None
        assert target.status["best"] == status.to_wire()["best"]
        assert [] == await held(dsn)
        assert [] == await desk.admit()


async def test_an_object_that_is_back_goes_on_where_a_human_says_so(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Its run was cancelled with it: it has failed, and its next edit is seen."""
    key = await desk.at_the_api()
    await desk.delete(key)
    await settle(desk, an_object(key))
    assert "ObjectRestored" == one(connection, "SELECT hold_reason FROM sweeps")

    await say(ledger, Named("desk-a", "btc-sma"), released)
    await settle(desk, an_object(key))

    assert ("Failed", "Cancelled", None, 1) == one(
        connection, "SELECT phase, reason, object_gone_at, generation_seen FROM sweeps"
    )


async def question(desk: Desk, name: str = "btc-sma", **spec: Any) -> tuple[Key, Change]:
    """Look at a sweep of another cluster, and return what opens its run."""
    key = Key(f"uid-new-{name}-{next(_numbers)}", "desk-a", name)
    target = an_object(key, **spec)
    asks = Question(key.namespace, key.name, identity_hash(identity(target.spec)))
    view = await desk.ledger.view(key.uid, asks)
    action = decide(Facts(target, view))
    assert isinstance(action, Record)
    assert await desk.ledger.write(key, view, action.change)
    return key, action.change


async def test_a_new_cluster_takes_over_finished_runs_once(desk: Desk, ledger: str) -> None:
    """By namespace, name and question; what was not finished, or asks otherwise, is run."""
    await desk.finish(await desk.at_the_api())
    await desk.at_the_api("unfinished")
    async with a_desk(ledger, cluster_id="cluster-2") as other:
        _, before = await question(other, "btc-sma")
        assert 1 == await adopt(ledger, "cluster-1", "cluster-2")

        _, same = await question(other, "btc-sma")
        _, again = await question(other, "btc-sma")
        _, edited = await question(other, "btc-sma", minTrades=77)
        _, unfinished = await question(other, "unfinished")

    assert [False, True, False, False, False] == [
        change.reuses is not None for change in (before, same, again, edited, unfinished)
    ]


@pytest.mark.parametrize(
    ("lost", "into", "says"),
    [
        ("cluster-9", "cluster-2", "it has those of cluster-1"),
        ("cluster-1", "cluster-1", "the same"),
    ],
)
async def test_a_cluster_that_is_not_there_is_not_taken_over(
    desk: Desk, ledger: str, lost: str, into: str, says: str
) -> None:
    """A slip of the hand is told, and nothing is written."""
    await desk.apply()

    with pytest.raises(CommandRefused, match=says):
        await adopt(ledger, lost, into)

"""Sweeps that are held for a human, and the human's word, in the ledger."""

from dataclasses import replace

import pytest

from tests.support.ledger_desk import Desk, a_desk, an_object, count, one
from tests.support.ledger_rows import Connection
from tradingsweep.adapters.ledger import Named, say
from tradingsweep.domain.holding import found_at_the_api, held_for_a_human, never_submitted
from tradingsweep.domain.reasons import Reason
from tradingsweep.errors import CommandRefused
from tradingsweep.reconcile.ports import Key

ABOUT = Named("desk-a", "btc-sma")


async def held(desk: Desk) -> Key:
    """Bring a sweep to where a human is waited for."""
    key = await desk.apply()
    await desk.admit(total=1)
    await desk.lose_the_answer(key)
    assert await desk.change(key, held_for_a_human)
    return key


async def test_a_held_sweep_holds_no_slot_and_is_not_admitted(desk: Desk) -> None:
    """A job that nobody can name does not stop the others."""
    await held(desk)
    await desk.apply("other")

    assert ["other"] == await desk.admit(total=1)


async def test_a_hold_ends_with_the_next_event(desk: Desk, connection: Connection) -> None:
    """The job was named: it is no longer held, and takes its slot again."""
    key = await held(desk)
    sweep = (await desk.ledger.view(key.uid)).sweep
    assert sweep is not None
    assert (Reason.OUTCOME_UNKNOWN, True) == (sweep.hold, sweep.held_at is not None)

    await desk.accept(key)

    assert (None, None) == one(connection, "SELECT hold_reason, held_at FROM sweeps")
    await desk.apply("other")
    assert [] == await desk.admit(total=1)


async def test_a_deletion_ends_the_hold(desk: Desk, connection: Connection) -> None:
    """Nobody is waited for any more."""
    key = await held(desk)

    await desk.delete(key)

    assert one(connection, "SELECT hold_reason FROM sweeps") is None


async def test_a_job_that_a_human_found_is_a_fact(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Its source says where it came from, and the operator is told to look."""
    await held(desk)

    await say(ledger, ABOUT, lambda facts: found_at_the_api(facts, "job-7"))

    assert ("job-7", "human") == one(
        connection, "SELECT external_job_id, source FROM submission_job_ids"
    )
    assert "Submitted" == one(connection, "SELECT phase FROM sweeps")
    assert ["look"] == [e.kind for e in await desk.ledger.claim_effects(9) if e.kind != "event"]


async def test_what_never_arrived_is_admitted_again_at_once(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Under the next key, and beside nothing: the human vouches that there is no job."""
    await held(desk)

    await say(ledger, ABOUT, never_submitted)

    assert ["btc-sma"] == await desk.admit(total=1)
    assert 2 == count(connection, "submissions")


async def test_a_word_about_a_sweep_that_is_not_there_is_refused(desk: Desk, ledger: str) -> None:
    """The name is repeated: it may be a slip."""
    await held(desk)

    with pytest.raises(CommandRefused, match="knows no sweep desk-a/btc-smma"):
        await say(ledger, replace(ABOUT, name="btc-smma"), never_submitted)


async def test_a_name_that_two_clusters_have_needs_the_cluster(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Which ones there are is said, and only the named one is touched."""
    await held(desk)
    async with a_desk(ledger, cluster_id="cluster-2") as other:
        key = Key("uid-elsewhere", "desk-a", "btc-sma")
        await other.record(key, an_object(key))

    with pytest.raises(CommandRefused, match="--cluster, one of cluster-1, cluster-2"):
        await say(ledger, ABOUT, never_submitted)
    await say(ledger, replace(ABOUT, cluster_id="cluster-1"), never_submitted)

    assert [("cluster-1", 5), ("cluster-2", 1)] == connection.execute(
        "SELECT cluster_id, version FROM sweeps ORDER BY cluster_id"
    ).fetchall()

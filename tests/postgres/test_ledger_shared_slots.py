"""Slots that are shared: by a run's attempts, by several jobs of one, by shards of one API."""

from tests.support.ledger_desk import Desk, a_desk, one
from tests.support.ledger_rows import Connection
from tradingsweep.domain.changes import Change, Learned
from tradingsweep.domain.outcomes import replaced
from tradingsweep.reconcile.ports import Key


async def is_free(desk: Desk) -> bool:
    """Whether the only slot can be had: by a sweep that asks for nothing else."""
    await desk.apply("asks", "desk-b")
    return ["asks"] == await desk.admit(total=1)


async def replaced_once(desk: Desk) -> Key:
    """Take a sweep to where its submission was replaced, and its successor waits."""
    key = await desk.apply()
    await desk.admit()
    await desk.lose_the_answer(key)
    await desk.change(key, lambda _, sent: replaced(sent))
    return key


async def test_a_replaced_submission_keeps_its_slot_for_its_successor(desk: Desk) -> None:
    """Its job may be running: nobody else gets the slot; the successor would never go otherwise."""
    await replaced_once(desk)
    await desk.apply("other", "desk-b")

    assert ["btc-sma"] == await desk.admit(total=1)
    assert [] == await desk.admit(total=1)
    assert ["other"] == await desk.admit(total=2)


async def test_a_chain_of_replaced_submissions_holds_one_slot(desk: Desk) -> None:
    """However often the answer is lost."""
    key = await replaced_once(desk)
    await desk.admit(total=1)
    await desk.lose_the_answer(key)
    await desk.change(key, lambda _, sent: replaced(sent))
    await desk.apply("other", "desk-b")

    assert ["btc-sma"] == await desk.admit(total=1)
    assert ["other"] == await desk.admit(total=9)


async def test_a_replaced_submission_of_an_edited_sweep_keeps_its_slot(desk: Desk) -> None:
    """Another question is no successor: N edits must not put N jobs on the API."""
    key = await replaced_once(desk)
    await desk.admit(total=1)
    await desk.apply(generation=2, step=2)

    assert [] == await desk.admit(total=1)
    assert 2 == (await desk.ledger.view(key.uid)).sweep.run_no  # type: ignore[union-attr]


async def test_the_slot_of_two_jobs_is_free_when_both_have_ended(
    desk: Desk, connection: Connection
) -> None:
    """An API that forgot its key made a second job: the first confirmed cancel is not all."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[-1].key
    await desk.ledger.learn_job_id(sent, "job-2", "callback")
    await desk.delete(key)
    first, second = [e for e in await desk.ledger.claim_effects(9) if e.kind == "cancel"]

    await desk.ledger.effect_done(first, released=True)
    assert not await is_free(desk)
    assert one(connection, "SELECT cancel_state FROM submissions WHERE key = %s", sent) is None
    await desk.ledger.effect_done(second, released=True)

    assert ["asks"] == await desk.admit(total=1)


async def test_late_news_of_one_of_two_jobs_leaves_the_other_its_slot(desk: Desk) -> None:
    """What is said of a job is said of that job."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[-1].key
    await desk.ledger.learn_job_id(sent, "job-2", "callback")
    await desk.delete(key)

    await desk.change_any(key, ended(sent, "job-1"))
    assert not await is_free(desk)
    await desk.change_any(key, ended(sent, "job-2"))

    assert ["asks"] == await desk.admit(total=1)


def ended(sent: str, job_id: str) -> Change:
    """A late callback told that a job has ended."""
    return Change(releases=(sent,), learned=(Learned(sent, job_id, "callback"),))


async def test_slots_are_counted_by_api(ledger: str, desk: Desk) -> None:
    """Another API has its own; the same one counts over all shards."""
    await desk.at_the_api()
    async with a_desk(ledger, shard="other") as shard, a_desk(ledger, api="other") as api:
        await shard.apply("of-a-shard")
        assert [] == await shard.admit(total=1)
        await api.ledger.lead("tests")
        await api.apply("of-an-api")
        assert ["of-an-api"] == await api.admit(total=1)

"""Who holds a slot at the Trading API, and from when to when."""

from datetime import timedelta

import pytest

from tests.support.ledger_desk import Desk, a_desk, an_object, one
from tests.support.ledger_rows import Connection
from tradingsweep.domain.changes import Change, Move, RunEdit
from tradingsweep.domain.outcomes import replaced
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import HOLDS_SLOT, LINGERS, State


async def is_free(desk: Desk) -> bool:
    """Whether the only slot can be had: by a sweep that asks for nothing else."""
    await desk.apply("asks", "desk-b")
    return ["asks"] == await desk.admit(total=1)


@pytest.mark.parametrize("state", State)
async def test_the_states_that_hold_a_slot_are_those_of_the_law(
    desk: Desk, connection: Connection, state: State
) -> None:
    """Before the deadline, what is or may be at the API counts; nothing else does."""
    await desk.at_the_api()
    connection.execute("UPDATE submissions SET state = %s", (state,))

    assert (state not in HOLDS_SLOT | LINGERS) == await is_free(desk)


@pytest.mark.parametrize("state", State)
async def test_after_the_deadline_only_what_lives_holds_a_slot(
    desk: Desk, connection: Connection, state: State
) -> None:
    """A job that nobody can end costs a slot for no longer than its run had time."""
    await desk.at_the_api()
    connection.execute(
        "UPDATE submissions SET state = %s, slot_until = now() - interval '1 ms'", (state,)
    )

    assert (state not in HOLDS_SLOT) == await is_free(desk)


@pytest.mark.parametrize("state", sorted(HOLDS_SLOT | LINGERS))
async def test_a_released_slot_is_free(desk: Desk, connection: Connection, state: State) -> None:
    """Terminal news ends the holding, whatever the state."""
    await desk.at_the_api()
    connection.execute("UPDATE submissions SET state = %s, slot_released_at = now()", (state,))

    assert await is_free(desk)


@pytest.mark.parametrize("to", [State.FAILED, State.LOST, State.UNUSABLE])
async def test_an_attempt_that_ended_at_the_api_frees_its_slot(desk: Desk, to: State) -> None:
    """The API has nothing of it any more."""
    key = await desk.at_the_api()
    await desk.give_up(key, to)

    assert await is_free(desk)


async def test_a_refused_submission_frees_its_slot(desk: Desk) -> None:
    """The API did not take it."""
    key = await desk.apply()
    await desk.admit()
    await desk.give_up(key, State.REFUSED, Reason.INVALID_PARAMETERS)

    assert await is_free(desk)


async def test_stored_results_free_the_slot(desk: Desk) -> None:
    """The job has ended."""
    await desk.finish(await desk.at_the_api())

    assert await is_free(desk)


async def test_what_was_certainly_not_sent_holds_no_slot(desk: Desk) -> None:
    """Back in line it waits like everybody else, and cancelled from there it leaves nothing."""
    key = await desk.apply()
    await desk.admit()
    await desk.put_back(key)
    await desk.delete(key)

    assert await is_free(desk)


async def test_what_is_admitted_again_holds_a_slot_again(desk: Desk) -> None:
    """The slot that was given back is taken anew, and only one."""
    key = await desk.apply()
    await desk.admit()
    await desk.put_back(key)

    assert ["btc-sma"] == await desk.admit(total=1)
    assert not await is_free(desk)


@pytest.mark.parametrize("lost", [False, True])
async def test_a_deleted_sweep_keeps_its_slot_until_the_cancel_is_confirmed(
    desk: Desk, connection: Connection, *, lost: bool
) -> None:
    """N deletions must not put N jobs on the API: asking to cancel frees nothing."""
    key = await desk.at_the_api()
    await desk.delete(key)
    (effect,) = [e for e in await desk.ledger.claim_effects(9) if e.kind == "cancel"]
    assert not await is_free(desk)

    await desk.ledger.effect_done(effect, released=not lost)

    assert lost != (["asks"] == await desk.admit(total=1))
    assert (None if lost else "confirmed") == one(
        connection, "SELECT cancel_state FROM submissions WHERE run_no = 1 AND state = 'cancelled'"
    )


async def test_an_edited_sweeps_old_job_keeps_its_slot(desk: Desk) -> None:
    """The new run queues behind the old one's job."""
    await desk.at_the_api()
    await desk.apply(generation=2, step=2)

    assert [] == await desk.admit(total=1)
    assert ["btc-sma"] == await desk.admit(total=2)


async def test_a_slot_that_was_given_back_is_not_taken_by_a_later_move(
    desk: Desk, connection: Connection
) -> None:
    """Replaced, its end known, then cancelled as the sibling of a completed one: it stays free."""
    key = await desk.apply()
    await desk.admit()
    await desk.lose_the_answer(key)
    await desk.change(key, lambda _, sent: replaced(sent))
    first = (await desk.ledger.view(key.uid)).submissions[0].key
    await desk.change(key, lambda _, __: Change(releases=(first,)))
    released = one(connection, "SELECT slot_released_at FROM submissions WHERE key = %s", first)
    await desk.change(key, lambda _, __: Change(moves=(Move(first, State.CANCELLED),)))

    assert released == one(
        connection, "SELECT slot_released_at FROM submissions WHERE key = %s", first
    )


async def test_the_deadline_starts_with_the_first_intent_and_not_again(
    desk: Desk, connection: Connection
) -> None:
    """Being put back and admitted again gives a run no more time."""
    key = await desk.apply(activeDeadlineSeconds=600)
    assert (await desk.ledger.view(key.uid)).run.deadline_at is None  # type: ignore[union-attr]
    await desk.admit()
    first = one(connection, "SELECT intent_at + interval '600 s' FROM submissions")
    await desk.put_back(key)
    await desk.admit()

    assert (first, first, first) == one(
        connection,
        "SELECT r.deadline_at, s.deadline_at, s.slot_until"
        " FROM pipeline_jobs AS r JOIN submissions AS s ON s.run_id = r.id",
    )


async def test_a_scale_of_time_is_the_deadlines_too(ledger: str, connection: Connection) -> None:
    """Delays of a tenth with deadlines of an hour would hide what happens at a deadline."""
    async with a_desk(ledger, time_scale=0.1) as desk:
        key = await desk.at_the_api()
        limits = (
            "SELECT extract(epoch FROM r.deadline_at - s.intent_at)::int,"
            " extract(epoch FROM s.slot_until - s.intent_at)::int"
            " FROM pipeline_jobs AS r JOIN submissions AS s ON s.run_id = r.id"
        )
        assert (360, 360) == one(connection, limits)
        await desk.record(key, an_object(key, 2, activeDeadlineSeconds=7200))

    assert (720, 720) == one(connection, limits)


async def test_an_edit_of_the_deadline_counts_from_the_first_intent(
    desk: Desk, connection: Connection
) -> None:
    """More time for a run in flight is more time for its slot, too."""
    key = await desk.at_the_api()
    await desk.record(key, an_object(key, 2, activeDeadlineSeconds=7200))

    assert (7200, 7200, 7200) == one(
        connection,
        "SELECT extract(epoch FROM r.deadline_at - s.intent_at)::int,"
        " extract(epoch FROM s.deadline_at - s.intent_at)::int,"
        " extract(epoch FROM s.slot_until - s.intent_at)::int"
        " FROM pipeline_jobs AS r JOIN submissions AS s ON s.run_id = r.id",
    )


async def test_what_was_sent_before_a_suspension_keeps_its_deadline(
    desk: Desk, connection: Connection
) -> None:
    """A run that is resumed has a new deadline; the slot of its cancelled job has not."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[0].key
    suspended = Change(
        event=Event.NEXT_ATTEMPT,
        moves=(Move(sent, State.CANCELLED, cancel=True),),
        run=RunEdit(restarts_deadline=True),
    )
    assert await desk.change_any(key, suspended)
    old = one(connection, "SELECT slot_until FROM submissions")
    assert ["btc-sma"] == await desk.admit()
    await desk.record(key, an_object(key, 2, activeDeadlineSeconds=7200))

    rows = connection.execute(
        "SELECT slot_until - %s, slot_until - intent_at FROM submissions ORDER BY n", (old,)
    ).fetchall()
    assert (timedelta(0), timedelta(hours=1)) == rows[0]
    assert timedelta(hours=2) == rows[1][1]


async def test_an_edit_of_a_finished_sweep_leaves_its_run_as_it_ran(
    desk: Desk, connection: Connection
) -> None:
    """History says what a run was told, not what its object says today."""
    key = await desk.at_the_api()
    await desk.finish(key)
    steered = "SELECT priority, deadline_seconds, store_results, deadline_at FROM pipeline_jobs"
    before = one(connection, steered)
    await desk.record(key, an_object(key, 2, activeDeadlineSeconds=60, priority=9, storeResults=3))

    assert before == one(connection, steered)

"""W2: facts from outside are appended by anybody, and never lost between two decisions."""

import asyncio

import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation

from tests.support.eventually import eventually_async
from tests.support.ledger_desk import Desk, a_desk, count, one, waits_for_a_lock
from tests.support.ledger_rows import Connection
from tests.support.ledger_rows import key_of as a_key
from tradingsweep.adapters.ledger.facts import append_job_id
from tradingsweep.adapters.ledger.postgres import transaction
from tradingsweep.domain.changes import Change, Move
from tradingsweep.domain.submissions import State

CANCELS = "outbox"
IS_CANCEL = "kind = 'cancel'"


async def sent(desk: Desk) -> str:
    """Admit a sweep, and return its submission's key."""
    key = await desk.apply()
    await desk.admit()
    return (await desk.ledger.view(key.uid)).submissions[-1].key


async def test_a_deposed_process_appends_what_it_learned(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Its POST was answered: the job id is kept, and the decision about it is left to others."""
    key = await desk.apply()
    await desk.admit()
    submission = (await desk.ledger.view(key.uid)).submissions[-1].key
    async with a_desk(ledger):
        await desk.ledger.learn_job_id(submission, "job-1", "answer")

    assert ("job-1", "answer") == one(
        connection, "SELECT external_job_id, source FROM submission_job_ids"
    )
    assert State.INTENT is (await desk.ledger.view(key.uid)).submissions[-1].state


async def test_a_job_id_is_kept_once_with_its_first_source(
    desk: Desk, connection: Connection
) -> None:
    """The answer and the callback name the same job; a second job is a second fact."""
    submission = await sent(desk)
    for job, source in (("job-1", "answer"), ("job-1", "callback"), ("job-2", "lookup")):
        await desk.ledger.learn_job_id(submission, job, source)

    rows = connection.execute("SELECT external_job_id, source FROM submission_job_ids ORDER BY 1")
    assert [("job-1", "answer"), ("job-2", "lookup")] == rows.fetchall()


async def test_a_fact_about_nothing_is_refused(desk: Desk) -> None:
    """A job id belongs to a submission that was intended."""
    with pytest.raises(ForeignKeyViolation):
        await desk.ledger.learn_job_id(a_key("nobody"), "job-1", "answer")


async def test_a_job_id_that_is_no_path_segment_is_refused(desk: Desk) -> None:
    """What is appended can be put into a URL."""
    with pytest.raises(CheckViolation):
        await desk.ledger.learn_job_id(await sent(desk), "../admin", "answer")


async def test_a_job_of_a_cancelled_submission_that_is_named_later_is_cancelled_once(
    desk: Desk, connection: Connection
) -> None:
    """The object went while the POST was under way: its job is not left running."""
    key = await desk.apply()
    await desk.admit()
    submission = (await desk.ledger.view(key.uid)).submissions[-1].key
    await desk.delete(key)
    assert 0 == count(connection, CANCELS, IS_CANCEL)

    for source in ("answer", "callback"):
        await desk.ledger.learn_job_id(submission, "job-1", source)

    assert {"submission_key": submission, "job_id": "job-1"} == one(
        connection, "SELECT payload FROM outbox WHERE kind = 'cancel'"
    )


async def test_a_job_of_a_timed_out_submission_is_cancelled(
    desk: Desk, connection: Connection
) -> None:
    """The deadline ends the job as well as the run."""
    key = await desk.at_the_api()
    await desk.give_up(key, State.TIMED_OUT)

    assert ["job-1"] == [
        row[0]
        for row in connection.execute("SELECT payload->>'job_id' FROM outbox WHERE kind = 'cancel'")
    ]


async def test_a_job_of_a_replaced_submission_is_left_to_complete(
    desk: Desk, connection: Connection
) -> None:
    """It may be the one that brings the results."""
    key = await desk.apply()
    await desk.admit()
    submission = (await desk.ledger.view(key.uid)).submissions[-1].key
    await desk.lose_the_answer(key)
    await desk.change(key, lambda _, s: Change(moves=(Move(s.key, State.REPLACED),), reopens=True))

    await desk.ledger.learn_job_id(submission, "job-1", "callback")

    assert 0 == count(connection, CANCELS, IS_CANCEL)


async def test_a_job_that_has_ended_is_not_cancelled(desk: Desk, connection: Connection) -> None:
    """Late news names the job and ends it in one transaction: there is nothing to cancel."""
    key = await desk.apply()
    await desk.admit()
    submission = (await desk.ledger.view(key.uid)).submissions[-1].key
    await desk.delete(key)
    await desk.change(key, lambda _, __: Change(releases=(submission,)))

    await desk.ledger.learn_job_id(submission, "job-1", "callback")

    assert 0 == count(connection, CANCELS, IS_CANCEL)


async def test_a_job_id_appended_while_its_submission_is_cancelled_is_cancelled(
    desk: Desk, connection: Connection
) -> None:
    """Whoever commits second sees what the first one wrote.

    (1) The job id is appended, and not committed. (2) The deletion marks the submission cancelled
    and looks for jobs to cancel. (3) Both commit.
    """
    key = await desk.apply()
    await desk.admit()
    submission = (await desk.ledger.view(key.uid)).submissions[-1].key
    async with transaction(desk.pool) as appending:
        await append_job_id(appending, submission, "job-1", "answer")
        deletion = asyncio.create_task(desk.delete(key))

        async def has_gone_as_far_as_it_can() -> bool:
            return deletion.done() or waits_for_a_lock(connection)

        await eventually_async(has_gone_as_far_as_it_can, wanted=True, within=10)
    assert await deletion

    assert 1 == count(connection, CANCELS, IS_CANCEL)


async def test_a_callback_that_was_parked_is_a_hint_when_its_job_is_known(
    desk: Desk, connection: Connection
) -> None:
    """It came by the plain route before the answer to the submission was recorded."""
    submission = await sent(desk)
    parked = connection.execute("SELECT inbox_put_unsigned_v1('job-1', 'early')").fetchone()
    before = await desk.ledger.called_back()

    await desk.ledger.learn_job_id(submission, "job-1", "answer")

    assert (("parked",), []) == (parked, before)
    assert ["btc-sma"] == [key.name for key in await desk.ledger.called_back()]
    assert (submission, b"early", False) == one(
        connection, "SELECT submission_key, body, signed FROM callback_inbox"
    )
    assert 0 == count(connection, "parked_callbacks")


async def test_a_parked_callback_of_another_job_stays_parked(
    desk: Desk, connection: Connection
) -> None:
    """Only the job that was learned is heard."""
    submission = await sent(desk)
    connection.execute("SELECT inbox_put_unsigned_v1('job-2', 'of somebody else')")

    await desk.ledger.learn_job_id(submission, "job-1", "answer")

    assert (0, 1) == (count(connection, "callback_inbox"), count(connection, "parked_callbacks"))


async def test_a_job_that_shares_its_name_is_known_to_and_is_not_cancelled(
    desk: Desk, connection: Connection
) -> None:
    """The documented ids collide: the request would cancel the other one's job as well."""
    first, second = await desk.at_the_api("first"), await desk.apply("second")
    assert [False] == [s.shares_job for s in (await desk.ledger.view(first.uid)).submissions]
    await desk.admit()
    await desk.accept(second)

    shared = [
        (await desk.ledger.view(key.uid)).submissions[-1].shares_job for key in (first, second)
    ]
    await desk.delete(first)

    assert [True, True] == shared
    assert 0 == count(connection, CANCELS, IS_CANCEL)

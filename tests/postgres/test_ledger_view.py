"""The view: everything that is known of one sweep, of one moment, and nothing of others."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.support.eventually import eventually_async
from tests.support.ledger_desk import Desk, a_desk, one, version, waits_for_a_lock
from tests.support.ledger_rows import Connection
from tests.support.said import a_result, completed
from tradingsweep.domain.changes import Change
from tradingsweep.domain.outcomes import replaced
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.submissions import State


async def test_of_an_unknown_sweep_the_ledger_and_the_time_are_known(
    desk: Desk, connection: Connection
) -> None:
    """Also a sweep that was never recorded is decided about on the ledger's time (W4)."""
    before = one(connection, "SELECT clock_timestamp()")
    view = await desk.ledger.view("nobody")

    assert one(connection, "SELECT ledger_id::text FROM ledger_meta") == view.ledger_id
    assert before < view.now < one(connection, "SELECT clock_timestamp()")
    assert (None, None, (), ()) == (view.sweep, view.run, view.submissions, view.inbox)


async def test_a_view_does_not_see_half_of_what_is_written_during_it(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """A decision that commits while it reads is seen whole, or not at all.

    (1) The view waits at the submissions. (2) A decision commits. (3) The view reads on.
    """
    key = await desk.at_the_api()
    before = await desk.ledger.view(key.uid)
    async with await psycopg.AsyncConnection.connect(ledger) as writer:
        await writer.execute("LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE")
        look = asyncio.create_task(desk.ledger.view(key.uid))

        async def waits() -> bool:
            return waits_for_a_lock(connection)

        await eventually_async(waits, wanted=True, within=10)
        await writer.execute("UPDATE sweeps SET version = version + 1, phase = 'Running'")
        await writer.execute("UPDATE submissions SET state = 'failed'")
        await writer.commit()
    seen = await look
    after = await desk.ledger.view(key.uid)

    assert version(before) + 1 == version(after)
    assert (seen.sweep, seen.submissions) in [
        (whole.sweep, whole.submissions) for whole in (before, after)
    ]


async def test_the_run_is_shown_with_its_counters_and_times(desk: Desk) -> None:
    """What a decision needs of the run."""
    key = await desk.apply(storeResults=7)
    await desk.admit()
    await desk.accept(key)
    view = await desk.ledger.view(key.uid)

    assert view.run is not None
    assert view.sweep is not None
    assert (1, 7, 9, 0, 0, None) == (
        view.run.run_no,
        view.run.store_results,
        view.run.requested,
        view.run.failed_attempts,
        view.run.collect_tries,
        view.run.next_at,
    )
    assert view.run.spec_hash == view.sweep.spec_hash
    assert (
        view.run.queued_at < view.now < (view.run.deadline_at or datetime.min.replace(tzinfo=UTC))
    )
    assert (Phase.SUBMITTED, "Submitted", 1, False) == (
        view.sweep.phase,
        view.sweep.reason,
        view.sweep.generation_seen,
        view.sweep.suspended,
    )


async def test_job_ids_are_in_the_order_in_which_they_were_learned(desk: Desk) -> None:
    """The first is the one that was accepted."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[0].key
    for job in ("job-9", "job-5"):
        await desk.ledger.learn_job_id(sent, job, "lookup")

    assert ("job-1", "job-9", "job-5") == (await desk.ledger.view(key.uid)).submissions[0].job_ids


async def test_every_submission_of_the_current_run_is_shown_in_order(desk: Desk) -> None:
    """Late news can complete a replaced one."""
    key = await desk.apply()
    await desk.admit()
    await desk.lose_the_answer(key)
    await desk.change(key, lambda _, sent: replaced(sent))

    assert [(1, State.REPLACED), (2, State.READY)] == [
        (s.n, s.state) for s in (await desk.ledger.view(key.uid)).submissions
    ]


async def test_of_earlier_runs_those_are_shown_whose_end_is_unknown(desk: Desk) -> None:
    """They hold a slot and can be heard of; what is over is history."""
    key = await desk.at_the_api()
    await desk.apply(generation=2, step=2)
    lingering = (await desk.ledger.view(key.uid)).submissions
    assert [(1, State.CANCELLED)] == [(s.run_no, s.state) for s in lingering]

    await desk.change_any(key, Change(releases=(lingering[0].key,)))

    assert () == (await desk.ledger.view(key.uid)).submissions


async def test_callbacks_are_shown_oldest_first_and_only_of_this_sweep(
    desk: Desk, connection: Connection
) -> None:
    """Also those of a submission that has ended."""
    ours, theirs = await desk.at_the_api("ours"), await desk.at_the_api("theirs", "desk-b")
    sent = {
        key.name: (await desk.ledger.view(key.uid)).submissions[0].key for key in (ours, theirs)
    }
    for name, body in (("ours", b"1"), ("theirs", b"2"), ("ours", b"3")):
        connection.execute("SELECT inbox_put_v1(%s, %s)", (sent[name], body))
    connection.execute("UPDATE callback_inbox SET received_at = now() WHERE body = '1'")

    assert [b"3", b"1"] == [row.body for row in (await desk.ledger.view(ours.uid)).inbox]
    assert {"ours", "theirs"} == {key.name for key in await desk.ledger.called_back()}


async def test_a_callback_is_shown_byte_for_byte(desk: Desk, connection: Connection) -> None:
    """Whatever somebody sent: every byte there is, many times over."""
    key = await desk.at_the_api()
    (submission,) = (await desk.ledger.view(key.uid)).submissions
    body = bytes(range(256)) * 200
    connection.execute("SELECT inbox_put_v1(%s, %s)", (submission.key, body))

    assert [body] == [row.body for row in (await desk.ledger.view(key.uid)).inbox]


async def test_the_last_completed_run_outlives_the_next_one(desk: Desk) -> None:
    """While run 2 waits, the status keeps run 1 as `lastCompleted`; its results are not run 2's."""
    key = await desk.at_the_api()
    await desk.finish(key)
    await desk.apply(generation=2, step=2)
    view = await desk.ledger.view(key.uid)

    assert view.sweep is not None
    assert view.last_completed is not None
    assert (Phase.QUEUED, 2, 1, ()) == (
        view.sweep.phase,
        view.sweep.run_no,
        view.last_completed.run_no,
        view.top,
    )
    assert a_result() == view.last_completed.best


@pytest.mark.parametrize("mine", [{"cluster_id": "cluster-2"}, {"shard": "east"}, {"app": 0}])
async def test_a_row_that_is_not_ours_is_shown_as_foreign(
    desk: Desk, ledger: str, connection: Connection, mine: dict[str, Any]
) -> None:
    """W6: another cluster's, shard's or newer program's sweep is known to be there, no more."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[0].key
    connection.execute("SELECT inbox_put_v1(%s, %s)", (sent, completed()))
    connection.execute("UPDATE sweeps SET min_app = 1")
    async with a_desk(ledger, **mine) as stranger:
        view = await stranger.ledger.view(key.uid)

        assert (True, None, None, (), ()) == (
            view.foreign,
            view.sweep,
            view.run,
            view.submissions,
            view.inbox,
        )
        assert ([], []) == (
            await stranger.ledger.open_sweeps(),
            await stranger.ledger.called_back(),
        )


async def test_open_sweeps_are_those_that_have_not_ended(desk: Desk) -> None:
    """What a new process takes up: waiting or in flight, whoever sees its object."""
    await desk.finish(await desk.at_the_api("finished"))
    await desk.delete(await desk.apply("deleted"))
    await desk.at_the_api("in-flight")
    await desk.apply("waiting")

    assert ["in-flight", "waiting"] == [key.name for key in await desk.ledger.open_sweeps()]


async def test_ended_sweeps_are_those_that_are_not_known_to_be_gone(desk: Desk) -> None:
    """An audit asks for them, too: what went while nobody watched is found."""
    await desk.finish(await desk.at_the_api("finished"))
    gone = await desk.at_the_api("gone")
    await desk.finish(gone)
    await desk.delete(gone)
    await desk.apply("waiting")

    assert ["finished"] == [key.name for key in await desk.ledger.ended_sweeps()]


async def test_the_time_of_a_view_is_the_servers(desk: Desk, connection: Connection) -> None:
    """Deadlines and windows are compared on one clock, with its zone."""
    view = await desk.ledger.view("nobody")

    assert timedelta(0) == view.now.utcoffset()
    assert timedelta(seconds=10) > one(connection, "SELECT now()") - view.now

"""W1: a decision is written whole by exactly one, and says no more than what happened."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.support.ledger_desk import Desk, a_desk, an_object, count, key_of, one, version
from tests.support.ledger_rows import Connection
from tests.support.said import JOB, a_page, completed
from tradingsweep.domain.actions import Record
from tradingsweep.domain.changes import (
    Announcement,
    Change,
    InboxMark,
    InboxOutcome,
    Learned,
    Seen,
)
from tradingsweep.domain.decide import decide
from tradingsweep.domain.outcomes import accepted, stored
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State

WRITTEN = (
    "sweeps",
    "pipeline_jobs",
    "submissions",
    "submission_job_ids",
    "trading_sweep_results",
    "outbox",
    "transitions",
    "callback_inbox",
)


def call_back(connection: Connection, key: str, body: bytes = b"") -> int:
    """Put a callback into the inbox, as the receiver does, and return its number."""
    connection.execute("SELECT inbox_put_v1(%s, %s)", (key, body or completed()))
    return int(one(connection, "SELECT max(id) FROM callback_inbox"))


def everything(connection: Connection) -> list[object]:
    """Return every row of the ledger that a decision can write."""
    return [
        connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2".encode()).fetchall()  # noqa: S608 - the names above
        for table in WRITTEN
    ]


async def test_of_twenty_writers_of_one_version_exactly_one_wins(
    desk: Desk, connection: Connection
) -> None:
    """Whoever decides on what is no longer so has decided nothing."""
    key = await desk.at_the_api()
    facts = await desk.look(key)
    change = stored(facts, facts.view.submissions[-1], a_page(), inbox=())

    won = await asyncio.gather(*(desk.ledger.write(key, facts.view, change) for _ in range(20)))

    assert 1 == won.count(True)
    assert 2 == count(connection, "trading_sweep_results")
    assert version(facts.view) + 1 == one(connection, "SELECT version FROM sweeps")


async def test_of_twenty_first_looks_exactly_one_opens_the_run(
    desk: Desk, connection: Connection
) -> None:
    """A sweep that two operators see for the first time has one row and one run."""
    key = key_of()
    facts = await desk.look(key, an_object(key))
    action = decide(facts)
    assert isinstance(action, Record)

    won = await asyncio.gather(
        *(desk.ledger.write(key, facts.view, action.change) for _ in range(20))
    )

    assert (1, 1, 1) == (
        won.count(True),
        count(connection, "pipeline_jobs"),
        count(connection, "transitions"),
    )


async def test_a_lost_decision_writes_nothing_at_all(desk: Desk, connection: Connection) -> None:
    """No run, no result, no job id, no mark, no Event, no transition."""
    key = await desk.at_the_api()
    facts = await desk.look(key)
    sent = facts.view.submissions[-1]
    number = call_back(connection, sent.key)
    change = replace(
        stored(facts, sent, a_page(), inbox=(InboxMark(number, InboxOutcome.APPLIED),)),
        learned=(Learned(sent.key, "job-2", "callback"),),
        releases=(sent.key,),
        seen=Seen(generation=9, priority=9, deadline_seconds=99, store_results=9),
    )
    assert await desk.ledger.write(key, facts.view, Change(message="somebody else was first"))
    before = everything(connection)

    assert not await desk.ledger.write(key, facts.view, change)
    assert before == everything(connection)


async def test_a_row_of_a_newer_program_is_not_written(desk: Desk, connection: Connection) -> None:
    """W6: what an older program does not understand it leaves alone, also after it has looked."""
    key = await desk.at_the_api()
    facts = await desk.look(key)
    connection.execute("UPDATE sweeps SET min_app = 5000")

    assert not await desk.ledger.write(key, facts.view, Change(message="mine"))


@pytest.mark.parametrize("other", [{"cluster_id": "cluster-2"}, {"shard": "east"}])
async def test_another_clusters_or_shards_row_is_not_written(
    desk: Desk, ledger: str, other: dict[str, Any]
) -> None:
    """W6: two operators on one database never write each other's sweeps."""
    key = await desk.at_the_api()
    known = await desk.ledger.view(key.uid)
    async with a_desk(ledger, **other) as stranger:
        seen = await stranger.ledger.view(key.uid)

        assert (True, None) == (seen.foreign, seen.sweep)
        assert not await stranger.ledger.write(key, known, Change(message="mine"))


async def test_a_transition_is_recorded_where_the_phase_changes_and_nowhere_else(
    desk: Desk, connection: Connection
) -> None:
    """Metrics count transitions: a job that is named late does not submit the sweep again."""
    key = await desk.apply()
    await desk.admit()
    await desk.lose_the_answer(key)
    await desk.accept(key)
    await desk.ledger.write(key, await desk.ledger.view(key.uid), Change(message="no change"))
    await desk.finish(key)

    rows = connection.execute("SELECT from_phase, to_phase, n FROM transitions ORDER BY id")

    assert [
        (None, "Queued", None),
        ("Queued", "Submitted", 1),
        ("Submitted", "Completed", 1),
    ] == rows.fetchall()


async def test_a_new_run_of_a_queued_sweep_is_a_transition_of_its_own(
    desk: Desk, connection: Connection
) -> None:
    """An edit while the intent is open supersedes a run: the count of runs must not miss it."""
    key = await desk.apply()
    await desk.admit()
    await desk.apply(generation=2, step=2)

    rows = connection.execute("SELECT run_no, from_phase, to_phase FROM transitions ORDER BY id")

    assert [(1, None, "Queued"), (2, "Queued", "Queued")] == rows.fetchall()
    assert "CANCELLED" == one(
        connection, "SELECT status FROM pipeline_jobs WHERE sweep_uid = %s AND run_no = 1", key.uid
    )


async def test_the_words_of_a_failure_outlive_what_comes_later(
    desk: Desk, connection: Connection
) -> None:
    """A late callback or an edit of a failed sweep does not wipe out why its run failed."""
    key = await desk.at_the_api()
    await desk.give_up(key, State.FAILED)
    number = call_back(connection, (await desk.ledger.view(key.uid)).submissions[-1].key)
    late = Change(inbox=(InboxMark(number, InboxOutcome.LATE),))
    assert await desk.ledger.write(key, await desk.ledger.view(key.uid), late)

    assert ("FAILED", "no data", "JobFailed") == one(
        connection, "SELECT status, error_message, reason FROM pipeline_jobs"
    )


async def test_the_same_event_of_the_same_version_is_told_once(
    desk: Desk, connection: Connection
) -> None:
    """An Event's name is fixed, so that a repeated one is the same one."""
    key = await desk.apply()
    said = Announcement("Warning", Reason.OUTCOME_UNKNOWN, "lost")
    known = await desk.ledger.view(key.uid)

    assert await desk.ledger.write(key, known, Change(announce=(said, said)))
    assert await desk.ledger.write(key, await desk.ledger.view(key.uid), Change(announce=(said,)))

    names = connection.execute("SELECT payload->>'name' FROM outbox ORDER BY id").fetchall()
    assert 2 == len(set(names)) == len(names)


async def test_a_callback_that_is_dealt_with_is_not_shown_again(
    desk: Desk, connection: Connection
) -> None:
    """What became of a callback is written with the decision about it."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[-1].key
    number = call_back(connection, sent)
    change = Change(inbox=(InboxMark(number, InboxOutcome.APPLIED),))
    assert await desk.ledger.write(key, await desk.ledger.view(key.uid), change)

    assert "applied" == one(connection, "SELECT outcome FROM callback_inbox")
    assert () == (await desk.ledger.view(key.uid)).inbox


async def test_a_callback_that_was_proved_meanwhile_is_looked_at_again(
    desk: Desk, connection: Connection
) -> None:
    """The plain copy was looked at, the signed one came, the look's mark must not swallow it.

    (1) A worker reads the row unsigned. (2) The receiver stores the same words with a token: the
    row is now signed and unprocessed. (3) The worker marks what it had read.
    """
    key = await desk.at_the_api()
    known = await desk.ledger.view(key.uid)
    body = completed(known.submissions[-1].job_ids[0])
    connection.execute("SELECT inbox_put_unsigned_v1('job-1', %s)", (body,))
    known = await desk.ledger.view(key.uid)
    call_back(connection, known.submissions[-1].key, body)

    mark = InboxMark(known.inbox[0].id, InboxOutcome.APPLIED)
    assert await desk.ledger.write(key, known, Change(inbox=(mark,)))

    assert [True] == [row.signed for row in (await desk.ledger.view(key.uid)).inbox]


async def test_a_callback_that_raises_five_times_is_set_aside(
    desk: Desk, connection: Connection
) -> None:
    """A poisoned callback holds its sweep up five times, and the next one is heard."""
    key = await desk.at_the_api()
    sent = (await desk.ledger.view(key.uid)).submissions[-1].key
    poison, good = call_back(connection, sent, b"{"), call_back(connection, sent, b"[]")
    for _ in range(4):
        await desk.ledger.callback_raised(key.uid)
    assert [poison, good] == [row.id for row in (await desk.ledger.view(key.uid)).inbox]

    await desk.ledger.callback_raised(key.uid)

    assert [good] == [row.id for row in (await desk.ledger.view(key.uid)).inbox]
    assert "dead" == one(connection, "SELECT outcome FROM callback_inbox WHERE id = %s", poison)


async def test_a_move_that_the_protocol_does_not_know_writes_nothing(
    desk: Desk, connection: Connection
) -> None:
    """A bug in the core is an error, not a state."""
    key = await desk.at_the_api()
    await desk.finish(key)
    before = everything(connection)

    with pytest.raises(AssertionError, match="cannot go from completed to accepted"):
        await desk.change(key, lambda _, sent: replace(accepted(sent, JOB, "answer"), event=None))
    assert before == everything(connection)


async def test_a_gone_sweeps_finished_run_stays_finished(
    desk: Desk, connection: Connection
) -> None:
    """Deletion ends what is open, and rewrites no history."""
    key = await desk.at_the_api()
    await desk.finish(key)
    await desk.delete(key)

    assert ("COMPLETED", Phase.COMPLETED.value, True) == one(
        connection,
        "SELECT r.status, s.phase, s.object_gone_at IS NOT NULL"
        " FROM sweeps AS s JOIN pipeline_jobs AS r ON r.sweep_uid = s.uid",
    )

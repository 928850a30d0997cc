"""What the ledger forgets, and when; what was set aside it keeps, and counts."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.ledger_desk import Desk, count, key_of
from tests.support.ledger_rows import Connection
from tests.support.ledger_rows import key_of as submission_key
from tradingsweep.adapters.metrics.process import Metrics
from tradingsweep.domain.changes import Announcement, Change
from tradingsweep.domain.reasons import Reason

PUT = (
    "INSERT INTO callback_inbox (submission_key, body_sha256, body, signed, received_at, outcome,"
    " processed_at) SELECT %s, sha256(n::text::bytea), 'x', %s, now() - %s::interval, %s,"
    " CASE WHEN %s::text IS NOT NULL THEN now() - %s::interval END"
    " FROM generate_series(1, %s) AS n"
)


def callbacks(
    connection: Connection, key: str, age: str, outcome: str | None, rows: int = 1, *, signed: bool
) -> None:
    """Put callbacks of an age into the inbox, dealt with as told."""
    connection.execute(PUT, (key, signed, age, outcome, outcome, age, rows))


async def an_attempt(desk: Desk) -> str:
    """Return the key of a submission that the API has."""
    sweep = await desk.at_the_api()
    return (await desk.ledger.view(sweep.uid)).submissions[0].key


@pytest.mark.parametrize(
    ("age", "outcome", "signed", "kept"),
    [
        ("6 days 23 hours", "applied", True, 1),
        ("7 days 1 hour", "applied", True, 0),
        ("7 days 1 hour", "late", False, 0),
        ("8000 days", "dead", True, 1),
        ("8000 days", None, True, 1),
        ("59 minutes", None, False, 1),
        ("61 minutes", None, False, 0),
    ],
    ids=["a week", "over a week", "late", "dead", "not looked at", "parked", "parked for long"],
)
async def test_a_callback_goes_when_no_sender_repeats_it_any_more(
    desk: Desk,
    connection: Connection,
    *,
    age: str,
    outcome: str | None,
    signed: bool,
    kept: int,
) -> None:
    """A week after it was dealt with; a hint without a token that nobody saw after an hour."""
    callbacks(connection, await an_attempt(desk), age, outcome, signed=signed)

    await desk.ledger.prune(1000)

    assert kept == count(connection, "callback_inbox")


@pytest.mark.parametrize(("age", "kept"), [("29 days", 1), ("31 days", 0)])
async def test_a_callback_for_a_lost_row_waits_a_month_for_its_return(
    desk: Desk, connection: Connection, age: str, kept: int
) -> None:
    """A restore that takes longer finds the results by asking the API."""
    callbacks(connection, submission_key("lost"), age, None, signed=True)

    await desk.ledger.prune(1000)

    assert kept == count(connection, "callback_inbox")


async def test_effects_go_a_week_after_they_were_performed(
    desk: Desk, connection: Connection
) -> None:
    """What waits and what is dead stays, however old it is."""
    key = await desk.apply()
    for number in range(4):
        said = Announcement("Normal", Reason.COMPLETED, f"number {number}")
        assert await desk.change_any(key, Change(announce=(said,)))
    done = "UPDATE outbox SET done_at = now() - %s::interval WHERE payload->>'note' = %s"
    connection.execute(done, ("8 days", "number 0"))
    connection.execute(done, ("6 days", "number 1"))
    connection.execute(
        "UPDATE outbox SET dead_at = now() - interval '99 days' WHERE payload->>'note' = 'number 2'"
    )
    connection.execute("UPDATE outbox SET created_at = now() - interval '99 days'")

    gone = await desk.ledger.prune(1000)

    left = connection.execute("SELECT payload->>'note' FROM outbox ORDER BY id").fetchall()
    assert [("number 1",), ("number 2",), ("number 3",)] == left
    assert 1 == gone["outbox"]


async def test_a_batch_is_bounded_and_takes_the_oldest_first(
    desk: Desk, connection: Connection
) -> None:
    """A year of rows does not lock the inbox for a minute."""
    key = await an_attempt(desk)
    callbacks(connection, key, "9 days", "late", 20, signed=True)
    connection.execute(
        "UPDATE callback_inbox SET processed_at = processed_at - id * interval '1 h'"
    )

    gone = await desk.ledger.prune(8)

    assert (8, 12) == (gone["inbox"], count(connection, "callback_inbox"))
    assert 12 == count(connection, "callback_inbox", "id <= 12")


async def test_rows_that_somebody_else_holds_are_passed_over(
    desk: Desk, connection: Connection
) -> None:
    """Two leaders prune side by side, and neither waits."""
    callbacks(connection, await an_attempt(desk), "9 days", "late", 3, signed=True)
    with connection.transaction():
        connection.execute("SELECT 1 FROM callback_inbox ORDER BY processed_at LIMIT 1 FOR UPDATE")
        gone = await desk.ledger.prune(1000)

    assert 2 == gone["inbox"]


async def test_what_waits_and_what_was_set_aside_is_counted(
    desk: Desk, connection: Connection
) -> None:
    """An alert on dead rows needs no query."""
    key = await desk.apply()
    said = Announcement("Normal", Reason.COMPLETED, "done")
    assert await desk.change_any(key, Change(announce=(said,)))
    connection.execute(
        "INSERT INTO outbox (dedupe_key, sweep_uid, kind, payload, dead_at)"
        " VALUES ('m', %s, 'mail', '{}', now())",
        (key_of().uid,),
    )
    callbacks(connection, submission_key("a"), "1 hour", "dead", 2, signed=True)
    callbacks(connection, submission_key("b"), "1 hour", None, 3, signed=True)

    text = Metrics().render(await desk.ledger.counts()).decode()

    shown = {
        (
            sample.name.removeprefix("pipeline_trading_operator_"),
            *sorted(sample.labels.values()),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert (1, 1, 0, 2, 3) == (
        shown["outbox_rows", "event", "waiting"],
        shown["outbox_rows", "dead", "mail"],
        shown["outbox_rows", "cancel", "dead"],
        shown["inbox_rows", "dead"],
        shown["inbox_rows", "waiting"],
    )


async def test_a_callback_whose_job_nobody_learned_goes_after_an_hour(
    desk: Desk, connection: Connection
) -> None:
    """What a stranger invented does not stay."""
    connection.execute("SELECT inbox_put_unsigned_v1('job-1', 'x')")
    connection.execute("SELECT inbox_put_unsigned_v1('job-2', 'x')")
    connection.execute(
        "UPDATE parked_callbacks SET received_at = now() - interval '61 minutes'"
        " WHERE job_id = 'job-1'"
    )

    await desk.ledger.prune(1000)

    assert [("job-2",)] == connection.execute("SELECT job_id FROM parked_callbacks").fetchall()

"""Admission: who is given a slot, what is written with it, and when nobody is."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.support.ledger_desk import ANY_SIZE, Desk, a_desk, an_object, one
from tests.support.ledger_rows import Connection
from tradingsweep.domain.identity import submission_key
from tradingsweep.domain.request import form
from tradingsweep.domain.submissions import State


async def line_up(desk: Desk, *sweeps: str) -> None:
    """Apply sweeps in this order, each named `namespace/name`."""
    for sweep in sweeps:
        namespace, _, name = sweep.partition("/")
        await desk.apply(name, namespace)


async def one_by_one(desk: Desk, connection: Connection, times: int) -> Sequence[str]:
    """Admit with one slot that is given back each time."""
    order = []
    for _ in range(times):
        order += await desk.admit(total=1)
        connection.execute("UPDATE submissions SET slot_released_at = now()")
    return order


async def test_an_intent_holds_what_is_sent_and_until_when(
    desk: Desk, connection: Connection
) -> None:
    """The row that is committed before the POST says everything about it."""
    key = await desk.apply()
    before = one(connection, "SELECT clock_timestamp()")
    await desk.admit()
    view = await desk.ledger.view(key.uid)
    (sent,) = view.submissions

    assert view.run is not None
    assert sent.key == submission_key("cluster-1", key.uid, 1, view.run.spec_hash, 1)
    assert sent.form == form(view.run.parameters)
    assert (State.INTENT, desk.ledger.identity.epoch) == (sent.state, sent.leader_epoch)
    assert sent.intent_at is not None
    assert before < sent.intent_at < view.now
    assert (sent.intent_at + timedelta(seconds=5), sent.intent_at + timedelta(hours=1)) == (
        sent.post_before,
        sent.deadline_at,
    )
    assert ("http://127.0.0.1:1", "k1", False) == one(
        connection, "SELECT callback_base, token_kid, idempotent FROM submissions"
    )


async def test_whether_the_api_keeps_keys_is_recorded_with_the_intent(
    desk: Desk, connection: Connection
) -> None:
    """It can lose the ability later: what counts is what it said at the time."""
    desk.ledger.api_keeps_keys(keeps=True)
    await desk.apply()
    await desk.admit()

    assert one(connection, "SELECT idempotent FROM submissions") is True


async def test_the_request_of_a_key_never_changes(desk: Desk, connection: Connection) -> None:
    """A program that would send something else for the same run sends the stored bytes."""
    key = await desk.apply()
    await desk.admit()
    before = (await desk.ledger.view(key.uid)).submissions[-1]
    await desk.put_back(key)
    connection.execute("UPDATE pipeline_jobs SET parameters = parameters || '{\"step\": 50}'")
    await desk.admit()
    after = (await desk.ledger.view(key.uid)).submissions[-1]

    assert (before.key, before.n, before.form) == (after.key, after.n, after.form)
    assert State.INTENT is after.state
    assert after.intent_at != before.intent_at


async def test_a_rewritten_run_is_sent_under_another_key(desk: Desk) -> None:
    """Put back, edited, admitted: the old key's bytes are never the new question's."""
    key = await desk.apply()
    await desk.admit()
    await desk.put_back(key)
    await desk.record(key, an_object(key, 2, step=2))
    await desk.admit()
    first, second = (await desk.ledger.view(key.uid)).submissions

    assert (State.CANCELLED, "5") == (first.state, first.form["step"])
    assert (State.INTENT, "2", 2) == (second.state, second.form["step"], second.n)
    assert first.key != second.key


async def test_higher_priority_goes_first_then_age(desk: Desk, connection: Connection) -> None:
    """Within a namespace."""
    await line_up(desk, "a/old", "a/young")
    await desk.apply("urgent", "a", priority=5)

    assert ["urgent", "old", "young"] == await one_by_one(desk, connection, 3)


async def test_namespaces_go_in_turn(desk: Desk, connection: Connection) -> None:
    """A namespace that came late with one sweep is not behind a hundred of another."""
    await line_up(desk, "a/a1", "a/a2", "a/a3", "b/b1", "b/b2", "c/c1")

    assert ["a1", "b1", "c1", "a2", "b2", "a3"] == await one_by_one(desk, connection, 6)


async def test_a_namespaces_turn_is_remembered_over_restarts(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """Whose turn it was is in the ledger, not in a process."""
    await line_up(desk, "a/a1", "a/a2", "b/b1")
    assert ["a1"] == await desk.admit(total=1)
    connection.execute("UPDATE submissions SET slot_released_at = now()")
    async with a_desk(ledger) as successor:
        assert ["b1"] == await successor.admit(total=1)


async def test_a_namespace_has_no_more_slots_than_it_may(desk: Desk) -> None:
    """The rest of the slots goes to others, or stays free."""
    await line_up(desk, "a/a1", "a/a2", "a/a3", "b/b1")

    assert {"a1", "a2", "b1"} == set(await desk.admit(total=9, per_namespace=2))
    assert [] == await desk.admit(total=9, per_namespace=2)


async def test_another_clusters_sweeps_hold_slots_but_not_a_namespaces_own(
    desk: Desk, ledger: str
) -> None:
    """The API is shared by whoever shares the ledger; `desk-a` there is not `desk-a` here."""
    async with a_desk(ledger, cluster_id="cluster-2") as other:
        await line_up(other, "desk-a/theirs")
        assert ["theirs"] == await other.admit(total=2)
    await line_up(desk, "desk-a/ours", "desk-a/ours-too")

    assert ["ours"] == await desk.admit(total=2, per_namespace=1)
    assert [] == await desk.admit(total=2)


async def test_another_shards_sweeps_are_left_to_its_own_leader(desk: Desk, ledger: str) -> None:
    """W6: each shard admits its own, against the limit that all share."""
    await line_up(desk, "a/ours")
    async with a_desk(ledger, shard="east") as other:
        assert not await other.ledger.anyone_waiting(ANY_SIZE)
        assert [] == await other.admit()
    assert ["ours"] == await desk.admit()


@pytest.mark.parametrize("credentials", [False, True])
async def test_nobody_is_admitted_while_the_api_is_known_to_be_away(
    desk: Desk, connection: Connection, *, credentials: bool
) -> None:
    """Down or rejecting our key: all wait, nothing is used up, and then it goes on."""
    await line_up(desk, "a/waits")
    await desk.ledger.api_is_down(timedelta(minutes=1), credentials=credentials)
    assert not await desk.ledger.anyone_waiting(ANY_SIZE)
    assert [] == await desk.admit()

    await desk.ledger.api_is_up()

    assert credentials != bool(await desk.admit())
    connection.execute("UPDATE api_state SET credentials_rejected_until = now()")
    assert credentials == bool(await desk.admit())


async def test_a_rejected_key_and_an_absent_api_are_two_things(desk: Desk) -> None:
    """One does not shorten or wipe out the other."""
    await desk.ledger.api_is_down(timedelta(minutes=5), credentials=True)
    await desk.ledger.api_is_down(timedelta(minutes=1), credentials=False)
    view = await desk.ledger.view("anybody")

    assert view.api_down_until is not None
    assert view.credentials_rejected_until is not None
    assert view.credentials_rejected_until - view.api_down_until > timedelta(minutes=3)


@pytest.mark.parametrize(
    "why",
    [
        "UPDATE pipeline_jobs SET next_at = now() + interval '1 min'",
        "UPDATE pipeline_jobs SET deadline_at = now()",
        "UPDATE pipeline_jobs SET combinations = 124751, requested_combinations = 124751",
        "UPDATE sweeps SET hold_reason = 'LedgerRolledBack'",
        "UPDATE sweeps SET object_gone_at = now()",
        "UPDATE sweeps SET min_app = 5000",
        "UPDATE sweeps SET phase = 'Submitted'",
    ],
)
async def test_a_sweep_that_may_not_go_is_passed_over(
    desk: Desk, connection: Connection, why: str
) -> None:
    """It costs those behind it nothing."""
    await line_up(desk, "a/first")
    connection.execute(why.encode())
    assert not await desk.ledger.anyone_waiting(ANY_SIZE)
    await line_up(desk, "a/second")

    assert ["second"] == await desk.admit()


async def test_a_backoff_that_is_over_is_forgotten(desk: Desk, connection: Connection) -> None:
    """The next attempt starts without the wait of the last one."""
    key = await desk.apply()
    connection.execute("UPDATE pipeline_jobs SET next_at = now() - interval '1 s'")
    await desk.admit()
    run = (await desk.ledger.view(key.uid)).run

    assert run is not None
    assert run.next_at is None


async def test_a_line_is_a_namespaces(desk: Desk) -> None:
    """Who goes first comes first; who has a slot is not in it."""
    await line_up(desk, "a/in-flight")
    await desk.admit(total=1)
    await line_up(desk, "a/first", "b/other", "a/second")
    await desk.apply("urgent", "a", priority=1)

    line = [f"uid-a-{name}" for name in ("urgent", "first", "second")]
    assert line == await desk.ledger.line("a")
    assert [] == await desk.ledger.line("nobodys")


async def test_a_deposed_leader_admits_nobody(desk: Desk, ledger: str) -> None:
    """Its epoch is no longer the shard's."""
    await line_up(desk, "a/waits")
    async with a_desk(ledger) as successor:
        assert [] == await desk.admit()
        assert ["waits"] == await successor.admit()


async def test_who_never_led_admits_nobody(desk: Desk, ledger: str) -> None:
    """Reading needs no leadership, admission does."""
    await line_up(desk, "a/waits")
    async with a_desk(ledger, leads=False) as reader:
        assert await reader.ledger.anyone_waiting(ANY_SIZE)
        assert [] == await reader.admit()

"""The outbox: every effect is performed, by one at a time, and again where nobody knows."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.support.ledger_desk import Desk, a_desk, one
from tests.support.ledger_rows import Connection
from tradingsweep.domain.changes import Announcement, Change
from tradingsweep.domain.reasons import Reason
from tradingsweep.reconcile.ports import Effect, Key

AT_ONCE = timedelta(0)


async def with_effects(desk: Desk, count: int) -> Key:
    """Record a sweep that leaves so many Events to be sent."""
    key = await desk.apply()
    for number in range(count):
        said = Announcement("Normal", Reason.COMPLETED, f"number {number}")
        assert await desk.change_any(key, Change(announce=(said,)))
    return key


async def test_an_event_is_claimed_with_what_it_says(desk: Desk) -> None:
    """Name, type, reason and note come as they were decided, with the sweep that they are about."""
    key = await with_effects(desk, 1)
    (effect,) = await desk.ledger.claim_effects(16)

    assert (key, "event", 1) == (effect.key, effect.kind, effect.tries)
    assert ("Normal", "Completed", "number 0") == (
        effect.payload["type"],
        effect.payload["reason"],
        effect.payload["note"],
    )
    assert effect.payload["name"].startswith("btc-sma.")


async def test_the_oldest_effects_are_claimed_first_and_in_order(desk: Desk) -> None:
    """Events of a sweep are created in the order in which things happened."""
    await with_effects(desk, 5)
    first, second = await desk.ledger.claim_effects(3), await desk.ledger.claim_effects(3)

    assert [f"number {n}" for n in range(5)] == [
        effect.payload["note"] for effect in (*first, *second)
    ]
    assert 3 == len(first)


async def test_two_claimers_at_once_never_get_the_same_row(desk: Desk, ledger: str) -> None:
    """What one has locked the other passes over, without waiting."""
    await with_effects(desk, 30)
    async with a_desk(ledger, leads=False, epoch=desk.ledger.identity.epoch) as other:
        claims = await asyncio.gather(
            *(which.ledger.claim_effects(4) for _ in range(5) for which in (desk, other))
        )
    claimed = [effect.id for claim in claims for effect in claim]

    assert 30 == len(claimed) == len(set(claimed))


async def test_a_claim_in_progress_is_passed_over_without_waiting(
    desk: Desk, connection: Connection
) -> None:
    """A claimer that was stopped inside its transaction holds up one effect, not the outbox."""
    await with_effects(desk, 2)
    with connection.transaction():
        connection.execute("SELECT 1 FROM outbox ORDER BY id LIMIT 1 FOR UPDATE")
        claimed = await asyncio.wait_for(desk.ledger.claim_effects(2), timeout=4)

    assert ["number 1"] == [effect.payload["note"] for effect in claimed]


async def test_a_claim_that_has_run_out_is_claimed_again(
    desk: Desk, connection: Connection
) -> None:
    """A process that died with a claim delays the effect by its lease, and no more."""
    await with_effects(desk, 1)
    await desk.ledger.claim_effects(1)
    assert [] == await desk.ledger.claim_effects(1)
    connection.execute("UPDATE outbox SET lease_until = now() - interval '1 ms'")

    assert [2] == [effect.tries for effect in await desk.ledger.claim_effects(1)]


async def test_what_is_done_is_not_claimed_again(desk: Desk, connection: Connection) -> None:
    """Performed is performed."""
    await with_effects(desk, 1)
    (effect,) = await desk.ledger.claim_effects(1)
    await desk.ledger.effect_done(effect)
    connection.execute("UPDATE outbox SET lease_until = NULL, next_at = now()")

    assert [] == await desk.ledger.claim_effects(1)


async def test_what_failed_is_claimed_after_its_wait(desk: Desk, connection: Connection) -> None:
    """Put back for a minute, it is due in a minute."""
    await with_effects(desk, 1)
    (effect,) = await desk.ledger.claim_effects(1)
    await desk.ledger.effect_failed(effect, timedelta(minutes=1), dead=False)
    assert [] == await desk.ledger.claim_effects(1)
    assert 59 <= one(connection, "SELECT extract(epoch FROM next_at - now())::int FROM outbox")
    connection.execute("UPDATE outbox SET next_at = now()")

    assert 1 == len(await desk.ledger.claim_effects(1))


async def test_what_is_set_aside_is_not_claimed_again(desk: Desk) -> None:
    """An effect that cannot be performed stops costing anything."""
    await with_effects(desk, 1)
    (effect,) = await desk.ledger.claim_effects(1)
    await desk.ledger.effect_failed(effect, AT_ONCE, dead=True)

    assert [] == await desk.ledger.claim_effects(1)


async def a_cancellation(desk: Desk) -> Effect:
    """Leave and claim the cancellation of a job whose object was deleted."""
    key = await desk.at_the_api()
    assert await desk.delete(key)
    (effect,) = [e for e in await desk.ledger.claim_effects(16) if e.kind == "cancel"]
    return effect


async def test_a_cancellation_is_tried_for_as_long_as_its_job_may_run(
    desk: Desk, connection: Connection
) -> None:
    """An API that is away for hours is asked again: the job takes a slot until its deadline."""
    effect = await a_cancellation(desk)
    assert not await desk.ledger.effect_failed(effect, AT_ONCE, dead=True)

    (again,) = await desk.ledger.claim_effects(16)
    connection.execute("UPDATE submissions SET slot_until = now() - interval '1 s'")

    assert await desk.ledger.effect_failed(again, AT_ONCE, dead=True)
    assert [] == await desk.ledger.claim_effects(16)


async def test_a_cancellation_of_a_job_that_is_known_to_have_ended_is_set_aside(
    desk: Desk, connection: Connection
) -> None:
    """Its slot is free: nothing depends on it any more."""
    effect = await a_cancellation(desk)
    connection.execute("UPDATE submissions SET slot_released_at = now()")

    assert await desk.ledger.effect_failed(effect, AT_ONCE, dead=True)


async def test_a_claimer_that_was_too_slow_puts_nothing_back(
    desk: Desk, connection: Connection
) -> None:
    """The row is another's by now: neither its lease nor its end is touched.

    (1) A claims and stalls. (2) The lease runs out, B claims. (3) A fails, and says so.
    """
    await with_effects(desk, 1)
    (slow,) = await desk.ledger.claim_effects(1)
    connection.execute("UPDATE outbox SET lease_until = now() - interval '1 ms'")
    (quick,) = await desk.ledger.claim_effects(1)

    await desk.ledger.effect_failed(slow, AT_ONCE, dead=True)
    assert [] == await desk.ledger.claim_effects(1)
    await desk.ledger.effect_done(quick)
    await desk.ledger.effect_failed(replace(slow, tries=quick.tries), AT_ONCE, dead=True)

    assert (True, None) == one(connection, "SELECT done_at IS NOT NULL, dead_at FROM outbox")


async def test_a_deposed_leader_claims_nothing(desk: Desk, ledger: str) -> None:
    """Its successor performs what is left."""
    await with_effects(desk, 1)
    async with a_desk(ledger) as successor:
        assert [] == await desk.ledger.claim_effects(1)
        assert 1 == len(await successor.ledger.claim_effects(1))


async def test_effects_of_other_shards_clusters_and_newer_programs_are_left_alone(
    desk: Desk, ledger: str, connection: Connection
) -> None:
    """W6: each performs its own."""
    await with_effects(desk, 1)
    async with (
        a_desk(ledger, cluster_id="cluster-2") as elsewhere,
        a_desk(ledger, shard="east") as beside,
    ):
        assert [] == await elsewhere.ledger.claim_effects(1)
        assert [] == await beside.ledger.claim_effects(1)
    connection.execute("UPDATE sweeps SET min_app = 5000")

    assert [] == await desk.ledger.claim_effects(1)

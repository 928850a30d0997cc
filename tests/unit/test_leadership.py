"""Leadership: one acts, the others wait, and who is not sure ends."""

import asyncio
import time

import pytest

from tests.support.eventually import eventually_async
from tests.support.leases import SharedLease
from tradingsweep.errors import LeadershipLost
from tradingsweep.reconcile.leadership import Leadership, LeaseTimes

QUICK = LeaseTimes(duration=0.3, renew_within=0.2, retry=0.04)


def contender(lease: SharedLease, name: str) -> Leadership:
    """A process that wants to lead."""
    return Leadership(lease, name, QUICK, time.monotonic)


async def holder(lease: SharedLease) -> str | None:
    """Return who leads."""
    return lease.record.holder if lease.record else None


async def test_the_first_one_leads() -> None:
    """Where there is no Lease it is created."""
    lease = SharedLease()
    first = contender(lease, "a")
    assert not first.may_act()

    await first.acquire()

    assert first.may_act()
    assert "a" == await holder(lease)


async def test_a_lease_that_is_renewed_is_left_alone() -> None:
    """However long the other waits."""
    lease = SharedLease()
    first, second = contender(lease, "a"), contender(lease, "b")
    await first.acquire()
    keeping = asyncio.create_task(first.keep())
    waiting = asyncio.create_task(second.acquire())

    await asyncio.wait([waiting], timeout=4 * QUICK.duration)

    assert not waiting.done()
    assert first.may_act()
    assert not second.may_act()
    keeping.cancel()
    waiting.cancel()


async def test_a_leader_that_died_is_followed_by_another() -> None:
    """After the record was unchanged for the Lease's duration."""
    lease = SharedLease()
    first, second = contender(lease, "a"), contender(lease, "b")
    await first.acquire()

    async with asyncio.timeout(5):
        await second.acquire()

    assert "b" == await holder(lease)
    assert second.may_act()
    # The dead one's trust ran out before the record could be taken.
    assert not first.may_act()


async def test_a_lease_that_was_given_back_is_taken_at_once() -> None:
    """A rollout does not wait for it to run out."""
    patient = LeaseTimes(duration=60, renew_within=40, retry=0.02)
    lease = SharedLease()
    first = Leadership(lease, "a", patient, time.monotonic)
    await first.acquire()
    await first.release()
    assert not first.may_act()

    async with asyncio.timeout(5):
        await Leadership(lease, "b", patient, time.monotonic).acquire()

    assert "b" == await holder(lease)


async def test_who_is_deposed_ends() -> None:
    """A leader that was stopped finds another name in the Lease."""
    lease = SharedLease()
    first, second = contender(lease, "a"), contender(lease, "b")
    await first.acquire()
    await second.acquire()

    async with asyncio.timeout(5):
        with pytest.raises(LeadershipLost, match="held by b"):
            await first.keep()


async def test_who_cannot_renew_ends_before_another_can_take_over() -> None:
    """An API server that is away leaves nobody sure."""
    lease = SharedLease()
    first = contender(lease, "a")
    await first.acquire()
    lease.away = True
    begun = time.monotonic()

    with pytest.raises(LeadershipLost, match="could not be renewed"):
        await first.keep()

    assert not first.may_act()
    assert QUICK.duration > time.monotonic() - begun


async def test_a_renewal_whose_answer_was_lost_is_still_ours() -> None:
    """The version changed by our own hand."""
    lease = SharedLease()
    first = contender(lease, "a")
    await first.acquire()
    lease.loses_answers = True
    keeping = asyncio.create_task(first.keep())

    async def renewed() -> bool:
        return lease.writes >= 4 and first.may_act()

    await eventually_async(renewed, wanted=True, within=5)
    assert not keeping.done()
    keeping.cancel()


async def test_an_api_server_that_is_away_at_first_is_waited_for() -> None:
    """It may start after us."""
    lease = SharedLease(away=True)
    waiting = asyncio.create_task(contender(lease, "a").acquire())
    await asyncio.wait([waiting], timeout=0.1)
    lease.away = False

    async with asyncio.timeout(5):
        await waiting

    assert "a" == await holder(lease)


async def test_of_two_that_see_the_lease_run_out_one_takes_it() -> None:
    """The version in the write decides."""
    lease = SharedLease()
    await contender(lease, "dead").acquire()
    second, third = contender(lease, "b"), contender(lease, "c")
    racing = [asyncio.create_task(each.acquire()) for each in (second, third)]

    done, waiting = await asyncio.wait(racing, timeout=5, return_when=asyncio.FIRST_COMPLETED)

    assert (1, 1) == (len(done), len(waiting))
    assert [True, False] == sorted((second.may_act(), third.may_act()), reverse=True)
    for task in waiting:
        task.cancel()

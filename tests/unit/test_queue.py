"""Keyed queue: no news is lost, no key is worked on twice at a time, nothing is done in vain."""

import asyncio
from collections.abc import Coroutine

from tests.support.eventually import eventually_async
from tradingsweep.reconcile.queue import LONGEST_BACKOFF, Bell, KeyedQueue


async def test_a_key_that_is_added_often_is_taken_once() -> None:
    """A hundred events about one object are one look."""
    queue: KeyedQueue[str] = KeyedQueue()
    for _ in range(100):
        queue.add("a")

    assert "a" == await queue.take()
    assert 0 == len(queue)


async def test_a_key_is_never_taken_twice_at_a_time() -> None:
    """What is added during a look waits for its end."""
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add("a")
    taken = await queue.take()
    queue.add("a")

    assert 0 == len(queue)

    queue.done(taken)

    assert "a" == await queue.take()


async def test_keys_are_taken_in_the_order_in_which_they_came() -> None:
    """Nobody waits for ever."""
    queue: KeyedQueue[str] = KeyedQueue()
    for key in "abc":
        queue.add(key)

    assert ["a", "b", "c"] == [await queue.take() for _ in range(3)]


async def test_what_hardly_needs_a_look_waits_behind_all_others() -> None:
    """Thousands of finished sweeps are listed before the one that somebody waits for."""
    queue: KeyedQueue[str] = KeyedQueue()
    for key in ("finished", "done", "new"):
        (queue.add if key == "new" else queue.add_patient)(key)

    assert 3 == queue.load().ready
    assert ["new", "finished", "done"] == [await queue.take() for _ in range(3)]


async def test_news_of_what_waits_behind_brings_it_forward() -> None:
    """Once it is wanted at once it is looked at once, in its turn among those."""
    queue: KeyedQueue[str] = KeyedQueue()
    for key in ("finished", "called back"):
        queue.add_patient(key)
    queue.add("called back")

    assert ["called back", "finished"] == [await queue.take() for _ in range(2)]
    assert 0 == len(queue)


async def test_a_patient_wish_does_not_hold_up_one_that_is_there() -> None:
    """Not of a key that waits in front, and not of one that a worker has."""
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add("a")
    queue.add_patient("a")
    queue.add_patient("b")
    taken = await queue.take()
    queue.add_patient(taken)
    queue.done(taken)

    assert ("a", ["a", "b"]) == (taken, [await queue.take() for _ in range(2)])


async def test_a_worker_waits_for_a_key() -> None:
    """An empty queue costs nothing."""
    queue: KeyedQueue[str] = KeyedQueue()
    waiting = asyncio.create_task(queue.take())
    await asyncio.wait([waiting], timeout=0.01)
    assert not waiting.done()

    queue.add("a")

    assert "a" == await waiting


async def test_of_two_planned_looks_the_earlier_counts() -> None:
    """A deadline in an hour does not hide a back-off of a moment."""
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add_after("a", 3600)
    queue.add_after("a", 0.01)
    queue.add_after("a", 1800)

    async with asyncio.timeout(5):
        assert "a" == await queue.take()


async def test_a_look_forgets_what_was_planned_before_it() -> None:
    """It plans anew."""
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add_after("a", 0.05)
    queue.add("a")
    queue.done(await queue.take())
    waiting = asyncio.create_task(queue.take())

    await asyncio.wait([waiting], timeout=0.15)

    assert not waiting.done()
    waiting.cancel()


async def test_failures_wait_longer_and_longer() -> None:
    """Half to all of 0.5, 1, 2, … seconds, at most a minute; success forgets them."""
    queue: KeyedQueue[str] = KeyedQueue()
    waits = [queue.failed("a") for _ in range(12)]

    assert all(w <= 0.5 * 2**n for n, w in enumerate(waits))
    assert all(w >= 0.25 * 2**n for n, w in enumerate(waits[:7]))
    assert LONGEST_BACKOFF >= max(waits)

    queue.succeeded("a")

    assert 0.5 >= queue.failed("a")


async def returns(waiting: Coroutine[None, None, None]) -> bool:
    """Whether a wait ends within a second."""
    try:
        async with asyncio.timeout(1):
            await waiting
    except TimeoutError:
        return False
    return True


async def test_a_bell_that_rang_before_is_heard() -> None:
    """A ring between two waits is not lost."""
    bell = Bell()
    bell.ring()

    assert await returns(bell.wait(3600))


async def test_a_bell_is_not_waited_for_longer_than_that() -> None:
    """Whoever waits looks all the same."""
    bell = Bell()

    assert await returns(bell.wait(0.01))


async def test_one_ring_wakes_once() -> None:
    """The next wait waits."""
    bell = Bell()
    bell.ring()
    await bell.wait(1)
    again = asyncio.create_task(bell.wait(3600))

    async def still_waits() -> bool:
        return not again.done()

    assert await eventually_async(still_waits, wanted=True, within=1)
    again.cancel()


async def test_a_queue_says_how_it_stands() -> None:
    """Who is ready, who is planned, who is worked on."""
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add("worked on")
    await queue.take()
    queue.add("ready")
    queue.add_after("planned", 60)

    load = queue.load()

    assert (1, 1, 1) == (load.ready, load.planned, load.running)
    assert load.oldest >= 0
    assert load.longest >= load.oldest

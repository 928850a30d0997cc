"""Where a sweep is in its line: one look for all of a namespace."""

import asyncio
from itertools import count
from typing import cast

from tradingsweep.reconcile.places import FRESH, MOST, Places
from tradingsweep.reconcile.ports import Key, Ledger


class Lines:
    """A ledger's lines, and how often they were looked at."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.looks = [f"uid-{n}" for n in range(waiting)], count()

    async def line(self, namespace: str) -> list[str]:
        """Let others run meanwhile, as a real ledger does."""
        assert namespace == "desk"
        next(self.looks)
        await asyncio.to_thread(int)
        return self.waiting

    async def ahead(self, places: Places, number: int, now: float) -> int:
        """Ask for one of them."""
        key = Key(f"uid-{number}", "desk", f"sweep-{number}")
        return await places.ahead(key, cast("Ledger", self), lambda: now)


async def test_all_that_wait_are_told_their_place_by_one_look() -> None:
    """A thousand that ask at once are no thousand questions to Postgres."""
    lines, places = Lines(900), Places()

    told = await asyncio.gather(*(lines.ahead(places, n, 5.0) for n in range(900)))

    assert list(range(900)) == told
    assert 1 == next(lines.looks)


async def test_a_line_is_looked_at_again_a_second_later() -> None:
    """Who has moved up hears of it."""
    lines, places = Lines(3), Places()
    assert 2 == await lines.ahead(places, 2, 0.0)
    del lines.waiting[0]

    assert 2 == await lines.ahead(places, 2, FRESH / 2)
    assert 1 == await lines.ahead(places, 2, FRESH)


async def test_beyond_the_end_of_what_is_read_there_are_a_thousand() -> None:
    """And who is in no line waits for nobody."""
    assert MOST == await Lines(MOST).ahead(Places(), MOST + 5, 0.0)
    assert 0 == await Lines(3).ahead(Places(), 7, 0.0)

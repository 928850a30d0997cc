"""Which finished sweeps are beyond what a namespace keeps, told by the ledger's own times."""

from dataclasses import replace

import pytest

from tests.support.ledger_desk import Desk
from tests.support.ledger_rows import Connection
from tests.support.said import a_page
from tradingsweep.domain.changes import Change, Deletion
from tradingsweep.domain.submissions import State
from tradingsweep.reconcile.ports import HistoryLimits, Key

ALL_GO = HistoryLimits(completed=0, failed=0)


async def finished(desk: Desk, count: int, namespace: str = "desk-a") -> list[Key]:
    """Complete so many sweeps, one after the other."""
    keys = [await desk.at_the_api(f"sweep-{number}", namespace) for number in range(count)]
    for key in keys:
        page = replace(a_page(), sweep_run_id=f"run-{key.uid}")
        assert await desk.finish(key, page)
    return keys


async def beyond(desk: Desk, keys: list[Key], limits: HistoryLimits) -> list[str]:
    """Return the names of those that are beyond the limits."""
    return [key.name for key in await desk.ledger.surplus([key.uid for key in keys], limits)]


async def test_the_oldest_beyond_the_limit_are_found_oldest_first(
    desk: Desk, connection: Connection
) -> None:
    """The youngest stay; the time is that of the run's end, not of its creation."""
    keys = await finished(desk, 4)
    connection.execute(
        "UPDATE pipeline_jobs SET completed_at = now() - interval '1 day' WHERE sweep_uid = %s",
        (keys[3].uid,),
    )

    assert ["sweep-3", "sweep-0"] == await beyond(desk, keys, HistoryLimits(2, 0))


async def test_completed_and_failed_have_limits_of_their_own_in_each_namespace(desk: Desk) -> None:
    """A flood of failures pushes out no result, and a tenant none of another's."""
    here, there = await finished(desk, 2), await finished(desk, 2, "desk-b")
    failed = [await desk.at_the_api(f"failed-{number}") for number in range(3)]
    for key in failed:
        assert await desk.give_up(key, State.FAILED)

    names = await beyond(desk, [*here, *there, *failed], HistoryLimits(completed=2, failed=1))

    assert ["failed-0", "failed-1"] == names


async def test_only_those_that_are_asked_about_count(desk: Desk) -> None:
    """What a person applied is not named here, and takes nobody's place."""
    keys = await finished(desk, 3)

    assert [] == await beyond(desk, keys[:2], HistoryLimits(2, 2))


async def test_a_sweep_that_is_to_go_keeps_its_place_until_it_is_gone(desk: Desk) -> None:
    """Otherwise each look would take the next one too, and in the end all of them."""
    keys = await finished(desk, 3)
    assert await desk.change_any(keys[0], Change(deletes=Deletion.HISTORY))

    assert [] == await beyond(desk, keys, HistoryLimits(2, 2))


@pytest.mark.parametrize(
    "update",
    [
        "UPDATE sweeps SET spared = true",
        "UPDATE sweeps SET object_gone_at = now()",
        "UPDATE sweeps SET hold_reason = 'LedgerRolledBack'",
    ],
)
async def test_what_came_back_or_is_gone_or_held_is_not_found(
    desk: Desk, connection: Connection, update: str
) -> None:
    """Neither what was deleted once, nor what a human is asked about."""
    keys = await finished(desk, 1)
    connection.execute(update.encode())

    assert [] == await beyond(desk, keys, ALL_GO)


async def test_what_has_not_ended_is_not_found(desk: Desk) -> None:
    """Waiting and running sweeps are no history."""
    keys = [await desk.apply("waits"), await desk.at_the_api("runs")]

    assert [] == await beyond(desk, keys, ALL_GO)


async def test_another_shards_sweeps_are_not_found(desk: Desk, connection: Connection) -> None:
    """W6: each operator keeps its own history."""
    keys = await finished(desk, 1)
    connection.execute("UPDATE sweeps SET shard = 'east'")

    assert [] == await beyond(desk, keys, ALL_GO)


async def test_the_deletion_says_why(desk: Desk) -> None:
    """The effect looks at other things for the history than for an object's own time."""
    (key,) = await finished(desk, 1)
    assert await desk.change_any(key, Change(deletes=Deletion.HISTORY))
    effects = await desk.ledger.claim_effects(16)

    assert [{"because": "history"}] == [e.payload for e in effects if e.kind == "delete_object"]

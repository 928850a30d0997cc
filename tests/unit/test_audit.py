"""The audit: what no event told is found, and too much is not believed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.contexts import a_context
from tests.support.situations import A
from tradingsweep.domain.facts import SweepObject
from tradingsweep.errors import ClusterUnavailable
from tradingsweep.reconcile.audit import audit
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Key


@dataclass
class Rows:
    """The questions that an audit asks the ledger."""

    open: list[Key]
    ended: list[Key] = field(default_factory=list)
    confirmed: bool = False
    asked: list[str] = field(default_factory=list)

    async def open_sweeps(self) -> list[Key]:
        """Return the sweeps that have not ended."""
        self.asked.append("rows")
        return self.open

    async def ended_sweeps(self) -> list[Key]:
        """Return the sweeps that have ended."""
        return self.ended

    async def audit_is_confirmed(self) -> bool:
        """Return what a human said."""
        return self.confirmed


def an_object(uid: str, generation: int = 1) -> SweepObject:
    """An object of the cluster."""
    target = A.new_sweep().facts.object
    assert target is not None
    return replace(target, uid=uid, name=uid, generation=generation)


def key_of(uid: str) -> Key:
    """Its key."""
    return Key(uid, "desk-a", uid)


async def queued(context: Context) -> set[str]:
    """Return the uids that are to be looked at."""
    return {(await context.queue.take()).uid for _ in range(len(context.queue))}


async def run(context: Context, *listed: SweepObject) -> Any:
    """Audit against a list."""

    async def list_all() -> AsyncIterator[SweepObject]:
        context.ledger.asked.append("list")  # type: ignore[attr-defined]
        for target in listed:
            yield target

    return await audit(context, list_all)


async def test_a_sweep_whose_object_is_not_listed_is_looked_at() -> None:
    """The pass asks the API server for it: the cache must not answer."""
    context = a_context(Rows([key_of("gone"), key_of("there")]))
    context.objects.put(an_object("gone"))
    context.objects.put(an_object("there"))

    await run(context, an_object("there"))

    assert {"gone"} == await queued(context)
    assert context.objects.get("gone") is None


async def test_a_finished_sweep_whose_object_is_not_listed_is_looked_at_without_a_brake() -> None:
    """That it is gone cancels nothing; unrecorded, it would be counted for ever."""
    ended = [key_of(f"s{n}") for n in range(20)]
    context = a_context(Rows([], ended))
    context.objects.put(an_object("s0"))

    await run(context, an_object("s0"))

    assert {key.uid for key in ended[1:]} == await queued(context)


async def test_an_object_that_the_watch_did_not_show_is_taken() -> None:
    """Also one that it showed before it was edited."""
    context = a_context(Rows([]))
    context.objects.put(an_object("edited"))
    edited = replace(an_object("edited", generation=2), resource_version="2000")

    await run(context, an_object("new"), edited)

    assert {"new", "edited"} == await queued(context)
    assert edited == context.objects.get("edited")


async def test_finished_objects_that_an_audit_finds_wait_behind_all_others() -> None:
    """An operator that starts among thousands of them looks at its new sweeps first."""
    context = a_context(Rows([]))
    ended = {"phase": "Completed", "observedGeneration": 1}
    finished = A.new_sweep().with_status(**ended).facts.object
    assert finished is not None

    await run(context, replace(finished, uid="old", name="old"), an_object("new"))

    assert ["new", "old"] == [(await context.queue.take()).uid for _ in range(2)]


async def test_nothing_is_queued_where_nothing_differs() -> None:
    """At rest an audit costs a list."""
    context = a_context(Rows([key_of("there")]))
    context.objects.put(an_object("there"))

    await run(context, an_object("there"))

    assert set() == await queued(context)


async def test_the_ledger_is_read_before_the_list() -> None:
    """A sweep that is created and recorded in between is in the list then."""
    rows = Rows([])

    await run(a_context(rows))

    assert ["rows", "list"] == rows.asked


@pytest.mark.parametrize(("open_", "gone", "held"), [(5, 5, False), (6, 6, True), (100, 11, True)])
async def test_an_empty_list_is_not_believed(open_: int, gone: int, held: bool) -> None:
    """More than five, and more than a tenth, wait for a human."""
    keys = [key_of(f"s{n}") for n in range(open_)]
    context = a_context(Rows(keys))
    listed = [an_object(key.uid) for key in keys[gone:]]
    for target in listed:
        context.objects.put(target)

    findings = await run(context, *listed)

    assert held is findings.is_held
    assert (0 if held else gone) == len(await queued(context))


async def test_a_human_can_vouch_for_it() -> None:
    """Then what is missing is looked at, one by one."""
    context = a_context(Rows([key_of(f"s{n}") for n in range(50)], confirmed=True))

    await run(context)

    assert 50 == len(await queued(context))


async def test_a_list_that_fails_deletes_nothing() -> None:
    """Forbidden, timed out, half: what it would not have shown is not missing."""
    context = a_context(Rows([key_of("there"), key_of("after")]))
    context.objects.put(an_object("there"))
    context.objects.put(an_object("after"))

    async def list_all() -> AsyncIterator[SweepObject]:
        yield an_object("there")
        raise ClusterUnavailable("403 Forbidden")

    with pytest.raises(ClusterUnavailable):
        await audit(context, list_all)

    assert set() == await queued(context)

"""The look for finished objects beyond the history: whom it counts, and when it asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support import contexts
from tests.support.situations import A
from tradingsweep.domain.facts import SweepObject
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.history import trim_history
from tradingsweep.reconcile.ports import HistoryLimits, Key

LIMITS = HistoryLimits(completed=2, failed=3)


@dataclass
class Rows:
    """A ledger in which everything that it is asked about is too much."""

    asked: list[set[str]] = field(default_factory=list)

    async def surplus(self, uids: Sequence[str], limits: HistoryLimits) -> list[Key]:
        """Return all of them."""
        assert LIMITS == limits
        self.asked.append(set(uids))
        return [Key(uid, "desk-a", uid) for uid in uids]


def an_object(uid: str, namespace: str = "desk-a", **changes: Any) -> SweepObject:
    """An object that the gateway made."""
    target = A.new_sweep().made_by("gateway").facts.object
    assert target is not None
    return replace(target, uid=uid, name=uid, namespace=namespace, **changes)


def a_context(rows: Rows, *objects: SweepObject, leads: bool = True) -> Context:
    """A context with these objects in its cache; a look touches nothing else."""
    context = contexts.a_context(rows, may_act=lambda: leads)
    for target in objects:
        context.objects.put(target)
    return context


async def test_what_programs_made_in_a_full_namespace_is_asked_about_and_queued() -> None:
    """Each namespace is counted for itself."""
    rows = Rows()
    full = [an_object(f"a{number}") for number in range(3)]
    context = a_context(rows, *full, an_object("b1", "desk-b"), an_object("b2", "desk-b"))

    await trim_history(context, LIMITS)

    assert [{"a0", "a1", "a2"}] == rows.asked
    assert {"a0", "a1", "a2"} == context.surplus
    assert 3 == len(context.queue)


@pytest.mark.parametrize(
    "changes",
    [{"created_by": None}, {"owner": "its controller"}, {"deleting": True}],
    ids=["applied by a person", "owned", "going already"],
)
async def test_what_does_not_count_fills_no_history(changes: dict[str, Any]) -> None:
    """A hundred sweeps from Git leave the gateway's alone."""
    rows = Rows()
    others = [an_object(f"other-{number}", **changes) for number in range(100)]

    await trim_history(a_context(rows, an_object("a0"), an_object("a1"), *others), LIMITS)

    assert [] == rows.asked


async def test_a_deposed_leader_looks_for_nothing() -> None:
    """Its successor does."""
    rows = Rows()
    full = [an_object(f"a{number}") for number in range(9)]

    assert [] == await trim_history(a_context(rows, *full, leads=False), LIMITS)
    assert [] == rows.asked


async def test_a_namespace_that_has_room_again_forgets_its_surplus() -> None:
    """A sweep that was found yesterday is not deleted today because of that."""
    context = a_context(Rows(), an_object("a0"))
    context.surplus = frozenset({"a0"})

    await trim_history(context, LIMITS)

    assert frozenset() == context.surplus

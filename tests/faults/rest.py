"""Waiting for rest, and everything that must be true then: what ends every part of the harness."""

import time
from collections.abc import Callable
from threading import Event

from tests.faults.accounts import Accounts, gather, keep
from tests.faults.checker import unrest, violations
from tests.faults.run import CONVERGED_WITHIN, PATIENCE
from tests.faults.surroundings import metrics_are_the_transitions, quiet, wrong_around
from tests.faults.world import World

_LOOK_EVERY = 0.1


def wrong_at_rest(
    world: World, *, within: float = CONVERGED_WITHIN, quiet_seconds: float = 1.0
) -> list[str]:
    """Wait until nothing goes on, and return everything that is wrong then; [] is well.

    What a system that is wrong was judged by is kept beside its history.
    """
    accounts, wrong = _at_rest(lambda: gather(world), within * PATIENCE)
    wrong += [*violations(accounts), *wrong_around(accounts, world)]
    if not wrong:
        wrong += metrics_are_the_transitions(accounts, world)
        wrong += quiet(world, quiet_seconds)
    if wrong:
        keep(gather(world), world)
    return list(dict.fromkeys(wrong))


def _at_rest(look: Callable[[], Accounts], within: float) -> tuple[Accounts, list[str]]:
    end = time.monotonic() + within
    while busy := unrest(accounts := look()):
        if time.monotonic() > end:
            return accounts, [f"not at rest within {within:g} s: {what}" for what in busy]
        Event().wait(_LOOK_EVERY)
    return accounts, []

"""One run of a plan: apply, act, kill, wait for rest, and hold the three accounts together."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.faults.accounts import Accounts, gather, keep
from tests.faults.checker import unrest, violations
from tests.faults.effects import Cell
from tests.faults.plan import Plan, Planned, Step
from tests.faults.surroundings import metrics_are_the_transitions, quiet, wrong_around
from tests.faults.world import World, faulty_system
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

CONVERGED_WITHIN = 60.0
"""Seconds from the last fault to rest."""
ALL_KILLS_WITHIN = 120.0
"""Seconds in which what a plan does should have come about; a cell that has not is not hit."""
PATIENCE = float(os.environ.get("FAULTS_PATIENCE", "1"))
"""Multiplies what is waited for, on a machine that has other things to do; no bar."""
_LOOK_EVERY = 0.1
_ENDS = ("Completed", "Failed")


@dataclass(frozen=True)
class Outcome:
    """What became of a run."""

    name: str
    hit: tuple[Cell, ...]
    wrong: tuple[str, ...]
    """Every violation, in words; empty: the run is green."""
    recovered_in: float
    """Seconds from the last kill to rest."""
    doubled: int
    """Runs for which the API worked twice: the non-promise, where the API keeps no keys."""
    folder: Path
    """The history and what it was judged by, where the run is red."""


def run(
    ground: Ground,
    plan: Plan,
    folder: Path,
    *,
    quiet_seconds: float = 1.5,
    mutant: str = "",
    operator: Mapping[str, str] | None = None,
    meanwhile: Callable[[World], AbstractContextManager[object]] = nullcontext,
) -> Outcome:
    """Run a plan in an empty folder; the folder goes if all is well.

    Args:
        ground: where.
        plan: what.
        folder: for the history.
        quiet_seconds: for how long nothing may be written at the end.
        mutant: a break of the product.
        operator: further settings of the operator.
        meanwhile: entered while the plan happens, and left before rest is waited for.
    """
    folder.mkdir(parents=True)
    name = plan.name.text()
    with faulty_system(
        ground, folder, plan.name.surface, plan.kills, mutant=mutant, operator=operator
    ) as world:
        world.history.write("plan", name=name, kills=[str(k.cell) for k in plan.kills])
        world.system.stack.operator.wait_ready()
        with meanwhile(world):
            _let_everything_happen(world, plan)
        accounts, recovered_in, wrong = _rest(world, plan)
        world.system.stack.operator.wait_ready()
        wrong += [
            *violations(accounts),
            *wrong_around(accounts, world),
            *ends_are_as_planned(accounts, plan),
        ]
        if not wrong:
            wrong += metrics_are_the_transitions(accounts, world)
            wrong += quiet(world, quiet_seconds)
        hit = tuple(world.ways.control.hit)
        world.history.write("verdict", hit=[str(cell) for cell in hit], wrong=wrong)
        if wrong:
            keep(gather(world), world)
    if not wrong:
        shutil.rmtree(folder)
    return Outcome(name, hit, tuple(dict.fromkeys(wrong)), recovered_in, _doubled(accounts), folder)


def _let_everything_happen(world: World, plan: Plan) -> None:
    """Apply the sweeps, let people act on them, and wait until every kill has hit."""
    people = [Thread(target=_act, args=(world, sweep), daemon=True) for sweep in plan.sweeps]
    for sweep, pause, person in zip(plan.sweeps, plan.pauses, people, strict=True):
        Event().wait(pause)
        world.system.objects.create(world.namespace, a_sweep(sweep.name, **sweep.spec))
        if sweep.steps:
            person.start()
    end = time.monotonic() + ALL_KILLS_WITHIN * PATIENCE
    while time.monotonic() < end:
        acting = any(person.is_alive() for person in people)
        if not acting and (not world.ways.control.open or not _rest_is_far(world)):
            break
        Event().wait(_LOOK_EVERY)


def _rest_is_far(world: World) -> bool:
    """Whether something may still happen; a kill that has not hit by then does not come."""
    return bool(unrest(gather(world)))


def _act(world: World, sweep: Planned) -> None:
    """Do to one sweep what its plan says, each step when it shows what the step waits for."""
    for step in sweep.steps:
        end = time.monotonic() + ALL_KILLS_WITHIN * PATIENCE / 2
        while time.monotonic() < end and not _has_come(world, sweep.name, step):
            Event().wait(_LOOK_EVERY / 2)
        Event().wait(step.after)
        world.history.write("person", sweep=sweep.name, patch=step.patch or "delete")
        if step.patch is None:
            world.system.objects.delete(world.namespace, sweep.name)
        else:
            world.system.objects.edit(world.namespace, sweep.name, step.patch)


def _has_come(world: World, name: str, step: Step) -> bool:
    found = world.watcher.latest.get(name)
    if found is None:
        return False
    phase = found.get("status", {}).get("phase")
    return phase in (*step.when, *_ENDS)


def _rest(world: World, plan: Plan) -> tuple[Accounts, float, list[str]]:
    """Wait until nothing goes on any more, and everything has ended as planned."""
    began = time.monotonic()
    while True:
        accounts = gather(world)
        busy = [*unrest(accounts), *ends_are_as_planned(accounts, plan)]
        took = time.monotonic() - began
        if not busy or took > CONVERGED_WITHIN * PATIENCE:
            said = [
                f"not at rest within {CONVERGED_WITHIN * PATIENCE:g} s: {what}" for what in busy
            ]
            return accounts, took, said
        Event().wait(_LOOK_EVERY)


def ends_are_as_planned(accounts: Accounts, plan: Plan) -> Iterator[str]:
    """Nothing is lost and nothing is stuck: each sweep has ended where its plan says."""
    objects = {found["metadata"]["name"]: found for found in accounts.objects}
    rows = {row["name"]: row for row in accounts.sweeps}
    for sweep in plan.sweeps:
        found, row = objects.get(sweep.name), rows.get(sweep.name)
        if row is None:
            yield f"lost: {sweep.name} is in no row"
        elif sweep.ends == "Gone":
            if found is not None:
                yield f"stuck: {sweep.name} is still there"
            if row["object_gone_at"] is None:
                yield f"stuck: the ledger does not know that {sweep.name} is gone"
        elif found is None:
            yield f"lost: {sweep.name} is gone"
        else:
            yield from _ended(accounts, sweep, row, found)


def _ended(
    accounts: Accounts, sweep: Planned, row: dict[str, Any], found: dict[str, Any]
) -> Iterator[str]:
    phase = found.get("status", {}).get("phase")
    if phase != sweep.ends:
        yield f"stuck: {sweep.name} is {phase} and should be {sweep.ends}"
    if sweep.ends == "Failed":
        failed = accounts.run_of(row)["failed_attempts"]
        if failed != sweep.attempts:
            yield f"lost: {sweep.name} has {failed} failed attempts, not {sweep.attempts}"


def _doubled(accounts: Accounts) -> int:
    """Count submissions that were replaced although the API had their job."""
    jobs = accounts.jobs_by_key()
    return sum(s["state"] == "replaced" and bool(jobs.get(s["key"])) for s in accounts.submissions)

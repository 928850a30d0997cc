"""Two operators: a leader that is frozen and goes on after its Lease, and two that both lead."""

import os
import signal
from dataclasses import replace
from operator import not_
from pathlib import Path

import psutil
import pytest

from tests.faults.accounts import metrics
from tests.faults.amount import amount, some
from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.leading import EVERYBODY_LEADS
from tests.faults.plan import Name, make
from tests.faults.rest import wrong_at_rest
from tests.faults.run import PATIENCE, run
from tests.faults.world import SURFACES, World, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground

WITHIN = 60.0 * PATIENCE
SHORT_LEASE = {"TRADINGSWEEP_LEASE_SECONDS": "3"}
"""It runs out by itself here: whoever holds it is not dead."""

FROZEN = {
    "the API has the job, its answer is on the way": Cell(Effect.POST, Moment.BETWEEN),
    "the intent is committed, nothing was sent": Cell(Effect.INTENT, Moment.AFTER),
    "the request is about to be made": Cell(Effect.POST, Moment.BEFORE),
    "the answer is here, the job's id is not recorded": Cell(Effect.JOB_ID, Moment.BEFORE),
    "the results are here and not stored": Cell(Effect.STORED, Moment.BEFORE),
    "the commit of the results is on the way": Cell(Effect.STORED, Moment.BETWEEN),
    "the end is not shown": Cell(Effect.STATUS_FINAL, Moment.BEFORE),
    "the Event is not sent": Cell(Effect.EVENT, Moment.BEFORE),
}
LEADS = "pipeline_trading_operator_leader 1.0"


def completes_while_its_leader_is_frozen(world: World) -> None:
    """Freeze the leader at its kill, let another one finish the sweep, and let the first go on."""
    eventually(world.leader, bool, within=WITHIN)
    first = world.leader()
    with world.another_operator(leads=False):
        world.system.apply("a")
        eventually(lambda: world.ways.control.frozen, [first], within=WITHIN)
        eventually(world.leader, lambda pid: pid not in (0, first), within=WITHIN)
        world.system.wait_until_completed("a", within=WITHIN)

        os.kill(first, signal.SIGCONT)

        eventually(lambda: psutil.pid_exists(first), not_, within=WITHIN)
        second = world.leader()
        assert second not in (0, first)
    # The first one's successor, whose metrics are looked at.
    eventually(world.leader, lambda pid: pid not in (0, second), within=WITHIN)
    eventually(lambda: LEADS in metrics(world), bool, within=WITHIN)


@pytest.mark.parametrize("cell", some(1, FROZEN))
@pytest.mark.parametrize("surface", SURFACES)
def test_a_leader_that_is_frozen_beyond_its_lease_does_no_harm(
    surface: str, cell: Cell, ground: Ground, tmp_path: Path
) -> None:
    """Another one leads, and has finished its sweep; what the first still does changes nothing."""
    freeze = [Kill(cell, "a", freezes=True)]
    with faulty_system(ground, tmp_path, SURFACES[surface], freeze, operator=SHORT_LEASE) as world:
        completes_while_its_leader_is_frozen(world)

        assert 1 == len(world.system.jobs("a"))
        assert [] == wrong_at_rest(world)


@pytest.mark.parametrize("surface", SURFACES)
def test_two_operators_that_both_lead_double_nothing(
    surface: str, ground: Ground, tmp_path: Path
) -> None:
    """Twenty mixed sweeps, and two processes that act on each: leadership only spares them work."""
    plan = make(Name(20261127, SURFACES[surface], 0, 0), [])
    spread = replace(plan, pauses=[amount(10, 60) / len(plan.sweeps)] * len(plan.sweeps))

    outcome = run(
        ground,
        spread,
        tmp_path / "run",
        operator={EVERYBODY_LEADS: "1"},
        meanwhile=World.another_operator,
    )

    assert () == outcome.wrong
    assert 0 == outcome.doubled

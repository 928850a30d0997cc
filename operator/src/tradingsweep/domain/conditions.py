"""The conditions of a sweep: what kubectl wait, kstatus and Argo CD read.

The table is the design's. A condition that is not named for a situation is absent, not False:
kstatus calls an object with Ready=False and nothing else in progress for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tradingsweep.crd.model import Condition
from tradingsweep.domain.facts import Run
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.reasons import Reason

Truth = Literal["True", "False"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a sweep stands, as far as its conditions depend on it."""

    phase: Phase
    held: bool = False
    """It waits because spec.suspend holds it."""
    cannot_be_held: bool = False
    """spec.suspend is true, and its job goes on all the same."""
    stalled_at: datetime | None = None
    """Since then a human is waited for."""


_TABLE: dict[Phase, dict[str, Truth]] = {
    **{
        waiting: {"Ready": "False", "Reconciling": "True", "Complete": "False", "Failed": "False"}
        for waiting in (Phase.QUEUED, Phase.SUBMITTED, Phase.RUNNING)
    },
    Phase.COMPLETED: {"Ready": "True", "Complete": "True", "Failed": "False"},
    Phase.FAILED: {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "True"},
}


_HELD: dict[str, Truth] = {"Suspended": "True", "Complete": "False", "Failed": "False"}
"""Waiting because somebody wants it so: nothing is in progress and nothing is wrong."""

_STALLED: dict[str, Truth] = {
    "Ready": "False",
    "Stalled": "True",
    "Complete": "False",
    "Failed": "False",
}
"""Nothing goes on until a human decides, whatever the phase."""


def conditions(
    standing: Standing, reason: Reason, message: str, run: Run, generation: int
) -> tuple[Condition, ...]:
    """Return the conditions of a standing, in the order in which people read them."""
    phase = standing.phase
    if standing.stalled_at is not None:
        table = _STALLED
    else:
        table = _HELD if standing.held else _TABLE[phase]
    shown = tuple(
        Condition(
            type=name,
            status=truth,
            observed_generation=generation,
            last_transition_time=_since(standing, name, run),
            reason=reason.value,
            message=message,
        )
        for name, truth in table.items()
    )
    if not standing.cannot_be_held:
        return shown
    told = (
        "spec.suspend cannot hold it: the Trading API cannot cancel a job, and it runs to its end"
    )
    return (
        *shown,
        Condition(
            type="Suspended",
            status="False",
            observed_generation=generation,
            last_transition_time=run.queued_at,
            reason=Reason.CANNOT_CANCEL.value,
            message=told,
        ),
    )


def _since(standing: Standing, name: str, run: Run) -> datetime:
    """Say since when a condition holds; from the ledger, so that every look says the same.

    What begins with a run begins when it was queued. At its end only what the end turned over
    gets a new time: a run that failed was never ready, and one that completed never failed.
    """
    phase = standing.phase
    if standing.stalled_at is not None:
        return standing.stalled_at if name == "Stalled" else run.queued_at
    if run.completed_at is None or phase not in (Phase.COMPLETED, Phase.FAILED):
        return run.queued_at
    turned = {
        Phase.COMPLETED: {"Ready", "Complete"},
        Phase.FAILED: {"Stalled", "Failed"},
    }[phase]
    return run.completed_at if name in turned else run.queued_at

"""The conditions of a sweep: what kubectl wait, kstatus and Argo CD read.

The table is the design's. A condition that is not named for a situation is absent, not False:
kstatus calls an object with Ready=False and nothing else in progress for ever.
"""

from datetime import datetime
from typing import Literal

from tradingsweep.crd.model import Condition
from tradingsweep.domain.facts import Run
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.reasons import Reason

Truth = Literal["True", "False"]

_TABLE: dict[Phase, dict[str, Truth]] = {
    **{
        waiting: {"Ready": "False", "Reconciling": "True", "Complete": "False", "Failed": "False"}
        for waiting in (Phase.QUEUED, Phase.SUBMITTED, Phase.RUNNING)
    },
    Phase.COMPLETED: {"Ready": "True", "Complete": "True", "Failed": "False"},
    Phase.FAILED: {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "True"},
}


def conditions(
    phase: Phase, reason: Reason, message: str, run: Run, generation: int
) -> tuple[Condition, ...]:
    """Return the conditions of a phase, in the order in which people read them."""
    return tuple(
        Condition(
            type=name,
            status=truth,
            observed_generation=generation,
            last_transition_time=_since(phase, name, run),
            reason=reason.value,
            message=message,
        )
        for name, truth in _TABLE[phase].items()
    )


def _since(phase: Phase, name: str, run: Run) -> datetime:
    """Say since when a condition holds; from the ledger, so that every look says the same.

    What begins with a run begins when it was queued. At its end only what the end turned over
    gets a new time: a run that failed was never ready, and one that completed never failed.
    """
    if run.completed_at is None or phase not in (Phase.COMPLETED, Phase.FAILED):
        return run.queued_at
    turned = {
        Phase.COMPLETED: {"Ready", "Complete"},
        Phase.FAILED: {"Stalled", "Failed"},
    }[phase]
    return run.completed_at if name in turned else run.queued_at

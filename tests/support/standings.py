"""One object for each way in which a sweep can stand, as the real projection writes it.

The right column is the design's table of conditions: what somebody who waits must be told.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.support.situations import NOON, A
from tradingsweep.domain.answers import Progress
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.projection import project
from tradingsweep.domain.readiness import Readiness
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State

NEVER_PATCHED = {"phase": "Queued", "observedGeneration": -1}
"""The default that the API server writes at creation."""


@dataclass(frozen=True)
class Standing:
    """A sweep as `kubectl get -o json` shows it, and what it must be taken for."""

    name: str
    sweep: dict[str, Any]
    means: Readiness


def seen(situation: A, *, generation: int | None = None, **metadata: Any) -> dict[str, Any]:
    """Return the object with the status that the operator writes in this situation."""
    target, status = situation.facts.object, project(situation.facts)
    assert target is not None
    assert status is not None
    return _object(status.to_wire(), generation or target.generation, **metadata)


def _object(status: dict[str, Any] | None, generation: int = 1, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "trading.zixly.io/v1alpha1",
        "kind": "TradingSweep",
        "metadata": {
            "name": "btc-sma",
            "namespace": "desk-a",
            "uid": "uid-1",
            "resourceVersion": "1001",
            "creationTimestamp": "2026-03-02T11:59:00Z",
            "generation": generation,
            **metadata,
        },
        "spec": {"ticker": "BTC-USD"},
        **({} if status is None else {"status": status}),
    }


def _failed(reason: Reason) -> dict[str, Any]:
    return seen(A.sweep().ended(Phase.FAILED, reason))


def _ran_again() -> A:
    """Run 1 completed, and run 2 waits."""
    done = A.sweep().ended()
    return done.with_run(run_no=2, completed_at=None, summary={})._phase(
        Phase.QUEUED, Reason.WAITING
    )


_GOES_ON: dict[str, dict[str, Any]] = {
    "never patched": _object(NEVER_PATCHED),
    "never patched, and edited since": _object(NEVER_PATCHED, generation=2),
    "waiting for a slot": seen(A.sweep()),
    "next in line": seen(A.sweep().with_view(ahead=0)),
    "waiting while the API is away": seen(
        A.sweep().with_view(ahead=0, api_down_until=NOON + timedelta(seconds=20))
    ),
    "waiting while the API rejects the key": seen(
        A.sweep().with_view(ahead=0, credentials_rejected_until=NOON + timedelta(seconds=20))
    ),
    "about to be sent": seen(A.sweep().intended()),
    "put back into the line": seen(A.sweep().put_back()),
    "submitted": seen(A.sweep().accepted()),
    "nobody knows whether the API has it": seen(A.sweep().unknown()),
    "running": seen(A.sweep().running().heard(Progress(42.0))),
    "running although it should be held": seen(A.sweep().running().suspended()),
    "waiting for its next attempt": seen(A.sweep().accepted().replaced_by_another()),
    "waiting for its second run": seen(_ran_again()),
    "edited while it ran": seen(A.sweep().running(), generation=2),
    "edited after it completed": seen(A.sweep().ended(), generation=2),
    "edited after it failed": seen(A.sweep().ended(Phase.FAILED, Reason.JOB_FAILED), generation=2),
    "suspended, and edited since": seen(A.sweep().suspended(), generation=2),
}

_ENDED_WELL: dict[str, dict[str, Any]] = {
    "completed": seen(A.sweep().ended()),
    "completed without a pair that qualifies": seen(
        A.sweep().ended(Phase.COMPLETED, Reason.NO_QUALIFIED_RESULT)
    ),
    "answered with earlier results": seen(A.sweep().ended(Phase.COMPLETED, Reason.REUSED)),
}

_ENDED_BADLY: dict[str, dict[str, Any]] = {
    f"failed: {reason}": _failed(reason)
    for reason in (
        Reason.INVALID_PARAMETERS,
        Reason.TOO_MANY_COMBINATIONS,
        Reason.JOB_FAILED,
        Reason.RESULTS_UNAVAILABLE,
        Reason.JOB_LOST,
        Reason.DEADLINE_EXCEEDED,
        Reason.OUTCOME_UNKNOWN,
        Reason.CANCELLED,
    )
}

_HELD: dict[str, dict[str, Any]] = {
    "suspended": seen(A.sweep().suspended()),
    "suspended after its job was cancelled": seen(
        A.sweep()
        .accepted()
        .in_state(State.CANCELLED)
        ._phase(Phase.QUEUED, Reason.SUSPENDED)
        .suspended()
    ),
}

_WAITS_FOR_A_HUMAN: dict[str, dict[str, Any]] = {
    "held: nobody knows whether the API has it": seen(A.sweep().unknown().held()),
    "held: the ledger was restored": seen(A.sweep().accepted().held(Reason.LEDGER_ROLLED_BACK)),
}

_DELETING = "2026-03-02T12:00:00Z"
_LEAVES: dict[str, dict[str, Any]] = {
    "deleted before it was looked at": _object(NEVER_PATCHED, deletionTimestamp=_DELETING),
    "deleted while it ran": seen(A.sweep().running(), deletionTimestamp=_DELETING),
    "deleted after it failed": seen(
        A.sweep().ended(Phase.FAILED, Reason.JOB_FAILED), deletionTimestamp=_DELETING
    ),
    "deleted after it was edited": seen(
        A.sweep().ended(), generation=2, deletionTimestamp=_DELETING
    ),
}

STANDINGS = tuple(
    Standing(name, sweep, means)
    for rows, means in (
        (_GOES_ON, Readiness.IN_PROGRESS),
        (_ENDED_WELL, Readiness.CURRENT),
        (_ENDED_BADLY, Readiness.FAILED),
        (_WAITS_FOR_A_HUMAN, Readiness.FAILED),
        (_HELD, Readiness.SUSPENDED),
        (_LEAVES, Readiness.TERMINATING),
    )
    for name, sweep in rows.items()
)

WITHOUT_STATUS = _object(None)
"""As a client sees it that made the object itself; the API server never shows one."""

"""What a restored database or a restored etcd looks like, and what is done about it: nothing.

Ledger and status tell each other's age. The ledger's version is in every status, and never falls: a
status that is ahead of its ledger was written by a ledger that is lost. The ledger knows the newest
generation of each object, and which ones were deleted: an object behind that was brought back. In
both cases what was sent in between is not known, so nothing is sent, stored or cancelled until a
human has looked. What the status knows is put back into the ledger: its rows, and the job's id.
"""

from dataclasses import replace
from typing import Any

from tradingsweep.crd.model import TradingSweepStatus
from tradingsweep.domain.actions import Action, Record
from tradingsweep.domain.changes import (
    Announcement,
    Answered,
    Change,
    NewRun,
    Repair,
    Restored,
    Seen,
)
from tradingsweep.domain.facts import Facts, SweepObject, View
from tradingsweep.domain.identity import identity, identity_hash
from tradingsweep.domain.outcomes import seen
from tradingsweep.domain.phases import IN_FLIGHT, TERMINAL, Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.request import new_run
from tradingsweep.domain.submissions import State

RESTORES = frozenset({Reason.LEDGER_ROLLED_BACK, Reason.OBJECT_RESTORED})
"""Why a sweep is held after a restore."""


def ledger_was_rolled_back(facts: Facts) -> Action | None:
    """The status names a version or a ledger that this ledger does not know."""
    sweep, target = facts.view.sweep, facts.object
    if target is None or not _is_ahead(facts.view, target.status):
        return None
    shown = TradingSweepStatus.model_validate(target.status)
    ended = Phase(shown.phase) in TERMINAL and shown.observed_generation == target.generation
    return Record(_rebuilt(facts, target, shown, holds=sweep is not None or not ended))


def _is_ahead(view: View, status: dict[str, Any]) -> bool:
    """Compare the raw status: every pass does, and few go on to read it."""
    shown, sweep = status.get("recordVersion"), view.sweep
    if shown is None:
        return False
    if sweep is None or shown > sweep.version:
        return True
    return status.get("ledgerID") not in (view.ledger_id, sweep.adopted_from)


def object_was_restored(facts: Facts) -> Action | None:
    """The object is older than the ledger knows it, or was deleted and is there again."""
    if not seems_restored(facts.object, facts.view):
        return None
    words = "an older object is there again; nothing is sent or cancelled"
    told = Announcement("Warning", Reason.OBJECT_RESTORED, words)
    return Record(
        Change(
            holds=Reason.OBJECT_RESTORED,
            repairs=Repair.OBJECT_RESTORED,
            announce=(told,),
        )
    )


def seems_restored(target: SweepObject | None, view: View) -> bool:
    """Whether an object is older than the ledger knows it; a cache can be, and is no proof."""
    sweep = view.sweep
    if target is None or target.deleting or sweep is None or view.foreign:
        return False
    return sweep.object_gone_at is not None or target.generation < sweep.generation_seen


def carried(facts: Facts, plain: TradingSweepStatus) -> TradingSweepStatus | None:
    """Return the status that stays as it was shown, but for its bookkeeping and conditions.

    None where the ledger knows enough to say everything itself.
    """
    sweep, run = facts.view.sweep, facts.view.run
    held = sweep is not None and sweep.hold in RESTORES
    adopted = run is not None and run.adopted
    if sweep is None or facts.object is None or not (held or adopted):
        return None
    if "recordVersion" not in facts.object.status:
        return None
    shown = TradingSweepStatus.model_validate(facts.object.status)
    return shown.model_copy(
        update={
            "record_version": plain.record_version,
            "ledger_id": plain.ledger_id,
            "observed_generation": (
                shown.observed_generation if held else plain.observed_generation
            ),
            "last_handled_run_request": plain.last_handled_run_request,
            "last_handled_cancel_request": plain.last_handled_cancel_request,
            "conditions": plain.conditions,
        }
    )


def _rebuilt(
    facts: Facts, target: SweepObject, shown: TradingSweepStatus, *, holds: bool
) -> Change:
    """Put what the status knows into the ledger: as a run that has ended, or one that is held."""
    why = next((c for c in shown.conditions if c.type == "Ready"), None)
    reason = _reason(why.reason if why else "", Phase(shown.phase))
    words = "the status knows more than the ledger; nothing is sent or cancelled"
    held = Announcement("Warning", Reason.LEDGER_ROLLED_BACK, words)
    return Change(
        reason=reason,
        message=why.message if why else "",
        seen=_seen(target, shown),
        restores=_restored(facts, target, shown),
        answered=Answered(shown.last_handled_run_request, shown.last_handled_cancel_request),
        holds=Reason.LEDGER_ROLLED_BACK if holds else None,
        repairs=Repair.LEDGER_ROLLED_BACK if holds else Repair.ADOPTED,
        announce=(held,) if holds else (),
    )


def _restored(facts: Facts, target: SweepObject, shown: TradingSweepStatus) -> Restored:
    sweep = facts.view.sweep
    known = max(shown.run or 1, sweep.run_no if sweep else 1)
    state = _state(shown)
    wait = facts.policy.delays.unknown_wait
    return Restored(
        ledger_id=shown.ledger_id or "",
        version=max(shown.record_version or 0, sweep.version if sweep else 0),
        phase=Phase(shown.phase),
        run=_run(target, shown, known),
        attempt=shown.attempt,
        state=state,
        job_id=shown.job_id,
        sweep_run_id=shown.sweep_run_id,
        unknown_until=facts.now + wait if state is State.UNKNOWN else None,
        queued_at=shown.queued_at,
        submitted_at=shown.submitted_at,
        started_at=shown.started_at,
        completed_at=shown.completed_at,
        summary=_summary(shown),
    )


def _run(target: SweepObject, shown: TradingSweepStatus, run_no: int) -> NewRun:
    """Describe the run that the status shows; what it asked for is known if it is still asked."""
    asks = new_run(target.spec, run_no)
    if shown.identity_hash in (None, asks.spec_hash):
        return asks
    pairs = shown.combinations
    return replace(
        asks,
        identity={},
        spec_hash=shown.identity_hash or identity_hash(identity(target.spec)),
        parameters={},
        requested=max((pairs.requested if pairs else 0) or 0, (pairs.valid if pairs else 0) or 0),
        combinations=(pairs.valid if pairs else 0) or 0,
    )


def _state(shown: TradingSweepStatus) -> State | None:
    """Say what is known of the attempt that the status shows."""
    if shown.attempt is None:
        return None
    phase = Phase(shown.phase)
    if phase in IN_FLIGHT:
        return State.UNKNOWN if shown.job_id is None else State.ACCEPTED
    if phase in TERMINAL:
        return State.COMPLETED if phase is Phase.COMPLETED else State.FAILED
    # It waits for its next attempt: this one ended, and how is not known any more.
    return State.LOST if shown.job_id is not None else None


def _seen(target: SweepObject, shown: TradingSweepStatus) -> Seen:
    return replace(seen(target), generation=max(0, shown.observed_generation))


def _summary(shown: TradingSweepStatus) -> dict[str, Any] | None:
    if Phase(shown.phase) is not Phase.COMPLETED or shown.results is None:
        return None
    counted = shown.results
    return {
        "sweep_run_id": shown.sweep_run_id,
        "stored": counted.stored,
        "returned": counted.returned,
        "total": counted.total,
    }


def _reason(shown: str, phase: Phase) -> Reason:
    """Read a reason; one that this release does not know is told by its phase alone."""
    try:
        return Reason(shown)
    except ValueError:
        usual = {Phase.COMPLETED: Reason.COMPLETED, Phase.FAILED: Reason.JOB_FAILED}
        return usual.get(phase, Reason.WAITING)

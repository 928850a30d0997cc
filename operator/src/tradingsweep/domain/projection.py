"""`.status` as a projection of the ledger: the same rows always give the same status."""

from typing import Any

from tradingsweep.crd.model import (
    Combinations,
    LastCompleted,
    Progress,
    Results,
    TradingSweepStatus,
)
from tradingsweep.domain.conditions import Standing, conditions
from tradingsweep.domain.facts import Facts, Run, SweepRow
from tradingsweep.domain.holding import hold_words
from tradingsweep.domain.phases import IN_FLIGHT, Phase
from tradingsweep.domain.queueing import place
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.restoring import carried
from tradingsweep.domain.summary import pair, verdict

NEAR_THE_FRONT = 2
"""How many waiting sweeps are told a cause that holds for the whole queue."""


def project(facts: Facts) -> TradingSweepStatus | None:
    """Return what the status should say; None where the ledger has nothing to say yet."""
    sweep, run, target = facts.view.sweep, facts.view.run, facts.object
    if sweep is None or run is None or target is None:
        return None
    reason, message = _why(facts, sweep)
    plain = _plain(facts, sweep, run, reason, message)
    return carried(facts, plain) or plain


def _plain(
    facts: Facts, sweep: SweepRow, run: Run, reason: Reason, message: str
) -> TradingSweepStatus:
    return TradingSweepStatus(
        observed_generation=sweep.generation_seen,
        record_version=sweep.version,
        ledger_id=facts.view.ledger_id,
        phase=sweep.phase.value,
        run=run.run_no,
        identity_hash=run.spec_hash,
        queued_at=run.queued_at,
        started_at=run.started_at,
        completed_at=run.completed_at,
        combinations=Combinations(
            requested=run.requested, valid=run.combinations, tested=run.summary.get("total")
        ),
        progress=_progress(facts, sweep.phase),
        conditions=conditions(_standing(facts, sweep), reason, message, run, sweep.generation_seen),
        last_handled_run_request=sweep.run_request,
        last_handled_cancel_request=sweep.cancel_request,
        **_job(facts, run),
        **_outcome(facts, run),
    )


def _job(facts: Facts, run: Run) -> dict[str, Any]:
    """Describe the run's submissions: the one that gave the results, else the latest."""
    ours = [s for s in facts.view.submissions if s.run_no == run.run_no]
    if not ours:
        return {}
    shown = next((s for s in ours if s.state == "completed"), ours[-1])
    first_intent = min((s.intent_at for s in ours if s.intent_at), default=None)
    # The first time that a run was sent stays, also when it goes back into the queue.
    started = first_intent if any(s.state != "ready" for s in ours) else None
    return {
        "attempt": shown.n,
        "job_id": shown.job_ids[0] if shown.job_ids else None,
        "sweep_run_id": shown.sweep_run_id,
        "submitted_at": started,
        "duration_seconds": (
            max(0, int((run.completed_at - started).total_seconds()))
            if run.completed_at and started
            else None
        ),
    }


def _outcome(facts: Facts, run: Run) -> dict[str, Any]:
    view, target = facts.view, facts.object
    shown: dict[str, Any] = {}
    if view.last_completed is not None:
        done = view.last_completed
        shown["last_completed"] = LastCompleted(
            run=done.run_no,
            identity_hash=done.spec_hash,
            completed_at=done.completed_at,
            best=pair(done.best) if done.best else None,
        )
    if view.sweep is None or view.sweep.phase is not Phase.COMPLETED or target is None:
        return shown
    top = tuple(pair(result) for result in view.top[: target.spec.top_results])
    shown["best"] = top[0] if top else None
    shown["top_results"] = top
    shown["verdict"] = verdict(run.summary.get("verdict"))
    shown["results"] = Results(
        stored=run.summary.get("stored"),
        returned=run.summary.get("returned"),
        total=run.summary.get("total"),
    )
    return shown


def _progress(facts: Facts, phase: Phase) -> Progress | None:
    if phase is Phase.COMPLETED:
        return Progress(percent=100)
    if phase not in IN_FLIGHT:
        return None
    heard = facts.heard
    if heard is None or heard.progress_percent is None:
        # After a restart nothing was heard yet: what the object says is still the latest.
        return _progress_shown(facts)
    percent = max(0, min(100, int(heard.progress_percent)))
    return Progress(percent=percent, message=heard.progress_message or None)


def _progress_shown(facts: Facts) -> Progress | None:
    status = facts.object.status if facts.object else {}
    run = facts.view.run
    if run is None or status.get("run") != run.run_no or "progress" not in status:
        return None
    return Progress.model_validate(status["progress"])


def _standing(facts: Facts, sweep: SweepRow) -> Standing:
    in_flight = sweep.phase in IN_FLIGHT
    return Standing(
        phase=sweep.phase,
        held=sweep.suspended and sweep.phase is Phase.QUEUED,
        stalled_at=sweep.held_at if sweep.hold else None,
        cannot_be_held=sweep.suspended and in_flight and not facts.policy.can_cancel,
    )


def _why(facts: Facts, sweep: SweepRow) -> tuple[Reason, str]:
    """Say why the sweep stands where it stands; of the queue's causes only who is near is told."""
    reason = Reason(sweep.reason)
    if sweep.hold is not None:
        return sweep.hold, hold_words(sweep)
    if sweep.phase is not Phase.QUEUED:
        return reason, sweep.message or sweep.phase.value
    if facts.submission is not None and facts.submission.state == "intent":
        return Reason.SUBMITTING, "a slot is taken and the request is on its way"
    if sweep.suspended:
        return Reason.SUSPENDED, sweep.message or "held by spec.suspend"
    view, ahead = facts.view, facts.view.ahead
    if ahead is not None and ahead < NEAR_THE_FRONT:
        if view.credentials_rejected_until and view.credentials_rejected_until > facts.now:
            return Reason.CREDENTIALS_REJECTED, "the Trading API does not accept the operator's key"
        if view.api_down_until and view.api_down_until > facts.now:
            return Reason.API_UNAVAILABLE, "the Trading API cannot be reached; tried again soon"
    return Reason.WAITING, place(ahead)

"""What people ask for beside the question itself: hold it, run it again, cancel it.

Suspension is a field, because Git may hold it. Run-again and cancel are annotations that are
answered in the status: Git must not hold a command, or self-heal would repeat or undo it.
"""

from tradingsweep.domain.actions import Action, Record, Rest
from tradingsweep.domain.changes import Answered, Change, Move, RunEdit
from tradingsweep.domain.endings import gave_up
from tradingsweep.domain.facts import Facts, Submission
from tradingsweep.domain.outcomes import seen
from tradingsweep.domain.phases import TERMINAL, Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.request import new_run
from tradingsweep.domain.submissions import State


def cancel_was_requested(facts: Facts) -> Action | None:
    """Cancel the run that is open; one that has ended is only answered."""
    sweep, target = facts.view.sweep, facts.object
    if sweep is None or target is None or target.cancel_requested in (None, sweep.cancel_request):
        return None
    answer = Answered(cancel_request=target.cancel_requested)
    if sweep.phase in TERMINAL:
        return Record(Change(answered=answer))
    words = "cancelled on request"
    change = gave_up(facts, facts.submission, State.CANCELLED, Reason.CANCELLED, words, cancel=True)
    return Record(change.also(answered=answer))


def run_was_requested(facts: Facts) -> Action | None:
    """Ask the same question again; one that is still open is only answered."""
    sweep, target = facts.view.sweep, facts.object
    if sweep is None or target is None or target.run_requested in (None, sweep.run_request):
        return None
    answer = Answered(run_request=target.run_requested)
    if sweep.phase not in TERMINAL:
        return Record(Change(answered=answer))
    if facts.unread:
        return None
    return Record(
        Change(
            reason=Reason.WAITING,
            event=Event.NEW_RUN,
            seen=seen(target),
            opens=new_run(target.spec, sweep.run_no + 1),
            answered=answer,
        )
    )


def is_suspended(facts: Facts) -> Action | None:
    """Hold what waits; take back what is at the API, where that can be done."""
    sweep, live = facts.view.sweep, facts.submission
    if sweep is None or not sweep.suspended:
        return None
    if live is None:
        return Rest()
    if live.state is State.READY:
        return Record(_held(live))
    if live.state is State.INTENT and is_unsent(facts, live):
        # Nobody else can send it, and we do not: it goes back in line, and is held there.
        return Record(Change(moves=(Move(live.key, State.READY),)))
    if live.state is State.ACCEPTED and facts.policy.can_cancel:
        return Record(_taken_back(live))
    return None


def is_unsent(facts: Facts, live: Submission) -> bool:
    """Whether an intent is this process's own and no byte of it has left."""
    return live.leader_epoch == facts.epoch and not facts.posted


def _held(live: Submission) -> Change:
    return Change(
        reason=Reason.SUSPENDED,
        message="held by spec.suspend",
        moves=(Move(live.key, State.CANCELLED),),
        run=RunEdit(restarts_deadline=True),
    )


def _taken_back(live: Submission) -> Change:
    """The job is cancelled and the run waits again: its next attempt is no failure of this one."""
    return Change(
        reason=Reason.SUSPENDED,
        message="held by spec.suspend; its job at the Trading API is cancelled",
        event=Event.NEXT_ATTEMPT,
        moves=(Move(live.key, State.CANCELLED, cancel=True),),
        run=RunEdit(restarts_deadline=True, collect_tries=0),
    )

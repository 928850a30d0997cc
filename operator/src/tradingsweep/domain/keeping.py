"""What is used again, and what is let go: results of the same question, objects after their end."""

from datetime import timedelta

from tradingsweep.domain.actions import Action, Record, Rest
from tradingsweep.domain.changes import Announcement, Change, Deletion, Move
from tradingsweep.domain.facts import Facts, Reusable, SweepObject
from tradingsweep.domain.outcomes import seen
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.request import new_run
from tradingsweep.domain.submissions import State


def opened(facts: Facts, target: SweepObject, run_no: int) -> Change:
    """Open a run for what the object asks, or answer it with results that are there."""
    source = _reusable(facts, target)
    live = facts.submission
    moves = (Move(live.key, State.CANCELLED, cancel=live.state is not State.READY),) if live else ()
    if source is None:
        return Change(
            reason=Reason.WAITING,
            event=Event.NEW_RUN,
            seen=seen(target),
            opens=new_run(target.spec, run_no),
            moves=moves,
        )
    told = (
        f"the results of run {source.run_no} of {source.name}, completed "
        f"{_age(facts, source)} before, are used again"
    )
    return Change(
        reason=Reason.REUSED,
        message=told,
        event=Event.NEW_RUN,
        seen=seen(target),
        opens=new_run(target.spec, run_no),
        moves=moves,
        reuses=source,
        announce=(Announcement("Normal", Reason.REUSED, told),),
    )


def can_be_reused(facts: Facts, target: SweepObject) -> bool:
    """Whether results are there that answer the object's question."""
    return _reusable(facts, target) is not None


def is_let_go(facts: Facts) -> Action | None:
    """Delete an object after its time, or beyond the history that is kept; its results stay.

    Never what somebody else owns: its owner would bring it back. Never what came back already.
    """
    sweep, target, run = facts.view.sweep, facts.object, facts.view.run
    if sweep is None or target is None or run is None or run.completed_at is None:
        return None
    if target.owner is not None or sweep.spared or sweep.deletion_asked_at is not None:
        return None
    if facts.surplus and target.created_by is not None:
        return Record(Change(deletes=Deletion.HISTORY))
    ttl = target.spec.ttl_seconds_after_finished
    if ttl is None:
        return None
    over_at = run.completed_at + timedelta(seconds=ttl)
    return Rest(over_at) if facts.now < over_at else Record(Change(deletes=Deletion.TTL))


def _reusable(facts: Facts, target: SweepObject) -> Reusable | None:
    source = facts.view.reusable
    if source is None:
        return None
    youngest = facts.now - timedelta(seconds=target.spec.max_result_age_seconds)
    # What we deleted ourselves and its owner brought back asks for nothing new.
    return source if source.came_back or source.adopted or source.completed_at > youngest else None


def _age(facts: Facts, source: Reusable) -> str:
    seconds = int((facts.now - source.completed_at).total_seconds())
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"

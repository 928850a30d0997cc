"""How a run ends without results, or goes on with another attempt."""

from tradingsweep.domain.actions import Action, Collect, Record
from tradingsweep.domain.answers import Broken, Done, News, NoSuchJob, Progress
from tradingsweep.domain.changes import Announcement, Change, InboxMark, Move, RunEdit
from tradingsweep.domain.facts import Facts, Submission
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.domain.wording import bounded, settled

JOB_LOST = "the Trading API does not know the job any more"

_FAILED_ATTEMPT = frozenset({State.FAILED, State.LOST, State.UNUSABLE})


def gave_up(
    facts: Facts,
    given_up: Submission | None,
    to: State,
    reason: Reason,
    message: str,
    *,
    cancel: bool = False,
    inbox: tuple[InboxMark, ...] = (),
) -> Change:
    """The run ends without results."""
    run = facts.view.run
    failed = (run.failed_attempts if run else 0) + (to in _FAILED_ATTEMPT)
    moves = (Move(given_up.key, to, cancel=cancel),) if given_up else ()
    words = settled(message)
    return Change(
        reason=reason,
        message=words,
        event=Event.GAVE_UP,
        moves=moves,
        run=RunEdit(failed_attempts=failed),
        inbox=inbox,
        announce=(Announcement("Warning", reason, words),),
    )


def attempt_failed(
    facts: Facts,
    over: Submission,
    to: State,
    reason: Reason,
    message: str,
    *,
    inbox: tuple[InboxMark, ...] = (),
) -> Change:
    """The API reports a failure: the next attempt while there are some left, else the end."""
    failed = (facts.view.run.failed_attempts if facts.view.run else 0) + 1
    limit = facts.object.spec.backoff_limit if facts.object else 0
    if failed > limit or facts.late:
        return gave_up(facts, over, to, reason, message, inbox=inbox)
    delay = facts.policy.attempt_delay(failed)
    words = bounded(
        f"attempt {failed} of {limit + 1} failed: {settled(message)}; it is tried again"
    )
    return Change(
        reason=Reason.NEXT_ATTEMPT,
        message=words,
        event=Event.NEXT_ATTEMPT,
        moves=(Move(over.key, to),),
        reopens=True,
        run=RunEdit(failed_attempts=failed, next_at=facts.now + delay, collect_tries=0),
        inbox=inbox,
        announce=(Announcement("Warning", Reason.RETRY_SCHEDULED, words),),
    )


def not_collected(
    facts: Facts, source: Submission, why: str, inbox: tuple[InboxMark, ...] = ()
) -> Change:
    """The results could not be used: again after a while, or the attempt is over.

    An attempt that was given up before has nothing left to fail: only its callback is dealt with.
    """
    tries = (facts.view.run.collect_tries if facts.view.run else 0) + 1
    delay = facts.policy.collect_delay(tries)
    if delay is None and source.state is not State.ACCEPTED:
        return forgotten(source, inbox)
    if delay is None:
        to, reason = State.UNUSABLE, Reason.RESULTS_UNAVAILABLE
        return attempt_failed(facts, source, to, reason, why, inbox=inbox)
    return Change(
        reason=Reason.COLLECTING,
        message=settled(f"the results cannot be used yet: {why}"),
        run=RunEdit(collect_tries=tries, next_at=facts.now + delay),
    )


def forgotten(source: Submission, inbox: tuple[InboxMark, ...]) -> Change:
    """What an attempt that was given up before still said comes to nothing; its job has ended."""
    return Change(inbox=inbox, releases=(source.key,), run=RunEdit(collect_tries=0))


def told_at_last(facts: Facts, asked: Submission, news: News | None) -> Action:
    """What the answer to the last question at the deadline means."""
    match news:
        case Done(sweep_run_id) if sweep_run_id is not None:
            return Collect(asked, sweep_run_id)
        case Done():
            nameless = "the Trading API names no sweep_run_id"
            return Record(
                gave_up(facts, asked, State.UNUSABLE, Reason.RESULTS_UNAVAILABLE, nameless)
            )
        case Broken(message, _):
            return Record(gave_up(facts, asked, State.FAILED, Reason.JOB_FAILED, message))
        case NoSuchJob():
            return Record(gave_up(facts, asked, State.LOST, Reason.JOB_LOST, JOB_LOST))
        case Progress() | None:
            return Record(too_late(facts, asked))


def too_late(facts: Facts, asked: Submission) -> Change:
    """The deadline passed while the job was at the API, and nothing says that it ended."""
    late = "the run took longer than spec.activeDeadlineSeconds"
    return gave_up(facts, asked, State.TIMED_OUT, Reason.DEADLINE_EXCEEDED, late, cancel=True)

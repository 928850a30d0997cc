"""What an answer means: from the facts and what came back to the change that is written."""

from dataclasses import replace
from datetime import timedelta

from tradingsweep.domain.answers import (
    Accepted,
    Answer,
    NotSent,
    OutcomeUnknown,
    Refused,
    ResultPage,
)
from tradingsweep.domain.changes import (
    Announcement,
    Change,
    InboxMark,
    Learned,
    Move,
    RunEdit,
    Seen,
)
from tradingsweep.domain.endings import gave_up
from tradingsweep.domain.facts import Facts, Submission, SweepObject
from tradingsweep.domain.grid import Grid
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import LIVE, State
from tradingsweep.domain.wording import bounded, settled
from tradingsweep.errors import AnswerRefused

MAX_RETRY_AFTER = timedelta(hours=1)
"""The longest wait that an API may ask of us."""

STALE = "Stale"
"""The reason of a request that was not sent because its window, or our lead, had ended."""


def seen(sweep: SweepObject) -> Seen:
    """Take over what steers a run without changing its result."""
    return Seen(
        generation=sweep.generation,
        priority=sweep.spec.priority,
        deadline_seconds=sweep.spec.active_deadline_seconds,
        store_results=sweep.spec.store_results,
        suspended=sweep.spec.suspend,
    )


def answered(facts: Facts, sent: Submission, answer: Answer, *, first: bool) -> Change:
    """Write down what a POST came to."""
    match answer:
        case Accepted():
            # The same POST again is a look-up: what it names was there before.
            return accepted(sent, answer.job_id, "answer" if first else "lookup")
        case Refused():
            return gave_up(facts, sent, State.REFUSED, Reason.INVALID_PARAMETERS, answer.message)
        case NotSent():
            return _not_sent(facts, sent, answer, first=first)
        case OutcomeUnknown():
            change = unknown(facts, sent, answer.message)
            settled_so = (answer.stored or answer.alert) and not first
            return replace(change, in_vain=(sent.key,)) if settled_so else change


def _not_sent(facts: Facts, sent: Submission, answer: NotSent, *, first: bool) -> Change:
    if first and answer.reason == STALE:
        # Nothing is wrong with the API: the sweep goes back to its place in line.
        return Change(reason=Reason.WAITING, moves=(Move(sent.key, State.READY),))
    rejected = answer.reason == Reason.CREDENTIALS_REJECTED
    delays = facts.policy.delays
    if answer.retry_after is not None:
        wait = min(timedelta(seconds=answer.retry_after), MAX_RETRY_AFTER)
    else:
        wait = delays.credentials_retry if rejected else delays.api_retry
    again = RunEdit(next_at=facts.now + wait)
    if not first:
        # Whether an earlier request of this key arrived is as unknown as before.
        return Change(run=again)
    return Change(
        reason=Reason.CREDENTIALS_REJECTED if rejected else Reason.API_UNAVAILABLE,
        message=settled(answer.message),
        run=again,
        moves=(Move(sent.key, State.READY),),
    )


def accepted(sent: Submission, job_id: str, source: str) -> Change:
    """The API has the job, and we know its name."""
    return Change(
        reason=Reason.SUBMITTED,
        message="the Trading API has accepted the job",
        event=Event.ACCEPTED,
        learned=(Learned(sent.key, job_id, source),),
        moves=(Move(sent.key, State.ACCEPTED),),
        run=RunEdit(collect_tries=0),
    )


def unknown(facts: Facts, sent: Submission, message: str) -> Change:
    """The request left, and nothing that means anything came back."""
    delays = facts.policy.delays
    again = RunEdit(next_at=facts.now + delays.repeat_unknown)
    if sent.state is State.UNKNOWN:
        return Change(run=again)
    return Change(
        reason=Reason.OUTCOME_UNKNOWN,
        message=bounded(
            f"it is not known whether the Trading API has the job: {settled(message)}. "
            "Nothing is sent again until that is clear"
        ),
        event=Event.OUTCOME_UNKNOWN,
        moves=(Move(sent.key, State.UNKNOWN, unknown_until=facts.now + delays.unknown_wait),),
        run=again,
        announce=(
            Announcement(
                "Warning", Reason.OUTCOME_UNKNOWN, "the answer to the submission was lost"
            ),
        ),
    )


def replaced(sent: Submission) -> Change:
    """Nobody named the job for so long that the run is submitted anew."""
    return Change(
        reason=Reason.NEXT_ATTEMPT,
        message="no answer and no callback came for the last submission; it is submitted anew",
        event=Event.NEXT_ATTEMPT,
        moves=(Move(sent.key, State.REPLACED),),
        reopens=True,
    )


def stored(
    facts: Facts, source: Submission, page: ResultPage, inbox: tuple[InboxMark, ...]
) -> Change:
    """The results are to be stored, which completes the run."""
    siblings = tuple(
        Move(s.key, State.CANCELLED, cancel=True)
        for s in facts.view.submissions
        if s.run_no == source.run_no and s.key != source.key and s.state in LIVE
    )
    reason, message = _how_it_ended(page)
    return Change(
        reason=reason,
        message=message,
        event=Event.STORED,
        moves=(Move(source.key, State.COMPLETED, sweep_run_id=page.sweep_run_id), *siblings),
        results=page,
        inbox=inbox,
        announce=(Announcement("Normal", reason, message),),
    )


def usable(facts: Facts, page: ResultPage) -> ResultPage:
    """Check a page against what was asked for, and cut it to what is to be stored.

    Raises:
        AnswerRefused: a pair does not belong to the sweep.
    """
    run = facts.view.run
    if run is None:
        raise AnswerRefused("there is no run to hold it against")
    if not run.parameters:
        raise AnswerRefused("it is not known any more what this run asked for")
    if page.rsi_period not in (None, run.parameters.get("rsi_period")):
        raise AnswerRefused(f"the results are of an RSI of {page.rsi_period} bars")
    return checked(Grid.read(run.parameters), page, run.store_results)


def checked(grid: Grid, page: ResultPage, most: int) -> ResultPage:
    """Check a page against a grid, and cut it to the number of rows that is to be stored.

    Raises:
        AnswerRefused: a pair does not belong to the sweep.
    """
    for result in page.results:
        pair = (result.fast_period, result.slow_period)
        if pair not in grid:
            raise AnswerRefused(
                f"a result names the pair {pair[0]}/{pair[1]}, which the sweep did not ask for"
            )
    return replace(page, results=page.results[:most], returned=len(page.results))


def _how_it_ended(page: ResultPage) -> tuple[Reason, str]:
    synthetic = " (synthetic prices)" if page.synthetic else ""
    if not page.results:
        most = page.max_trades_seen
        seen_trades = "" if most is None else f"; the most that a pair made is {most}"
        return (
            Reason.NO_QUALIFIED_RESULT,
            "the sweep ran, and no pair made spec.minTrades trades" + seen_trades + synthetic,
        )
    best = page.results[0]
    return (
        Reason.COMPLETED,
        (
            f"best of {page.total} pairs is {best.fast_period}/{best.slow_period} "
            f"with a score of {best.score:.4f}{synthetic}"
        ),
    )

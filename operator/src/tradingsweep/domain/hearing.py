"""What a callback means: a hint. The results are fetched, and only then is a run Completed."""

from dataclasses import replace

from tradingsweep.contract import Callback, ContractError, parse_callback
from tradingsweep.domain.actions import Action, AskAtOnce, Collect, Follow, Record, Rest
from tradingsweep.domain.answers import Done
from tradingsweep.domain.changes import Change, InboxMark, InboxOutcome, LateResults, Learned
from tradingsweep.domain.endings import attempt_failed, not_collected
from tradingsweep.domain.facts import Facts, Heard, InboxRow, Submission
from tradingsweep.domain.outcomes import accepted
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State

_MAY_STILL_COMPLETE = frozenset({State.ACCEPTED, State.REPLACED, State.CANCELLED})


def callback_came(facts: Facts) -> Action | None:
    """Deal with the oldest callback that nobody has dealt with."""
    if not facts.view.inbox:
        return None
    row = facts.view.inbox[0]
    about = _submission_of(facts, row)
    try:
        callback = parse_callback(row.body)
    except ContractError:
        return _mark(row, InboxOutcome.MALFORMED)
    if about is None or facts.view.run is None or about.run_no != facts.view.run.run_no:
        return _of_an_earlier_run(row, callback)
    if not row.signed:
        # Anybody can have sent it: what it says is not believed, and the stream is asked at once.
        heard = _mark(row, InboxOutcome.APPLIED)
        return AskAtOnce(about, heard.change) if about.state is State.ACCEPTED else heard
    return _hear(facts, row, about, callback)


def _of_an_earlier_run(row: InboxRow, callback: Callback) -> Record:
    """Its slot is free; results that it brings are kept under their own run, and never shown.

    Where the answer was lost only it names the job.
    """
    marked = _mark(row, InboxOutcome.SUPERSEDED, callback)
    if not row.signed or callback.status != "completed":
        return marked
    late = LateResults(row.key, callback.job_id, callback.results_id)
    return Record(replace(marked.change, late=(late,)))


def _hear(facts: Facts, row: InboxRow, about: Submission, callback: Callback) -> Action:
    if about.job_ids and callback.job_id not in about.job_ids:
        return _mark(row, InboxOutcome.MISMATCHED, callback)
    if about.state in (State.INTENT, State.UNKNOWN):
        # It came before the answer to the POST, or instead of it: it names the job.
        return Record(accepted(about, callback.job_id, "callback"))
    mark = (InboxMark(row.id, InboxOutcome.APPLIED),)
    if callback.status == "completed" and about.state in _MAY_STILL_COMPLETE:
        action = job_has_ended(facts, about, callback.results_id, mark)
        # One that was given up had no name: the callback gives it one, with whatever else it does.
        named = (Learned(about.key, callback.job_id, "callback"),)
        return replace(action, learned=named) if isinstance(action, Collect) else action
    if callback.status == "failed" and about.state is State.ACCEPTED:
        words = callback.error_message or "the Trading API gave no reason"
        return Record(
            attempt_failed(facts, about, State.FAILED, Reason.JOB_FAILED, words, inbox=mark)
        )
    return _mark(row, InboxOutcome.LATE, callback)


def job_has_ended(
    facts: Facts, source: Submission, sweep_run_id: str | None, inbox: tuple[InboxMark, ...]
) -> Action:
    """Fetch the results of a job that ended, after the back-off of an earlier try."""
    run = facts.view.run
    if run is not None and run.next_at is not None and facts.now < run.next_at:
        return Rest(run.next_at)
    heard = None if source.shares_job else facts.heard
    known = sweep_run_id or source.sweep_run_id or _name_in(heard)
    if known is not None:
        return Collect(source, known, inbox)
    if heard is not None and isinstance(heard.news, Done):
        nameless = "the Trading API names no sweep_run_id"
        return Record(not_collected(facts, source, nameless, inbox))
    if facts.late:
        unnamed = "nothing named its sweep_run_id in time"
        return Record(not_collected(facts, source, unnamed, inbox))
    # The callback has no name for the results; the stream may have one.
    return Rest(source.deadline_at) if source.shares_job else Follow(source, source.deadline_at)


def stale_callbacks(facts: Facts) -> Action | None:
    """Mark what comes after the end: its job has ended, and its slot with it."""
    if not facts.view.inbox:
        return None
    row = facts.view.inbox[0]
    try:
        return _mark(row, InboxOutcome.LATE, parse_callback(row.body))
    except ContractError:
        return _mark(row, InboxOutcome.MALFORMED)


def _name_in(heard: Heard | None) -> str | None:
    news = heard.news if heard else None
    return news.sweep_run_id if isinstance(news, Done) else None


def _submission_of(facts: Facts, row: InboxRow) -> Submission | None:
    return next((s for s in facts.view.submissions if s.key == row.key), None)


def _mark(row: InboxRow, outcome: InboxOutcome, callback: Callback | None = None) -> Record:
    """Deal with a callback that changes nothing but what is known of its own job."""
    ended = row.signed and outcome in (InboxOutcome.LATE, InboxOutcome.SUPERSEDED)
    learned = (Learned(row.key, callback.job_id, "callback"),) if callback and row.signed else ()
    return Record(
        Change(
            inbox=(InboxMark(row.id, outcome),),
            learned=learned,
            releases=(row.key,) if ended else (),
        )
    )

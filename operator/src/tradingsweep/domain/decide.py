"""What to do next with one sweep: ordered rules, of which the first that speaks decides.

Pure: the facts are read before, the action is performed after. The order is the submission
protocol's: gone, then news of the job, then unknown outcomes, then the deadline, then the queue.
"""

from tradingsweep.domain.actions import (
    Action,
    AwaitSlot,
    AwaitUpgrade,
    Follow,
    LastQuestion,
    Record,
    Rest,
    Submit,
)
from tradingsweep.domain.answers import Broken, Done, NoSuchJob, Progress
from tradingsweep.domain.changes import Change, Move
from tradingsweep.domain.commands import (
    cancel_was_requested,
    is_suspended,
    is_unsent,
    run_was_requested,
)
from tradingsweep.domain.endings import JOB_LOST, attempt_failed, gave_up, too_late
from tradingsweep.domain.facts import Facts, Submission
from tradingsweep.domain.hearing import callback_came, job_has_ended, stale_callbacks
from tradingsweep.domain.holding import held_for_a_human
from tradingsweep.domain.identity import identity, identity_hash
from tradingsweep.domain.keeping import can_be_reused, is_let_go, opened
from tradingsweep.domain.outcomes import accepted, replaced, seen, unknown
from tradingsweep.domain.phases import TERMINAL, Event, Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.request import new_run
from tradingsweep.domain.restoring import RESTORES, ledger_was_rolled_back, object_was_restored
from tradingsweep.domain.submissions import LIVE, State

MOST_VAIN_LOOK_UPS = 3
"""An answer that an API has stored for a key does not change: after so many nobody asks again."""


def belongs_to_another(facts: Facts) -> Action | None:
    """Rows of another cluster, shard or newer program are left alone (W6)."""
    return Rest() if facts.view.foreign else None


def waits_after_a_restore(facts: Facts) -> Action | None:
    """Nothing is sent, stored or cancelled until a human has looked."""
    sweep = facts.view.sweep
    return Rest() if sweep is not None and sweep.hold in RESTORES else None


def nobody_asks(facts: Facts) -> Action | None:
    """An object that is gone and was never recorded leaves nothing to do."""
    if facts.view.sweep is None and (facts.object is None or facts.object.deleting):
        return Rest()
    return None


def object_is_gone(facts: Facts) -> Action | None:
    """Deletion ends the run; nothing is sent again, and what is at the API is cancelled."""
    sweep = facts.view.sweep
    if sweep is None or not (facts.object is None or facts.object.deleting):
        return None
    if sweep.object_gone_at is not None:
        return stale_callbacks(facts) or Rest()
    moves = tuple(
        Move(s.key, State.CANCELLED, cancel=True) for s in facts.view.submissions if s.state in LIVE
    )
    return Record(
        Change(
            reason=Reason.DELETED, message="the object was deleted", moves=moves, object_gone=True
        )
    )


def not_recorded_yet(facts: Facts) -> Action | None:
    """The first look at an object opens its first run."""
    if facts.view.sweep is not None or facts.object is None:
        return None
    if facts.unread:
        return _awaits_upgrade(facts)
    return Record(opened(facts, facts.object, 1))


def spec_was_edited(facts: Facts) -> Action | None:
    """A newer generation asks for another run only where it asks another question (W5)."""
    sweep, target = facts.view.sweep, facts.object
    if sweep is None or target is None or target.generation <= sweep.generation_seen:
        return None
    if facts.unread:
        # Left unseen: this program's successor finds a new generation, and what it asks.
        return _awaits_upgrade(facts) if sweep.phase in TERMINAL else None
    if identity_hash(identity(target.spec)) == sweep.spec_hash:
        return Record(Change(seen=seen(target)))
    live = facts.submission
    waits = sweep.phase is Phase.QUEUED and (live is None or live.state is State.READY)
    if waits and not can_be_reused(facts, target):
        # Nothing of this run is at the API: it is rewritten where it stands in the queue.
        moves = (Move(live.key, State.CANCELLED),) if live else ()
        return Record(
            Change(
                reason=Reason.WAITING,
                seen=seen(target),
                rewrites=new_run(target.spec, sweep.run_no),
                moves=moves,
            )
        )
    return Record(opened(facts, target, sweep.run_no + 1))


def run_has_ended(facts: Facts) -> Action | None:
    """The end of a run is final: what still comes is late."""
    sweep = facts.view.sweep
    if sweep is None or sweep.phase not in TERMINAL:
        return None
    return stale_callbacks(facts) or is_let_go(facts) or Rest()


def stream_told(facts: Facts) -> Action | None:
    """What the job's stream said since the last look."""
    live = facts.submission
    if facts.heard is None or live is None or live.state is not State.ACCEPTED:
        return None
    if live.shares_job:
        # Only its own callback tells which of the two it is about.
        return None
    match facts.heard.news:
        case Done(sweep_run_id):
            return job_has_ended(facts, live, sweep_run_id, ())
        case Broken(message, confirmed=True):
            return Record(attempt_failed(facts, live, State.FAILED, Reason.JOB_FAILED, message))
        case Broken():
            return Follow(live, live.deadline_at) if not facts.late else None
        case NoSuchJob():
            return Record(attempt_failed(facts, live, State.LOST, Reason.JOB_LOST, JOB_LOST))
        case Progress() if facts.view.sweep and facts.view.sweep.phase is Phase.SUBMITTED:
            return Record(Change(reason=Reason.RUNNING, event=Event.STARTED))
        case Progress():
            return None


def intent_is_open(facts: Facts) -> Action | None:
    """An admitted request is sent by who admitted it, in its window; else its fate is unknown."""
    live = facts.submission
    if live is None or live.state is not State.INTENT or live.post_before is None:
        return None
    if live.job_ids:
        # The job id was appended and the decision about it was lost: nothing else is.
        return Record(accepted(live, live.job_ids[-1], "answer"))
    if is_unsent(facts, live) and facts.now < live.post_before:
        return Submit(live, first=True)
    if _key_lives(facts, live):
        return _look_up(facts, live)
    delays = facts.policy.delays
    lapse = live.post_before + delays.post_timeout + delays.intent_grace
    if facts.now < lapse:
        return Rest(lapse)
    return Record(unknown(facts, live, "the process that submitted it did not record an answer"))


def outcome_is_unknown(facts: Facts) -> Action | None:
    """Ask again under the same key where the API keeps keys; else wait for its callback."""
    live = facts.submission
    if live is None or live.state is not State.UNKNOWN or live.unknown_until is None:
        return None
    if live.job_ids:
        return Record(accepted(live, live.job_ids[-1], "lookup"))
    if facts.late:
        return None
    if _key_lives(facts, live):
        return _look_up(facts, live)
    if not facts.policy.has_met_api:
        # It may keep keys: then a look-up finds the job, and another submission would double it.
        return Rest(facts.now + facts.policy.delays.repeat_unknown)
    if facts.now < live.unknown_until:
        return Rest(min(live.unknown_until, live.deadline_at or live.unknown_until))
    if not facts.policy.holds_unknown:
        return Record(replaced(live))
    held = facts.view.sweep is not None and facts.view.sweep.hold is not None
    return Rest(live.deadline_at) if held else Record(held_for_a_human(facts, live))


def deadline_has_passed(facts: Facts) -> Action | None:
    """The run's time is over: one last question, then it fails."""
    if not facts.late:
        return None
    live = facts.submission
    if live is not None and live.state is State.ACCEPTED:
        return Record(too_late(facts, live)) if live.shares_job else LastQuestion(live)
    if live is not None and live.state is State.UNKNOWN:
        return Record(
            gave_up(
                facts,
                live,
                State.TIMED_OUT,
                Reason.OUTCOME_UNKNOWN,
                "the deadline passed and nothing showed whether the Trading API had the job",
            )
        )
    late = "the deadline passed before the Trading API could take the job"
    return Record(gave_up(facts, live, State.CANCELLED, Reason.DEADLINE_EXCEEDED, late))


def job_is_followed(facts: Facts) -> Action | None:
    """The job is at the API: its callback or its stream will tell."""
    live = facts.submission
    if live is None or live.state is not State.ACCEPTED:
        return None
    return Rest(live.deadline_at) if live.shares_job else Follow(live, live.deadline_at)


def is_too_large(facts: Facts) -> Action | None:
    """The operator's own limit on pairs, which may be lower than the fields' bounds."""
    run, limit = facts.view.run, facts.policy.max_combinations
    if run is None or run.combinations <= limit:
        return None
    levels = run.parameters.get("strategy_type") == "RSI"
    narrow = "rsi.enter or rsi.exit" if levels else "fastRange or slowRange"
    many = (
        f"the ranges and the step span {run.combinations} pairs; this operator allows "
        f"{limit}: narrow {narrow}, or raise step"
    )
    return Record(
        gave_up(facts, facts.submission, State.CANCELLED, Reason.TOO_MANY_COMBINATIONS, many)
    )


def waits_its_turn(facts: Facts) -> Action | None:
    """Everything else waits for a slot: look again when a back-off or the deadline ends."""
    run = facts.view.run
    ends = [run.next_at, run.deadline_at] if run is not None else []
    return AwaitSlot(min((end for end in ends if end and end > facts.now), default=None))


RULES = (
    belongs_to_another,  # not ours to touch
    nobody_asks,  # deleted before it was ever recorded
    object_is_gone,  # before all else: a deleted sweep costs nothing more
    waits_after_a_restore,  # a human's turn; only a deletion goes before
    ledger_was_rolled_back,  # the status knows more than the ledger
    object_was_restored,  # the ledger knows more than the object
    not_recorded_yet,  # the ledger knows every sweep that anything happens to
    spec_was_edited,  # a new question replaces the old one at once
    cancel_was_requested,  # before run-again: whoever asks for both wants it to begin anew
    run_was_requested,  # a command that Git does not hold
    run_has_ended,  # terminal and unchanged: leave it alone
    callback_came,  # the API's own news, however early or late
    stream_told,  # the same news by the other way
    is_suspended,  # after the news: what has ended is taken
    intent_is_open,  # a request that may be on its way
    outcome_is_unknown,  # never a blind second POST
    deadline_has_passed,  # after all news was heard
    job_is_followed,  # at the API: wait for news
    is_too_large,  # refused before it takes a slot
    waits_its_turn,  # admission chooses who is next
)


def decide(facts: Facts) -> Action:
    """Return the one action that the facts call for."""
    for rule in RULES:
        action = rule(facts)
        if action is not None:
            return action
    raise AssertionError("the last rule always speaks")


def _awaits_upgrade(facts: Facts) -> Action:
    """Make nothing of a spec that was read in part: half of it is another question."""
    late = stale_callbacks(facts)
    return late or AwaitUpgrade(facts.unread, facts.now + facts.policy.delays.api_retry)


def _look_up(facts: Facts, sent: Submission) -> Action:
    """Send the same bytes under the same key again: the API answers with the job that it has."""
    next_at = facts.view.run.next_at if facts.view.run else None
    if next_at is not None and facts.now < next_at:
        return Rest(next_at)
    return Submit(sent, first=False)


def _key_lives(facts: Facts, sent: Submission) -> bool:
    return (
        facts.policy.keeps_keys
        and sent.vain_look_ups < MOST_VAIN_LOOK_UPS
        and sent.intent_at is not None
        and facts.now < sent.intent_at + facts.policy.key_life
    )

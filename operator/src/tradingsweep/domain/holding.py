"""What is held for a human, and what the human's word does.

A submission whose outcome stays unknown is held where the operator was told so: at an API at which
every job costs, a second POST on a guess is worse than a sweep that waits. What ends the hold is a
callback that names the job, the deadline, or a human who has looked at the API.
"""

from dataclasses import replace

from tradingsweep.contract import is_identifier
from tradingsweep.domain.changes import Announcement, Change
from tradingsweep.domain.facts import Facts, Submission, SweepRow
from tradingsweep.domain.outcomes import accepted, replaced
from tradingsweep.domain.phases import TERMINAL, Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.errors import CommandRefused


def held_for_a_human(facts: Facts, sent: Submission) -> Change:
    """The wait for a callback is over: nothing is sent again before somebody has looked.

    Its slot is given up: a job that nobody can name must not stop all others for hours.
    """
    where = f"{facts.object.namespace}/{facts.object.name}" if facts.object else "NAMESPACE/NAME"
    words = (
        "it is not known whether the Trading API has the job, and the operator was told not to "
        f"send it again: look there, then run tradingsweep resolve {where} with --job-id or "
        "--not-submitted"
    )
    return Change(
        reason=Reason.OUTCOME_UNKNOWN,
        message=words,
        holds=Reason.OUTCOME_UNKNOWN,
        releases=(sent.key,),
        announce=(Announcement("Warning", Reason.OUTCOME_UNKNOWN, words),),
    )


_AFTER_A_RESTORE = {
    Reason.LEDGER_ROLLED_BACK: (
        "its status knows more than the operator's database, which was restored or replaced: "
        "nothing is sent, stored or cancelled"
    ),
    Reason.OBJECT_RESTORED: (
        "the object is older than the operator's database knows it, or was deleted and is there "
        "again: nothing is sent, stored or cancelled"
    ),
}


def hold_words(sweep: SweepRow) -> str:
    """Say why a sweep is held, and which command ends it."""
    told = _AFTER_A_RESTORE.get(sweep.hold) if sweep.hold else None
    if told is None:
        return sweep.message
    return f"{told}. To go on: tradingsweep release {sweep.namespace}/{sweep.name}"


def released(facts: Facts) -> Change:
    """A human lets a sweep go on after a restore, from what the ledger now says.

    What ended or was cancelled stays so: nothing is run again but what the object newly asks for.

    Raises:
        CommandRefused: it is not held by a restore.
    """
    sweep = facts.view.sweep
    if sweep is None or sweep.hold not in _AFTER_A_RESTORE:
        reason = sweep.hold if sweep else None
        hint = "; see tradingsweep resolve" if reason is Reason.OUTCOME_UNKNOWN else ""
        raise CommandRefused(f"it is not held after a restore{hint}")
    if sweep.hold is Reason.LEDGER_ROLLED_BACK:
        return Change(frees=True, wakes=True)
    if sweep.object_gone_at is None or sweep.phase in TERMINAL:
        return Change(frees=True, wakes=True, object_back=True)
    # Its run was cancelled when the object was deleted.
    return Change(
        reason=Reason.CANCELLED,
        message="the object was deleted while the sweep ran, and is there again",
        event=Event.GAVE_UP,
        object_back=True,
        wakes=True,
    )


def found_at_the_api(facts: Facts, job_id: str) -> Change:
    """A human has found the job of an unknown outcome.

    Raises:
        CommandRefused: the id is none, or the outcome is not unknown.
    """
    if not is_identifier(job_id):
        raise CommandRefused("--job-id: must be 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-'")
    return replace(accepted(_unknown(facts), job_id, "human"), wakes=True)


def never_submitted(facts: Facts) -> Change:
    """A human vouches that no job exists: the run is submitted anew, and nothing is waited for.

    Raises:
        CommandRefused: the outcome is not unknown.
    """
    sent = _unknown(facts)
    return replace(
        replaced(sent),
        message="somebody found that the last submission never arrived; it is submitted anew",
        releases=(sent.key,),
        wakes=True,
    )


def _unknown(facts: Facts) -> Submission:
    """Return the submission whose outcome is unknown, or say what is known."""
    sweep, live = facts.view.sweep, facts.submission
    if sweep is None:
        raise CommandRefused("the ledger does not know this sweep")
    if sweep.phase in TERMINAL:
        raise CommandRefused(f"its run has ended: {sweep.phase}, {sweep.reason}")
    if live is None or live.state is State.READY:
        raise CommandRefused("nothing of it is at the Trading API: it waits in the queue")
    if live.state is State.ACCEPTED:
        raise CommandRefused(f"the Trading API has its job: {', '.join(live.job_ids)}")
    if live.state is State.INTENT:
        raise CommandRefused("its submission is on its way: ask again in a minute")
    return live

"""What is held for a human, and what the human's word does.

A submission whose outcome stays unknown is held where the operator was told so: at an API at which
every job costs, a second POST on a guess is worse than a sweep that waits. What ends the hold is a
callback that names the job, the deadline, or a human who has looked at the API.
"""

from dataclasses import replace

from tradingsweep.contract import is_identifier
from tradingsweep.domain.changes import Announcement, Change
from tradingsweep.domain.facts import Facts, Submission
from tradingsweep.domain.outcomes import accepted, replaced
from tradingsweep.domain.phases import TERMINAL
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

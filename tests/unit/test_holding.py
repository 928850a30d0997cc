"""A sweep that waits for a human: what holds it, and what ends that."""

from datetime import timedelta

import pytest

from tests.support.said import JOB, completed
from tests.support.situations import KEY, NOON, A
from tradingsweep.domain.actions import Record, Rest
from tradingsweep.domain.changes import Change
from tradingsweep.domain.decide import decide
from tradingsweep.domain.holding import found_at_the_api, never_submitted
from tradingsweep.domain.phases import Event, Phase
from tradingsweep.domain.projection import project
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.errors import CommandRefused


def waits(**spec: int) -> A:
    """An outcome that stayed unknown, at an operator that was told to hold such."""
    return A.sweep(**spec).unknown(ago=901).with_policy(holds_unknown=True)


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record), action
    return action.change


def test_an_outcome_that_stays_unknown_is_held_and_not_sent_again() -> None:
    """The slot is given up, the phase stays, and the words name the command."""
    change = recorded(waits())

    assert (Reason.OUTCOME_UNKNOWN, None, False) == (change.holds, change.event, change.reopens)
    assert (KEY,) == change.releases
    assert "tradingsweep resolve desk-a/btc-sma" in change.message


def test_nothing_is_held_while_a_callback_may_still_come() -> None:
    """The wait is the same as without a hold."""
    situation = A.sweep().unknown(ago=10).with_policy(holds_unknown=True)

    assert Rest(NOON + timedelta(seconds=890)) == decide(situation.facts)


def test_a_held_sweep_rests_until_its_deadline() -> None:
    """It is held once: the next look writes nothing."""
    situation = waits().held()

    assert Rest(situation.facts.view.submissions[0].deadline_at) == decide(situation.facts)


def test_a_held_sweep_shows_why_and_since_when() -> None:
    """Stalled since it is held; not ready since it was queued."""
    status = project(waits().held().facts)

    assert status is not None
    since = {c.type: c.last_transition_time for c in status.conditions}
    assert NOON - timedelta(minutes=1) == since["Stalled"]
    assert {Reason.OUTCOME_UNKNOWN.value} == {c.reason for c in status.conditions}
    assert (Phase.SUBMITTED, "look") == (status.phase, status.conditions[0].message)


def test_a_callback_that_names_the_job_ends_the_hold() -> None:
    """Its token is this submission's: nobody else can have sent it."""
    change = recorded(waits().held().called_back(completed()))

    assert (Event.ACCEPTED, [State.ACCEPTED]) == (change.event, [m.to for m in change.moves])


def test_the_deadline_ends_the_hold() -> None:
    """Held for ever would be lost: the run fails with the same reason."""
    change = recorded(waits().held().past_its_deadline())

    assert (Event.GAVE_UP, Reason.OUTCOME_UNKNOWN) == (change.event, change.reason)
    assert [State.TIMED_OUT] == [move.to for move in change.moves]


def test_an_operator_that_holds_no_more_submits_what_it_held() -> None:
    """The setting is read at each look: a sweep is not held by what was said once."""
    assert recorded(waits().held().with_policy(holds_unknown=False)).reopens


def test_a_human_names_the_job() -> None:
    """A fact like one from the API, and the operator is woken."""
    change = found_at_the_api(waits().held().facts, JOB)

    assert (Event.ACCEPTED, True) == (change.event, change.wakes)
    assert [(KEY, JOB, "human")] == [(f.key, f.job_id, f.source) for f in change.learned]


def test_a_human_vouches_that_there_is_no_job() -> None:
    """The next submission need not wait, and the last one holds no slot."""
    change = never_submitted(waits().held().facts)

    assert (Event.NEXT_ATTEMPT, True, (KEY,)) == (change.event, change.reopens, change.releases)
    assert [State.REPLACED] == [move.to for move in change.moves]


def test_a_human_may_know_before_the_wait_is_over() -> None:
    """Whoever has looked need not wait for a quarter of an hour."""
    assert never_submitted(A.sweep().unknown(ago=10).facts).reopens


@pytest.mark.parametrize(
    ("situation", "says"),
    [
        (A.new_sweep(), "does not know"),
        (A.sweep(), "waits in the queue"),
        (A.sweep().put_back(), "waits in the queue"),
        (A.sweep().intended(), "on its way"),
        (A.sweep().accepted(), f"has its job: {JOB}"),
        (A.sweep().ended(), "has ended: Completed"),
    ],
    ids=["unknown to us", "queued", "put back", "on its way", "accepted", "ended"],
)
def test_a_word_about_an_outcome_that_is_known_is_refused(situation: A, says: str) -> None:
    """It is said what is known instead."""
    with pytest.raises(CommandRefused, match=says):
        never_submitted(situation.facts)
    with pytest.raises(CommandRefused, match=says):
        found_at_the_api(situation.facts, JOB)


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "x" * 129])
def test_what_cannot_be_a_job_id_is_refused(job_id: str) -> None:
    """It would stand in the path of a request."""
    with pytest.raises(CommandRefused, match="--job-id"):
        found_at_the_api(waits().held().facts, job_id)

"""What is done next, rule by rule: facts in, action out."""

from datetime import timedelta

import pytest

from tests.support.said import JOB, completed
from tests.support.situations import EPOCH, NOON, A
from tradingsweep.domain.actions import (
    AwaitSlot,
    Collect,
    Follow,
    LastQuestion,
    Record,
    Rest,
    Submit,
)
from tradingsweep.domain.answers import Broken, NoSuchJob, Progress
from tradingsweep.domain.changes import Change
from tradingsweep.domain.decide import RULES, decide
from tradingsweep.domain.phases import Event, Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record), action
    return action.change


def test_a_new_object_opens_its_first_run() -> None:
    """The ledger knows a sweep before anything is done about it."""
    change = recorded(A.new_sweep())

    assert change.opens is not None
    assert (Event.NEW_RUN, 1, 9, 8) == (
        change.event,
        change.opens.run_no,
        change.opens.requested,
        change.opens.combinations,
    )


def test_a_waiting_sweep_awaits_its_slot() -> None:
    """Admission chooses; the sweep itself does nothing."""
    assert AwaitSlot() == decide(A.sweep().facts)


def test_a_waiting_sweep_looks_again_when_its_back_off_ends() -> None:
    """A sweep that was put back is not forgotten."""
    later = NOON + timedelta(seconds=30)

    assert AwaitSlot(later) == decide(A.sweep().put_back().with_run(next_at=later).facts)


def test_a_sweep_that_was_put_back_looks_again_at_its_deadline() -> None:
    """An API that stays away cannot keep a sweep waiting for ever."""
    situation = A.sweep().put_back().facts
    assert situation.view.run is not None

    assert AwaitSlot(situation.view.run.deadline_at) == decide(situation)


def test_a_sweep_that_is_too_large_fails_before_it_takes_a_slot() -> None:
    """The message says how many pairs there are and what to do."""
    change = recorded(A.sweep().with_policy(max_combinations=7))

    assert (Event.GAVE_UP, Reason.TOO_MANY_COMBINATIONS) == (change.event, change.reason)
    assert "8 pairs" in change.message
    assert "allows 7" in change.message


def test_an_intent_of_ours_is_sent_within_its_window() -> None:
    """Who admitted it sends it, once."""
    action = decide(A.sweep().intended(ago=1).facts)

    assert isinstance(action, Submit)
    assert action.first


@pytest.mark.parametrize(
    "situation",
    [
        A.sweep().intended(ago=6),
        A.sweep().intended(ago=1, posted=True),
        A.sweep().intended(ago=1, by=EPOCH - 1),
    ],
    ids=["after its window", "already begun by this process", "of an earlier process"],
)
def test_an_intent_that_may_have_left_is_not_sent_blindly(situation: A) -> None:
    """Against an API without keys its fate is waited for."""
    action = decide(situation.facts)

    assert isinstance(action, Rest)


@pytest.mark.parametrize(
    "situation",
    [
        A.sweep().intended(ago=6),
        A.sweep().intended(ago=1, posted=True),
        A.sweep().intended(ago=1, by=EPOCH - 1),
        A.sweep().unknown(),
    ],
    ids=["after its window", "already begun", "of an earlier process", "outcome unknown"],
)
def test_an_api_with_keys_is_asked_by_the_same_key(situation: A) -> None:
    """The same bytes again are a look-up, not a second job."""
    action = decide(situation.at_an_api_with_keys().facts)

    assert isinstance(action, Submit)
    assert not action.first


def test_a_look_up_waits_for_its_back_off() -> None:
    """An API in trouble is not asked in a tight loop."""
    later = NOON + timedelta(seconds=3)
    situation = A.sweep().unknown().at_an_api_with_keys().with_run(next_at=later)

    assert Rest(later) == decide(situation.facts)


def test_an_old_key_is_not_trusted() -> None:
    """After a day the API counts as one that keeps no keys."""
    situation = A.sweep(activeDeadlineSeconds=604800).unknown(ago=25 * 3600, wait=26 * 3600)
    situation = situation.with_run(deadline_at=NOON + timedelta(days=6))

    assert isinstance(decide(situation.at_an_api_with_keys().facts), Rest)


def test_an_answer_that_will_not_change_is_not_asked_for_for_ever() -> None:
    """Three times the same stored 5xx, or a refused key: the API counts as one without keys."""
    situation = A.sweep().unknown(ago=60).at_an_api_with_keys()

    assert isinstance(decide(situation.looked_up_in_vain(2).facts), Submit)
    assert Rest(NOON + timedelta(seconds=840)) == decide(situation.looked_up_in_vain(3).facts)


def test_an_intent_that_nobody_sent_or_recorded_becomes_unknown() -> None:
    """After window, timeout and grace: 5 + 30 + 30 seconds."""
    assert Rest(NOON + timedelta(seconds=1)) == decide(A.sweep().intended(ago=64, by=1).facts)

    change = recorded(A.sweep().intended(ago=66, by=1))

    assert (Event.OUTCOME_UNKNOWN, Reason.OUTCOME_UNKNOWN) == (change.event, change.reason)


@pytest.mark.parametrize(
    "situation", [A.sweep().intended(ago=1).named(JOB), A.sweep().unknown().named(JOB)]
)
def test_a_job_id_that_was_appended_settles_the_outcome(situation: A) -> None:
    """The fact was kept although the decision about it was lost."""
    change = recorded(situation)

    assert [State.ACCEPTED] == [move.to for move in change.moves]


def test_an_unknown_outcome_waits_for_its_callback() -> None:
    """Nothing is sent again while a callback may still name the job."""
    assert Rest(NOON + timedelta(seconds=890)) == decide(A.sweep().unknown(ago=10).facts)


def test_an_unknown_outcome_is_replaced_when_the_wait_is_over() -> None:
    """The run is submitted anew, through the queue."""
    change = recorded(A.sweep().unknown(ago=901))

    assert (Event.NEXT_ATTEMPT, True) == (change.event, change.reopens)
    assert [State.REPLACED] == [move.to for move in change.moves]


def test_an_unknown_outcome_is_not_replaced_before_the_api_has_said_whether_it_keeps_keys() -> None:
    """If it does, a look-up finds the job; after a restart nobody knows yet."""
    situation = A.sweep().unknown(ago=901).with_policy(has_met_api=False)

    assert Rest(NOON + timedelta(seconds=5)) == decide(situation.facts)


def test_an_unknown_outcome_fails_at_the_deadline() -> None:
    """After the deadline no new attempt begins."""
    change = recorded(A.sweep().unknown(ago=901).past_its_deadline())

    assert (Event.GAVE_UP, Reason.OUTCOME_UNKNOWN) == (change.event, change.reason)


def test_an_accepted_job_is_followed_until_its_deadline() -> None:
    """The stream is asked while the callback is awaited."""
    action = decide(A.sweep().accepted(ago=0).facts)

    assert isinstance(action, Follow)
    assert NOON + timedelta(hours=1) == action.until


def test_progress_makes_a_sweep_running() -> None:
    """The first progress is a transition."""
    change = recorded(A.sweep().accepted().heard(Progress(10.0)))

    assert Event.STARTED is change.event


def test_more_progress_is_no_decision() -> None:
    """Percentages live in the status, not in the ledger."""
    assert isinstance(decide(A.sweep().running().heard(Progress(50.0)).facts), Follow)


def test_a_stream_that_says_done_leads_to_the_results() -> None:
    """A lost callback loses nothing."""
    action = decide(A.sweep().accepted().done().facts)

    assert isinstance(action, Collect)
    assert "run_abc123" == action.sweep_run_id


def test_a_streams_error_is_asked_again() -> None:
    """The stream itself may have failed, not the job."""
    action = decide(A.sweep().accepted().heard(Broken("gone away", confirmed=False)).facts)

    assert isinstance(action, Follow)


def test_a_confirmed_failure_ends_the_run() -> None:
    """With the API's own words."""
    change = recorded(A.sweep().accepted().heard(Broken("no prices", confirmed=True)))

    assert (Reason.JOB_FAILED, "no prices") == (change.reason, change.message)


def test_a_job_that_the_api_does_not_know_is_lost() -> None:
    """404 for an accepted job."""
    assert Reason.JOB_LOST is recorded(A.sweep().accepted().heard(NoSuchJob())).reason


def test_the_deadline_asks_a_last_question() -> None:
    """A job that may have ended meanwhile is not failed unasked."""
    assert isinstance(decide(A.sweep().accepted().past_its_deadline().facts), LastQuestion)


def test_a_callback_goes_before_the_deadline() -> None:
    """What was heard counts, however late it is looked at."""
    situation = A.sweep().accepted().past_its_deadline().called_back(completed())

    assert isinstance(decide(situation.facts), Collect)


def test_the_deadline_of_a_sweep_that_could_not_be_sent_fails_it() -> None:
    """An API that was away for the whole time."""
    change = recorded(A.sweep().put_back().past_its_deadline())

    assert (Event.GAVE_UP, Reason.DEADLINE_EXCEEDED) == (change.event, change.reason)


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.FAILED])
def test_an_ended_run_is_left_alone(phase: Phase) -> None:
    """Terminal and unchanged: nothing to do."""
    assert Rest() == decide(A.sweep().ended(phase).facts)


def test_rows_of_another_cluster_are_left_alone() -> None:
    """Two operators on one ledger do not touch each other's sweeps."""
    assert Rest() == decide(A.new_sweep().with_view(foreign=True).facts)


def test_the_last_rule_always_speaks() -> None:
    """There is no situation without a decision."""
    assert RULES[-1](A.sweep().facts) is not None

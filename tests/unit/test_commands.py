"""Holding a sweep, running it again, cancelling it: what people ask for beside the question."""

from dataclasses import replace

import pytest

from tests.support.said import completed
from tests.support.situations import EPOCH, A
from tradingsweep.domain.actions import Collect, Follow, Record, Rest, Submit
from tradingsweep.domain.changes import Answered, Change
from tradingsweep.domain.decide import decide
from tradingsweep.domain.phases import Event, Phase
from tradingsweep.domain.projection import project
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State

NOW = "2026-03-02T12:00:00Z"


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record), action
    return action.change


def conditions(situation: A) -> dict[str, tuple[str, str]]:
    """Return what the status would say."""
    status = project(situation.facts)
    assert status is not None
    return {c.type: (c.status, c.reason) for c in status.conditions}


def test_a_suspended_sweep_waits_and_asks_for_no_slot() -> None:
    """It is not even looked at again until something changes."""
    assert Rest() == decide(A.sweep().suspended().facts)


def test_a_suspended_sweep_that_was_put_back_is_held_without_a_submission() -> None:
    """Resume opens a new attempt, with a new deadline."""
    change = recorded(A.sweep().put_back().suspended())

    assert [(State.CANCELLED, False)] == [(m.to, m.cancel) for m in change.moves]
    assert change.run is not None
    assert change.run.restarts_deadline


def test_an_intent_that_was_not_sent_goes_back_in_line() -> None:
    """No byte of it has left: nothing lingers at the API."""
    change = recorded(A.sweep().intended().suspended())

    assert [State.READY] == [m.to for m in change.moves]


@pytest.mark.parametrize(
    "situation",
    [
        A.sweep().intended(by=EPOCH - 1),
        A.sweep().intended(posted=True),
        A.sweep().unknown(),
    ],
)
def test_an_outcome_that_is_not_known_is_cleared_up_first(situation: A) -> None:
    """A job that may exist cannot be held."""
    keys = situation.suspended().at_an_api_with_keys()

    assert isinstance(decide(keys.facts), Submit)


def test_a_running_job_is_cancelled_and_waits_again() -> None:
    """Which is no failure."""
    change = recorded(A.sweep().running().with_policy(can_cancel=True).suspended())

    assert (Event.NEXT_ATTEMPT, Reason.SUSPENDED) == (change.event, change.reason)
    assert [(State.CANCELLED, True)] == [(m.to, m.cancel) for m in change.moves]
    assert change.run is not None
    assert (None, True) == (change.run.failed_attempts, change.run.restarts_deadline)


def test_a_job_that_cannot_be_cancelled_goes_on() -> None:
    """Its results are taken; a condition says why it is not held."""
    situation = A.sweep().running().suspended()

    assert isinstance(decide(situation.facts), Follow)
    assert ("False", "CannotCancel") == conditions(situation)["Suspended"]
    assert ("True", "Running") == conditions(situation)["Reconciling"]


def test_results_of_a_suspended_sweep_are_taken() -> None:
    """What has ended has ended."""
    situation = A.sweep().accepted().with_policy(can_cancel=True).suspended()

    assert isinstance(decide(situation.called_back(completed()).facts), Collect)


def test_a_held_sweep_is_neither_in_progress_nor_failed() -> None:
    """Its conditions are what kstatus reads as Current and Argo CD as Suspended."""
    held = conditions(A.sweep().suspended())

    assert {
        "Suspended": ("True", "Suspended"),
        "Complete": ("False", "Suspended"),
        "Failed": ("False", "Suspended"),
    } == held


def test_a_command_to_run_again_opens_another_run_of_the_same_question() -> None:
    """Without an edit of the spec, so that Git is not asked to hold it."""
    change = recorded(A.sweep().ended().asked_to(run_requested=NOW))

    assert change.opens is not None
    assert (Event.NEW_RUN, 2) == (change.event, change.opens.run_no)
    assert Answered(run_request=NOW) == change.answered


def test_a_command_to_run_again_changes_nothing_while_the_question_is_open() -> None:
    """It is answered all the same, so that it is not repeated later."""
    change = recorded(A.sweep().accepted().asked_to(run_requested=NOW))

    assert (None, Answered(run_request=NOW)) == (change.opens, change.answered)


@pytest.mark.parametrize(
    "situation", [A.sweep(), A.sweep().intended(), A.sweep().unknown(), A.sweep().running()]
)
def test_a_command_to_cancel_ends_the_run(situation: A) -> None:
    """Failed, with the reason Cancelled; the job at the API is cancelled too."""
    change = recorded(situation.asked_to(cancel_requested=NOW))

    assert (Event.GAVE_UP, Reason.CANCELLED) == (change.event, change.reason)
    assert all(move.cancel for move in change.moves)
    assert Answered(cancel_request=NOW) == change.answered


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.FAILED])
def test_a_command_to_cancel_what_has_ended_is_only_answered(phase: Phase) -> None:
    """The end of a run is final."""
    change = recorded(A.sweep().ended(phase).asked_to(cancel_requested=NOW))

    assert (None, Answered(cancel_request=NOW)) == (change.event, change.answered)


def test_a_command_that_was_answered_is_not_repeated() -> None:
    """The annotation stays in the object for ever."""
    done = A.sweep().ended()
    sweep = done.facts.view.sweep
    assert sweep is not None
    answered = done.with_view(sweep=replace(sweep, run_request=NOW, cancel_request=NOW))

    again = answered.asked_to(run_requested=NOW, cancel_requested=NOW)

    assert Rest() == decide(again.facts)
    status = project(again.facts)
    assert status is not None
    assert (NOW, NOW) == (status.last_handled_run_request, status.last_handled_cancel_request)

"""What is used again, and what is let go after its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.situations import NOON, A
from tradingsweep.domain.actions import Record, Rest
from tradingsweep.domain.changes import Change, Deletion
from tradingsweep.domain.decide import decide
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record), action
    return action.change


def test_young_results_of_the_same_question_are_used_again() -> None:
    """The message names the source and its age."""
    change = recorded(A.new_sweep(maxResultAgeSeconds=3600).answered_before(ago=600))

    assert change.reuses is not None
    assert (Event.NEW_RUN, Reason.REUSED) == (change.event, change.reason)
    assert "run 3 of other, completed 10 minutes before" in change.message


@pytest.mark.parametrize(
    "situation",
    [
        A.new_sweep(maxResultAgeSeconds=3600).answered_before(ago=3600),
        A.new_sweep().answered_before(ago=0),
        A.new_sweep(maxResultAgeSeconds=3600),
    ],
    ids=["too old", "not asked for", "none there"],
)
def test_otherwise_the_sweep_runs(situation: A) -> None:
    """By default every sweep is run."""
    change = recorded(situation)

    assert (None, Reason.WAITING) == (change.reuses, change.reason)


def test_an_object_that_comes_back_after_its_time_takes_its_old_results() -> None:
    """Deletion by us and self-heal by its owner make no loop."""
    change = recorded(A.new_sweep().answered_before(ago=9e6, came_back=True))

    assert change.reuses is not None


def test_an_edit_in_the_queue_can_be_answered_at_once() -> None:
    """The waiting run is superseded by one that is complete."""
    edited = A.sweep().edited(step=2, maxResultAgeSeconds=60).answered_before(ago=30)

    change = recorded(edited)

    assert change.reuses is not None
    assert (None, 2) == (change.rewrites, change.opens.run_no if change.opens else 0)


def test_a_command_to_run_again_is_never_answered_with_old_results() -> None:
    """Whoever asks for it wants it run."""
    asked = A.sweep(maxResultAgeSeconds=3600).ended().answered_before(ago=1)

    change = recorded(asked.asked_to(run_requested="2026-03-02T12:00:00Z"))

    assert (None, Event.NEW_RUN) == (change.reuses, change.event)


def test_a_finished_sweep_is_deleted_when_its_time_is_over() -> None:
    """Through the outbox: a crash forgets nothing."""
    ended = A.sweep(ttlSecondsAfterFinished=60).ended()
    finished = ended.with_run(completed_at=NOON - timedelta(seconds=60))

    assert Deletion.TTL is recorded(finished).deletes


def test_a_finished_sweep_waits_for_its_time() -> None:
    """It is looked at again at that moment."""
    ended = A.sweep(ttlSecondsAfterFinished=60).ended()

    assert Rest(NOON + timedelta(seconds=60)) == decide(ended.facts)


@pytest.mark.parametrize("mark", ["its controller", "argocd.argoproj.io/tracking-id"])
def test_what_somebody_else_owns_is_never_deleted(mark: str) -> None:
    """Its owner would bring it back, and it would run again."""
    ended = A.sweep(ttlSecondsAfterFinished=0).ended().owned_by(mark)

    assert Rest() == decide(ended.facts)


@pytest.mark.parametrize("told", [{"spared": True}, {"deletion_asked_at": NOON}])
def test_a_sweep_is_deleted_once(told: dict[str, object]) -> None:
    """Not again after it came back, and not twice at a time."""
    ended = A.sweep(ttlSecondsAfterFinished=0).ended()
    sweep = ended.facts.view.sweep
    assert sweep is not None

    again = ended.with_view(sweep=replace(sweep, **told))  # type: ignore[arg-type]

    assert Rest() == decide(again.facts)


def test_without_a_time_nothing_is_deleted() -> None:
    """What a person applied stays."""
    ended = A.sweep().ended().with_run(completed_at=NOON - timedelta(days=999))

    assert Rest() == decide(ended.facts)


def test_what_a_program_made_goes_when_the_history_is_full() -> None:
    """It needs no time of its own."""
    ended = A.sweep().ended().made_by("gateway").beyond_the_history()

    assert Deletion.HISTORY is recorded(ended).deletes


@pytest.mark.parametrize(
    "situation",
    [
        A.sweep().ended().beyond_the_history(),
        A.sweep().ended().made_by("gateway"),
        A.sweep().ended().made_by("gateway").beyond_the_history().owned_by("its controller"),
        A.sweep().ended().made_by("gateway").owned_by("helm.toolkit.fluxcd.io/name"),
    ],
    ids=["applied by a person", "among those kept", "has a controller", "a release's"],
)
def test_a_full_history_takes_nothing_else(situation: A) -> None:
    """What a person or Git applied, and what somebody would bring back, stays."""
    assert Rest() == decide(situation.facts)


def test_a_sweep_beyond_the_history_that_runs_again_is_not_deleted() -> None:
    """Only what has ended is let go: a look that is out of date costs nothing."""
    running = A.sweep().running().made_by("gateway").beyond_the_history()

    assert not isinstance(decide(running.facts), Record)


def test_what_came_back_after_the_history_let_it_go_stays() -> None:
    """It took its old results, and is not deleted again."""
    ended = A.sweep().ended().made_by("plugin").beyond_the_history()
    sweep = ended.facts.view.sweep
    assert sweep is not None

    assert Rest() == decide(ended.with_view(sweep=replace(sweep, spared=True)).facts)

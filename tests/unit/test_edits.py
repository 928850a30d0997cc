"""Edits and deletions: when another run begins, and what becomes of the one that was there."""

from dataclasses import replace

import pytest

from tests.support.said import JOB, completed
from tests.support.situations import KEY, A
from tradingsweep.domain.actions import AwaitSlot, AwaitUpgrade, Collect, Record, Rest
from tradingsweep.domain.changes import Change, InboxMark, InboxOutcome, Learned
from tradingsweep.domain.decide import decide
from tradingsweep.domain.phases import Event, Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record), action
    return action.change


@pytest.mark.parametrize("situation", [A.sweep(), A.sweep().put_back()], ids=["new", "put back"])
def test_an_edit_in_the_queue_rewrites_the_run_in_place(situation: A) -> None:
    """Nothing of it is at the API: it keeps its number and its place."""
    change = recorded(situation.edited(step=2))

    assert change.rewrites is not None
    assert (None, 1) == (change.event, change.rewrites.run_no)
    assert all(not move.cancel for move in change.moves)


@pytest.mark.parametrize(
    "situation",
    [A.sweep().intended(), A.sweep().unknown(), A.sweep().accepted(), A.sweep().running()],
    ids=["intent", "unknown", "accepted", "running"],
)
def test_an_edit_in_flight_supersedes_the_run(situation: A) -> None:
    """The old job is cancelled, and the new question queues."""
    change = recorded(situation.edited(step=2))

    assert change.opens is not None
    assert (Event.NEW_RUN, 2) == (change.event, change.opens.run_no)
    assert [(State.CANCELLED, True)] == [(m.to, m.cancel) for m in change.moves]


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.FAILED])
def test_an_edit_of_a_finished_sweep_runs_it_again(phase: Phase) -> None:
    """Another question asks for another run."""
    change = recorded(A.sweep().ended(phase).edited(runID="again"))

    assert change.opens is not None
    assert 2 == change.opens.run_no


@pytest.mark.parametrize("edit", [{"priority": 5}, {"topResults": 10}, {"minTrades": 50}])
def test_an_edit_that_asks_the_same_question_runs_nothing(edit: dict[str, int]) -> None:
    """Only what changes a result makes another run; the generation is taken note of."""
    change = recorded(A.sweep().ended().edited(**edit))

    assert (None, None) == (change.event, change.opens)
    assert change.seen is not None
    assert 2 == change.seen.generation


def test_an_object_older_than_the_ledger_knows_it_opens_nothing() -> None:
    """It is not an edit (W5), but a restored object: the look has asked the API server itself."""
    situation = A.sweep().ended()
    sweep = situation.facts.view.sweep
    assert sweep is not None
    stale = situation.with_view(sweep=replace(sweep, generation_seen=2, spec_hash="another"))

    change = recorded(stale)
    assert (None, Reason.OBJECT_RESTORED) == (change.opens, change.holds)


@pytest.mark.parametrize(
    "situation",
    [A.sweep().accepted().deleted(), A.sweep().accepted().being_deleted()],
    ids=["gone", "being deleted"],
)
def test_deletion_in_flight_cancels_the_job(situation: A) -> None:
    """A deleted sweep costs nothing more."""
    change = recorded(situation)

    assert (True, Reason.DELETED) == (change.object_gone, change.reason)
    assert [(State.CANCELLED, True)] == [(m.to, m.cancel) for m in change.moves]


def test_deletion_of_what_was_never_recorded_is_nothing() -> None:
    """Created and deleted between two looks."""
    assert Rest() == decide(A.new_sweep().being_deleted().facts)


def test_a_callback_after_deletion_is_late_and_names_its_job() -> None:
    """Its job id is kept, and its slot is free: the job has ended."""
    gone = A.sweep().accepted().in_state(State.CANCELLED).deleted().called_back(completed())
    sweep = gone.facts.view.sweep
    assert sweep is not None
    marked = gone.with_view(sweep=replace(sweep, object_gone_at=gone.facts.now))

    change = recorded(marked)

    assert (InboxMark(1, InboxOutcome.LATE),) == change.inbox
    assert (Learned(KEY, JOB, "callback"),) == change.learned
    assert (KEY,) == change.releases


@pytest.mark.parametrize(
    "situation",
    [A.new_sweep(), A.sweep().accepted().ended().edited(step=2), A.sweep().ended().edited()],
    ids=["new", "another question", "the same question"],
)
def test_a_spec_that_is_beyond_us_is_left_to_our_successor(situation: A) -> None:
    """Were it noted as seen, nobody would ever ask what it asks."""
    assert isinstance(decide(situation.facts), Record), "without that member it is taken"

    action = decide(situation.beyond_us().facts)

    assert isinstance(action, AwaitUpgrade), action
    assert ("fees",) == action.members
    assert action.until > situation.facts.now


def test_an_edit_that_is_beyond_us_leaves_the_open_run_alone() -> None:
    """It is of the generation before: it waits for its slot, and its news is taken."""
    waiting, done = A.sweep().edited(step=2), A.sweep().accepted().done().edited(step=2)

    assert isinstance(decide(waiting.beyond_us().facts), AwaitSlot)
    assert isinstance(decide(done.beyond_us().facts), Collect)


def test_a_finished_sweep_that_is_beyond_us_is_not_run_again_on_request() -> None:
    """The question is not the one that this program could read."""
    asked = A.sweep().ended().asked_to(run_requested="2026-11-27T03:00:00Z")

    assert recorded(asked).opens is not None
    assert Rest() == decide(asked.beyond_us().facts)

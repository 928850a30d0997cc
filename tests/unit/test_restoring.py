"""After a restore of either side: what is noticed, and that nothing is sent or cancelled."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.said import JOB, completed
from tests.support.situations import NOON, A
from tradingsweep.domain.actions import Record, Rest
from tradingsweep.domain.changes import Change, Restored
from tradingsweep.domain.decide import decide
from tradingsweep.domain.holding import released
from tradingsweep.domain.pace import difference
from tradingsweep.domain.phases import Event, Phase
from tradingsweep.domain.projection import project
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.errors import CommandRefused

LATER = 40
"""The version of a record that the ledger has lost."""


def status_of(situation: A, **changes: Any) -> dict[str, Any]:
    """Return the status that a situation shows, as the API server has it."""
    status = project(situation.facts)
    assert status is not None
    # An empty list is never written: a merge patch leaves it out.
    return {name: value for name, value in status.to_wire().items() if value != []} | changes


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record), action
    return action.change


def rebuilt(situation: A) -> Restored:
    """Return what is put back into the ledger, or fail."""
    restored = recorded(situation).restores
    assert restored is not None
    return restored


RUNNING = status_of(A.sweep().running(), recordVersion=LATER)
UNKNOWN = status_of(A.sweep().unknown(), recordVersion=LATER)
COMPLETED = status_of(A.sweep().ended(), recordVersion=LATER)
FAILED = status_of(A.sweep().ended(Phase.FAILED, Reason.JOB_FAILED), recordVersion=LATER)
WAITING = status_of(A.sweep(), recordVersion=LATER)


@pytest.mark.parametrize("ledger", [A.new_sweep(), A.sweep()], ids=["no row", "an older row"])
@pytest.mark.parametrize("shown", [RUNNING, UNKNOWN, WAITING], ids=["running", "unknown", "queued"])
def test_a_status_ahead_of_its_ledger_is_held(ledger: A, shown: dict[str, Any]) -> None:
    """What the lost ledger sent is not known: nothing is sent, moved or cancelled."""
    change = recorded(ledger.with_status(**shown))

    assert (Reason.LEDGER_ROLLED_BACK, None, ()) == (change.holds, change.event, change.moves)
    assert LATER == rebuilt(ledger.with_status(**shown)).version


def test_the_job_of_a_status_is_put_back_as_a_fact() -> None:
    """With the attempt that it was for, whose key is a function of what the status shows."""
    known = rebuilt(A.new_sweep().with_status(**RUNNING))

    assert (Phase.RUNNING, 1, State.ACCEPTED, JOB) == (
        known.phase,
        known.attempt,
        known.state,
        known.job_id,
    )
    assert {"ticker": "BTC-USD"}.items() <= known.run.parameters.items()


def test_an_attempt_without_a_job_is_put_back_as_unknown() -> None:
    """A callback may still name it."""
    known = rebuilt(A.new_sweep().with_status(**UNKNOWN))

    assert (State.UNKNOWN, None) == (known.state, known.job_id)
    assert known.unknown_until is not None
    assert known.unknown_until > NOON


@pytest.mark.parametrize(("shown", "state"), [(COMPLETED, State.COMPLETED), (FAILED, State.FAILED)])
def test_what_ended_in_a_lost_ledger_is_adopted_and_not_run_again(
    shown: dict[str, Any], state: State
) -> None:
    """A new database in place of the old: a finished sweep stays finished, without a hold."""
    situation = A.new_sweep().with_status(**shown)

    assert recorded(situation).holds is None
    assert state is rebuilt(situation).state


def test_what_ended_and_was_edited_since_is_held() -> None:
    """It asks something that the status does not answer."""
    edited = A.new_sweep().edited(minTrades=77).with_status(**COMPLETED)

    assert Reason.LEDGER_ROLLED_BACK is recorded(edited).holds
    assert {} == rebuilt(edited).run.parameters


def test_an_end_that_the_ledger_has_not_seen_is_held() -> None:
    """It has a row of an earlier moment: a human looks at what its job came to."""
    change = recorded(A.sweep().accepted().with_status(**COMPLETED))

    assert Reason.LEDGER_ROLLED_BACK is change.holds
    assert change.restores is not None
    assert Phase.COMPLETED is change.restores.phase


def test_another_ledgers_status_is_held() -> None:
    """The same version of another database says nothing about this one."""
    shown = status_of(A.sweep().running(), ledgerID="another", recordVersion=1)

    assert Reason.LEDGER_ROLLED_BACK is recorded(A.sweep().with_status(**shown)).holds


def test_a_status_that_was_taken_over_is_not_taken_over_again() -> None:
    """Between the decision and its patch the object still shows the other ledger."""
    situation = A.sweep().ended().with_status(**{**COMPLETED, "ledgerID": "other"})
    sweep = situation.facts.view.sweep
    assert sweep is not None
    taken = situation.with_view(sweep=replace(sweep, version=LATER + 1, adopted_from="other"))

    assert Rest() == decide(taken.facts)


@pytest.mark.parametrize("shown", [{}, {"phase": "Queued", "observedGeneration": -1}])
def test_an_object_that_was_never_shown_is_new(shown: dict[str, Any]) -> None:
    """The API server's own default is no status of a lost ledger."""
    assert recorded(A.new_sweep().with_status(**shown)).opens is not None


@pytest.mark.parametrize("hold", [Reason.LEDGER_ROLLED_BACK, Reason.OBJECT_RESTORED])
@pytest.mark.parametrize(
    "situation",
    [
        A.sweep(),
        A.sweep().intended(ago=1),
        A.sweep().unknown(ago=901),
        A.sweep().accepted().called_back(completed()),
        A.sweep().accepted().done(),
        A.sweep().accepted().past_its_deadline(),
        A.sweep().accepted().edited(minTrades=77),
        A.sweep(suspend=True).accepted().suspended(),
        A.sweep().accepted().asked_to(cancel_requested="2026-01-01T00:00:00Z"),
        A.sweep().ended().asked_to(run_requested="2026-01-01T00:00:00Z"),
    ],
    ids=[
        "queued",
        "intended",
        "unknown",
        "called back",
        "done",
        "late",
        "edited",
        "suspended",
        "to be cancelled",
        "to be run",
    ],
)
def test_nothing_happens_to_what_a_restore_holds(situation: A, hold: Reason) -> None:
    """A human's turn, whatever else is to be done."""
    assert Rest() == decide(situation.held(hold).facts)


def test_a_deletion_goes_before_a_hold() -> None:
    """Whoever deletes it has decided: its job is cancelled."""
    change = recorded(A.sweep().accepted().held(Reason.LEDGER_ROLLED_BACK).deleted())

    assert change.object_gone
    assert [True] == [move.cancel for move in change.moves]


def test_an_object_older_than_its_row_is_held() -> None:
    """An etcd of yesterday asks yesterday's question."""
    situation = A.sweep().accepted()
    sweep = situation.facts.view.sweep
    assert sweep is not None
    older = situation.with_view(sweep=replace(sweep, generation_seen=2))

    assert (Reason.OBJECT_RESTORED, ()) == (recorded(older).holds, recorded(older).moves)


def test_an_object_that_was_deleted_and_is_there_again_is_held() -> None:
    """The same uid: it was not made anew."""
    situation = A.sweep().ended()
    sweep = situation.facts.view.sweep
    assert sweep is not None

    back = situation.with_view(sweep=replace(sweep, object_gone_at=NOON))

    assert Reason.OBJECT_RESTORED is recorded(back).holds
    assert Rest() == decide(back.being_deleted().facts)


@pytest.mark.parametrize("shown", [RUNNING, COMPLETED, WAITING], ids=lambda s: s["phase"])
def test_a_held_status_stays_as_it_was_shown_but_for_its_conditions(shown: dict[str, Any]) -> None:
    """No status is lowered by a ledger that knows less."""
    held = A.sweep().held(Reason.LEDGER_ROLLED_BACK).with_status(**shown)
    status = project(held.facts)
    assert status is not None

    changed = difference(shown, status).keys()

    assert {"conditions", "recordVersion"} == changed
    assert {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "False"} == {
        c.type: c.status for c in status.conditions
    }
    assert "tradingsweep release desk-a/btc-sma" in status.conditions[0].message


def test_an_adopted_sweep_shows_the_results_that_its_status_has() -> None:
    """The rows are lost with their ledger; what was shown stays shown."""
    adopted = A.sweep().ended().with_view(top=(), last_completed=None).with_run(adopted=True)
    status = project(adopted.with_status(**COMPLETED).facts)

    assert status is not None
    assert COMPLETED["best"] == status.to_wire()["best"]
    assert COMPLETED["topResults"] == status.to_wire()["topResults"]


def test_a_release_lets_a_sweep_go_on_without_an_event() -> None:
    """What the ledger was rebuilt to is where it goes on."""
    change = released(A.sweep().accepted().held(Reason.LEDGER_ROLLED_BACK).facts)

    assert (True, True, None, ()) == (change.frees, change.wakes, change.event, change.moves)


def test_a_release_accepts_an_object_that_is_back() -> None:
    """Its run was cancelled when it was deleted, and is not begun again by itself."""
    situation = A.sweep().running().in_state(State.CANCELLED).held(Reason.OBJECT_RESTORED)
    sweep = situation.facts.view.sweep
    assert sweep is not None
    back = situation.with_view(sweep=replace(sweep, object_gone_at=NOON))

    change = released(back.facts)

    assert (True, Event.GAVE_UP, Reason.CANCELLED) == (
        change.object_back,
        change.event,
        change.reason,
    )


@pytest.mark.parametrize(
    ("situation", "says"),
    [(A.sweep(), "not held"), (A.sweep().unknown().held(), "see tradingsweep resolve")],
)
def test_what_no_restore_holds_is_not_released(situation: A, says: str) -> None:
    """The other command is named where it is that one."""
    with pytest.raises(CommandRefused, match=says):
        released(situation.facts)

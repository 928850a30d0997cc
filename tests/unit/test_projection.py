"""`.status` as people and tools read it, and when it is written."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.said import JOB
from tests.support.situations import NOON, A
from tradingsweep.crd.model import TradingSweepStatus
from tradingsweep.domain.answers import Progress
from tradingsweep.domain.pace import difference, wait_before_patch
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.policy import Delays
from tradingsweep.domain.projection import project
from tradingsweep.domain.reasons import Reason

NEVER = {"observedGeneration": -1, "phase": "Queued"}
"""What the API server sets before our first patch."""


def shown(situation: A) -> TradingSweepStatus:
    """Return the status, or fail."""
    status = project(situation.facts)
    assert status is not None
    return status


def truths(status: TradingSweepStatus) -> dict[str, str]:
    """Return the conditions as a table."""
    return {condition.type: condition.status for condition in status.conditions}


@pytest.mark.parametrize(
    ("situation", "table"),
    [
        *(
            (s, {"Ready": "False", "Reconciling": "True", "Complete": "False", "Failed": "False"})
            for s in (A.sweep(), A.sweep().accepted(), A.sweep().unknown(), A.sweep().running())
        ),
        (A.sweep().ended(), {"Ready": "True", "Complete": "True", "Failed": "False"}),
        (
            A.sweep().ended(Phase.FAILED, Reason.JOB_FAILED),
            {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "True"},
        ),
        (
            A.sweep().unknown().held(),
            {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "False"},
        ),
    ],
    ids=["waiting", "submitted", "unknown", "running", "completed", "failed", "held"],
)
def test_conditions_follow_the_table(situation: A, table: dict[str, str]) -> None:
    """A condition that the table does not name is absent."""
    assert table == truths(shown(situation))


def test_every_condition_says_for_which_generation_it_holds() -> None:
    """Kubectl wait and kstatus compare it."""
    status = shown(A.sweep().accepted())

    assert {1} == {condition.observed_generation for condition in status.conditions}


def test_a_completed_sweep_shows_its_best_pairs() -> None:
    """Decimal strings with fixed places."""
    status = shown(A.sweep(topResults=1).ended())

    assert status.best is not None
    assert ("15/30", "2.4700", "1.8200", "145.30", "-18.70") == (
        status.best.periods,
        status.best.score,
        status.best.sharpe_ratio,
        status.best.total_return_pct,
        status.best.max_drawdown_pct,
    )
    assert 1 == len(status.top_results)
    assert status.results is not None
    assert (2, 2, 8) == (status.results.stored, status.results.returned, status.results.total)


def test_a_verdict_is_shown_and_changes_no_condition() -> None:
    """A lucky sweep still ran."""
    lucky = {"name": "LikelyLuck", "p_value": 0.15, "sentence": "Luck alone would do as well."}
    done = A.sweep().ended()
    summary = {"stored": 2, "returned": 2, "total": 8, "verdict": lucky}

    status = shown(done.with_run(summary=summary))

    assert status.verdict is not None
    assert ("LikelyLuck", "0.1500") == (status.verdict.name, status.verdict.p_value)
    assert truths(shown(done)) == truths(status)


def test_a_submitted_sweep_shows_its_job() -> None:
    """The id to look for at the API."""
    status = shown(A.sweep().accepted(ago=10))

    assert (JOB, 1, NOON - timedelta(seconds=10)) == (
        status.job_id,
        status.attempt,
        status.submitted_at,
    )


def test_a_new_run_keeps_what_the_last_one_found() -> None:
    """Best and job are cleared; lastCompleted stays."""
    done = A.sweep().ended()
    sweep, run = done.facts.view.sweep, done.facts.view.run
    assert sweep is not None
    assert run is not None
    again = done.with_run(run_no=2, completed_at=None, summary={})._phase(
        Phase.QUEUED, Reason.WAITING
    )

    status = shown(again)

    assert (None, None, 2) == (status.best, status.job_id, status.run)
    assert status.last_completed is not None
    assert 1 == status.last_completed.run


def test_progress_is_shown_while_it_runs_and_whole_at_the_end() -> None:
    """A percentage for the column."""
    running = shown(A.sweep().running().heard(Progress(42.7, "3 of 8")))

    assert running.progress is not None
    assert 42 == running.progress.percent
    assert shown(A.sweep().ended()).progress is not None
    assert shown(A.sweep()).progress is None


def test_progress_that_is_shown_survives_a_restart() -> None:
    """A new process has heard nothing yet, and does not take it back."""
    restarted = A.sweep().running().with_status(run=1, progress={"percent": 40})

    progress = shown(restarted).progress
    assert progress is not None
    assert 40 == progress.percent


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(0, "next in line"), (9, "fewer than 10"), (10, "fewer than 100"), (5000, "1000 or more")],
)
def test_a_place_in_line_is_coarse(ahead: int, words: str) -> None:
    """Each change of these words costs a status write."""
    status = shown(A.sweep().with_view(ahead=ahead))

    assert words in status.conditions[0].message


def test_only_who_is_near_is_told_what_holds_for_the_whole_queue() -> None:
    """An API that is away is not written into a thousand sweeps."""
    away = A.sweep().with_view(api_down_until=NOON + timedelta(seconds=20))

    near, far = (shown(away.with_view(ahead=ahead)) for ahead in (0, 50))

    assert ("TradingAPIUnavailable", "WaitingForSlot") == (
        near.conditions[0].reason,
        far.conditions[0].reason,
    )


def test_a_status_is_the_same_for_the_same_facts() -> None:
    """A projection: no clock, no chance."""
    running = A.sweep().running().heard(Progress(10.0))

    assert shown(running) == shown(running)


def test_what_is_shown_already_is_no_difference() -> None:
    """At rest nothing is written."""
    status = shown(A.sweep().ended())

    assert {} == difference(status.to_wire(), status)


def test_a_record_version_alone_is_no_difference() -> None:
    """The ledger may move without anything to see."""
    status = shown(A.sweep().ended())

    assert {} == difference(status.to_wire() | {"recordVersion": 0}, status)


def test_what_is_left_over_is_removed() -> None:
    """A merge patch keeps what it does not name."""
    status = shown(A.sweep().ended())
    before: dict[str, Any] = status.to_wire() | {"jobID": "gone", "progress": {"message": "half"}}

    patch = difference(before, status)

    assert (None, {"percent": 100, "message": None}) == (
        patch.get("sweepRunID"),
        patch["progress"],
    )


def wait(shown_before: dict[str, Any], situation: A, **times: float) -> float:
    """Return how many seconds a patch waits."""
    since_last = times.get("since_last")
    left = wait_before_patch(
        shown_before,
        shown(situation),
        waited=timedelta(seconds=times.get("waited", 60)),
        since_last=None if since_last is None else timedelta(seconds=since_last),
        delays=Delays(),
    )
    return left.total_seconds()


def test_a_sweep_that_gets_its_slot_at_once_is_never_patched_as_waiting() -> None:
    """The default of the status says Queued for free."""
    assert 1.5 == wait(NEVER, A.sweep(), waited=0.5)
    assert 0 == wait(NEVER, A.sweep(), waited=2)


def test_a_submission_is_shown_at_once() -> None:
    """The first thing that a quick sweep shows."""
    assert 0 == wait(NEVER, A.sweep().accepted())


def test_the_end_is_shown_at_once() -> None:
    """Whatever was written a moment ago."""
    running = shown(A.sweep().running()).to_wire()

    assert 0 == wait(running, A.sweep().ended(), since_last=0.1)


def test_progress_is_shown_every_five_seconds() -> None:
    """Also Running itself waits its turn after Submitted."""
    submitted = shown(A.sweep().accepted()).to_wire()

    assert 4 == wait(submitted, A.sweep().running(), since_last=1)
    assert 0 == wait(submitted, A.sweep().running(), since_last=5)


def test_a_place_in_line_is_shown_once_a_minute() -> None:
    """A long line moves all the time."""
    waiting = shown(A.sweep().with_view(ahead=50)).to_wire()

    assert 50 == wait(waiting, A.sweep().with_view(ahead=5), since_last=10)


def test_an_edit_is_answered_at_once() -> None:
    """ObservedGeneration is what everybody waits for."""
    before = shown(A.sweep().running()).to_wire() | {"observedGeneration": 0}

    assert 0 == wait(before, A.sweep().running(), since_last=0.1)

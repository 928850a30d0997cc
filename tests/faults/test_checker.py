"""The checker: silent about a system at rest, and with a word for each way to be wrong."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.accounts import Accounts, Row
from tests.faults.checker import unrest, violations
from tests.faults.world import SURFACES
from tests.support.api_ledger import ApiJob

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY, OTHER, THIRD = "a" * 64, "b" * 64, "c" * 64


def a_job(key: str = KEY, job_id: str = "job-1", **changes: Any) -> ApiJob:
    """A job that the API has completed."""
    request = {"webhook_url": f"http://127.0.0.1/webhook/sweep-callback/{key}/k1.x"}
    return replace(ApiJob(job_id, "completed", request, "run-1", 1.0, 2.0, 3.0), **changes)


def a_status(**changes: Any) -> Row:
    """What the object of the sweep shows."""
    return {
        "observedGeneration": 1,
        "recordVersion": 4,
        "phase": "Completed",
        "run": 1,
        "jobID": "job-1",
        "sweepRunID": "run-1",
        "results": {"stored": 1},
        "best": {"periods": "10/30"},
        "conditions": [{"type": "Complete", "status": "True"}],
        **changes,
    }


def an_object(**status: Any) -> Row:
    """The object of the sweep."""
    return {"metadata": {"name": "a", "uid": "u1", "generation": 1}, "status": a_status(**status)}


def a_submission(**changes: Any) -> Row:
    """The submission that gave the results."""
    return {
        "key": KEY,
        "sweep_uid": "u1",
        "run_id": "r1",
        "sweep": "a",
        "run_no": 1,
        "n": 1,
        "state": "completed",
        "unknown_until": None,
        "job_ids": ["job-1"],
        **changes,
    }


def a_callback(key: str, received_at: datetime) -> Row:
    """A callback that was dealt with."""
    times = {"received_at": received_at, "processed_at": received_at}
    return {"submission_key": key, "body_sha256": b"1", **times}


def at_rest(surface: str = "keys") -> Accounts:
    """One sweep that has completed."""
    transitions = [
        {"sweep_uid": "u1", "run_no": 1, "to_phase": phase, "reason": phase}
        for phase in ("Queued", "Completed")
    ]
    seen = [("MODIFIED", an_object(phase="Submitted", recordVersion=3)), ("MODIFIED", an_object())]
    return Accounts(
        surface=SURFACES[surface],
        jobs=[a_job()],
        deliveries=0,
        sweeps=[
            {
                "uid": "u1",
                "name": "a",
                "phase": "Completed",
                "run_no": 1,
                "version": 5,
                "object_gone_at": None,
            }
        ],
        runs=[
            {
                "id": "r1",
                "sweep_uid": "u1",
                "run_no": 1,
                "status": "COMPLETED",
                "reused_from": None,
                "result": {"stored": 1},
            }
        ],
        submissions=[a_submission()],
        results=[{"submission_key": KEY, "rank": 1, "fast_period": 10, "slow_period": 30}],
        inbox=[a_callback(KEY, NOON)],
        outbox=[{"done_at": NOON, "dead_at": None}],
        transitions=transitions,
        objects=[an_object()],
        events=[{"regarding": {"uid": "u1"}, "reason": "Completed"}],
        seen=seen,
    )


def replaced(surface: str, *, heard: timedelta | None) -> Accounts:
    """Its first submission was replaced at noon; `heard`: when its callback came, since then."""
    first = a_submission(key=OTHER, state="replaced", unknown_until=NOON, job_ids=["job-0"])
    late = [] if heard is None else [a_callback(OTHER, NOON + heard)]
    return replace(
        at_rest(surface),
        submissions=[first, a_submission(n=2)],
        jobs=[a_job(OTHER, "job-0"), a_job()],
        inbox=[*at_rest().inbox, *late],
    )


def resumed(later: str, *, suspended: bool = True) -> Accounts:
    """Its job was cancelled by a suspension and completed all the same, when `later` was open."""
    kept = at_rest()
    held = {**kept.transitions[0], "reason": "Suspended", "n": 1}
    return replace(
        kept,
        submissions=[a_submission(), a_submission(key=OTHER, n=2, state=later, job_ids=[])],
        transitions=[*([held] if suspended else []), *kept.transitions],
    )


def superseded(says: Row | None) -> Accounts:
    """An edit came before the end of run 1; its results are kept, and its row `says` so."""
    old = {**at_rest().runs[0], "id": "r0", "status": "CANCELLED", "result": says}
    new = {**at_rest().runs[0], "run_no": 2}
    sent = a_submission(key=OTHER, run_id="r0", state="cancelled", job_ids=["job-0"])
    return replace(
        at_rest(),
        sweeps=[{**at_rest().sweeps[0], "run_no": 2}],
        runs=[old, new],
        submissions=[sent, a_submission(run_no=2)],
        jobs=[a_job(OTHER, "job-0"), a_job()],
        results=[{**at_rest().results[0], "submission_key": OTHER}, *at_rest().results],
        objects=[an_object(run=2)],
        seen=[("MODIFIED", an_object(run=2))],
    )


def kept_twice(accounts: Accounts) -> Accounts:
    """Another submission of the first run has ended well too, and its results are stored."""
    first, *others = accounts.submissions
    second = {**first, "key": THIRD, "n": 2, "job_ids": ["job-3"]}
    return replace(
        accounts,
        submissions=[first, second, *others],
        jobs=[*accounts.jobs, a_job(THIRD, "job-3")],
        results=[*accounts.results, {**accounts.results[0], "submission_key": THIRD}],
    )


def test_a_system_at_rest_leaves_nothing_to_say() -> None:
    """What is right is not reported, with keys and without."""
    for surface in SURFACES:
        assert [] == violations(at_rest(surface))
        assert [] == unrest(at_rest(surface))


WRONG: dict[str, tuple[str, Callable[[Accounts], Accounts]]] = {
    "a job doubled under one key": (
        "I1: 2 jobs",
        lambda a: replace(a, jobs=[a_job(), a_job(job_id="job-2")]),
    ),
    "a job of a key that is in no row": (
        "I1: the job job-1 has a key",
        lambda a: replace(a, jobs=[a_job(OTHER)], submissions=[]),
    ),
    "a submission after a live one": (
        "I1: a, run 1: submission 2 follows",
        lambda a: replace(a, submissions=[a_submission(state="accepted"), a_submission(n=2)]),
    ),
    "a submission after one that completed": (
        "I1: a, run 1: submission 2 follows",
        lambda _: resumed("cancelled", suspended=False),
    ),
    "a submission that goes on beside one that completed after resuming": (
        "I1: a, run 1: submission 2 follows",
        lambda _: resumed("accepted"),
    ),
    "a submission replaced that could be looked up": (
        "I1: a, run 1: submission 2 replaces one that could",
        lambda _: replaced("keys", heard=None),
    ),
    "a submission replaced although it was called back": (
        "I1: a, run 1: submission 2 replaces one whose callback",
        lambda _: replaced("seed", heard=-timedelta(seconds=1)),
    ),
    "a job that is in no row": (
        "I2: the job job-1",
        lambda a: replace(a, submissions=[a_submission(job_ids=[])]),
    ),
    "a completed run without a completed submission": (
        "I3: a run that is COMPLETED has 0",
        lambda a: replace(a, submissions=[a_submission(state="failed")]),
    ),
    "half of the results": (
        "I3: a has 0 results stored and says 1",
        lambda a: replace(a, results=[]),
    ),
    "results of a superseded run that its row is silent about": (
        "I3: a has 1 results stored and says 0",
        lambda _: superseded(says=None),
    ),
    "a superseded run that lost what it says": (
        "I3: a superseded run says 1",
        lambda _: replace(superseded(says={"stored": 1}), results=at_rest().results),
    ),
    "a superseded run with two sets of results": (
        "I3: run 1 keeps 2",
        lambda _: kept_twice(superseded(says={"stored": 1})),
    ),
    "an end that was left": (
        "I4: run 1 left its end",
        lambda a: replace(a, transitions=[*a.transitions, {**a.transitions[0]}]),
    ),
    "a version that fell": (
        "I4: recordVersion of a fell",
        lambda a: replace(a, seen=[*a.seen, ("MODIFIED", an_object(recordVersion=2))]),
    ),
    "a status that left its end": (
        "I4: a went from Completed",
        lambda a: replace(a, seen=[*a.seen, ("MODIFIED", an_object(phase="Running"))]),
    ),
    "a status that shows another job": (
        "I5: jobID",
        lambda a: replace(a, objects=[an_object(jobID="job-9")]),
    ),
    "a status of an older generation": (
        "I5: observedGeneration",
        lambda a: replace(a, objects=[an_object(observedGeneration=0)]),
    ),
    "a job that the API has not completed": (
        "I5: the API's job",
        lambda a: replace(a, jobs=[a_job(state="cancelled")]),
    ),
    "a status that showed another object's job": (
        "I5: b showed the job of another",
        lambda a: replace(
            a,
            seen=[
                *a.seen,
                ("ADDED", {"metadata": {"name": "b", "uid": "u2"}, "status": {"jobID": "job-1"}}),
            ],
        ),
    ),
    "an end without its Event": ("lost: 0 Events", lambda a: replace(a, events=[])),
    "a callback that was stored twice": (
        "I3: a callback has two rows",
        lambda a: replace(a, inbox=[*a.inbox, *a.inbox]),
    ),
    "an object that was never recorded": ("I5: a is in no row", lambda a: replace(a, sweeps=[])),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_way_to_be_wrong_is_told_by_its_invariant(case: str) -> None:
    """A checker that says nothing proves nothing."""
    begins, broken = WRONG[case]

    said = violations(broken(copy.deepcopy(at_rest())))

    assert any(words.startswith(begins) for words in said), said


def test_the_stated_non_promise_is_no_violation() -> None:
    """At the seed's API: the answer was not recorded, and the callback came too late, or never."""
    assert [] == violations(replaced("seed", heard=None))
    assert [] == violations(replaced("seed", heard=timedelta(seconds=1)))


def test_a_superseded_run_may_keep_its_results() -> None:
    """They came after the edit: its row says how many, its submission stays cancelled."""
    assert [] == violations(superseded(says={"stored": 1}))


def test_a_suspended_job_may_complete_after_its_run_was_resumed() -> None:
    """It could not be cancelled in time: its results count, and the next attempt is cut off."""
    assert [] == violations(resumed("cancelled"))

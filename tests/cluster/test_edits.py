"""An edit of a sweep: a new question is answered anew, and everything else costs one patch."""

from functools import partial
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.said import completed
from tests.support.scripted_api import says
from tests.support.scripted_system import (
    SUBMIT,
    Scripted,
    best_path,
    job_of,
    page,
    run_id_of,
    takes,
)
from tests.support.system import PATIENCE, System


def has_a_run(row: dict[str, Any]) -> bool:
    """Whether the ledger knows a sweep."""
    return bool(row["run_no"] == 1)


def test_an_edit_in_the_queue_rewrites_the_run_in_place(gated: System) -> None:
    """The API is asked once, and asked the newer question."""
    with gated.gate.closed():
        gated.apply("edited-in-line")
        eventually(lambda: gated.recorded("edited-in-line")["run_no"], 1, within=PATIENCE)
        gated.edit("edited-in-line", minTrades=77)
        eventually(lambda: gated.recorded("edited-in-line")["generation_seen"], 2, within=PATIENCE)

    status = gated.wait_until_completed("edited-in-line")

    (job,) = gated.jobs("edited-in-line")
    assert 77 == job.request["min_trades"]
    assert (1, 2) == (status["run"], status["observedGeneration"])


def test_a_higher_priority_in_the_queue_goes_first(gated: System) -> None:
    """A priority is no part of the question: the sweep keeps its run and its age."""
    names = ("first-in-line", "second-in-line", "third-in-line")
    with gated.gate.closed():
        for name in names:
            gated.apply(name)
            eventually(partial(gated.recorded, name), has_a_run, within=PATIENCE)
        gated.edit("third-in-line", priority=5)
        eventually(lambda: gated.recorded("third-in-line")["generation_seen"], 2, within=PATIENCE)

    for name in names:
        assert 1 == gated.wait_until_completed(name)["run"]

    intents = [gated.submissions(name)[0]["intent_at"] for name in names]
    assert intents[2] <= intents[0] < intents[1]


def test_an_edit_in_flight_replaces_the_run(gated: System) -> None:
    """The old job is cancelled at the API, and the status shows the new run alone."""
    gated.apply("edited-in-flight")
    eventually(lambda: gated.recorded("edited-in-flight")["phase"], "Running", within=PATIENCE)
    gated.edit("edited-in-flight", minTrades=66)

    status = eventually(
        lambda: gated.status("edited-in-flight"),
        lambda s: s.get("run") == 2 and s["phase"] == "Completed",
        within=PATIENCE,
    )

    old, new = gated.jobs("edited-in-flight")
    assert ("cancelled", "completed") == (old.state, new.state)
    assert 66 == new.request["min_trades"]
    assert (new.job_id, 1) == (status["jobID"], status["attempt"])
    assert 2 == status["lastCompleted"]["run"]
    assert {2} == {row["run_no"] for row in gated.results("edited-in-flight")}


@pytest.mark.parametrize(
    "change",
    [{"topResults": 1}, {"priority": 9}, {"storeResults": 50}],
    ids=lambda c: next(iter(c)),
)
def test_an_edit_that_asks_nothing_new_costs_one_patch(
    usual: System, change: dict[str, int]
) -> None:
    """A finished sweep stays finished; its status says that the edit was seen."""
    name = f"same-question-{next(iter(change)).lower()}"
    usual.apply(name)
    usual.wait_until_completed(name)
    eventually(lambda: len(usual.patches(name)), lambda n: n > 0, within=PATIENCE)
    before = len(usual.patches(name))
    usual.edit(name, **change)

    eventually(lambda: usual.status(name)["observedGeneration"], 2, within=PATIENCE)
    eventually(lambda: len(usual.patches(name)), before + 1, within=PATIENCE)

    assert ("Completed", "Completed") == usual.standing(name)
    assert 1 == len(usual.jobs(name))
    assert usual.recorded(name)["run_no"] == 1


def test_results_of_a_superseded_run_are_kept_and_never_shown(scripted: Scripted) -> None:
    """The old job had ended before it could be cancelled: its results are its own run's."""
    name, system = "superseded", scripted.system
    scripted.submissions(takes(name))
    scripted.runs(name)
    system.apply(name)
    system.wait_for(name, "Running")
    (old,) = system.submissions(name)
    scripted.submissions(takes(f"{name}-anew"))
    scripted.runs(f"{name}-anew")
    scripted.api.on(best_path(name), says(200, page(name)))
    system.edit(name, minTrades=66)
    eventually(lambda: system.status(name).get("run"), 2, within=PATIENCE)

    posts = scripted.api.asked(SUBMIT)
    (url,) = [p.form["webhook_url"] for p in posts if p.headers["idempotency-key"] == old["key"]]
    body = completed(job_of(name), run_id_of(name))
    assert 202 == httpx.post(url, content=body, trust_env=False, timeout=10).status_code

    eventually(lambda: [r["run_no"] for r in system.results(name)], [1], within=PATIENCE)
    eventually(lambda: system.submissions(name)[0]["slot_released_at"], bool, within=PATIENCE)
    assert ["cancelled", "accepted"] == [s["state"] for s in system.submissions(name)]
    assert not {"best", "lastCompleted", "results"} & set(system.status(name))


def test_another_run_id_asks_for_another_run(usual: System) -> None:
    """Git's way to run again: one more job, and until it ends the last results stay in view."""
    usual.apply("again", runID="monday")
    first = usual.wait_until_completed("again")
    usual.edit("again", runID="tuesday")

    status = eventually(
        lambda: usual.status("again"),
        lambda s: s["run"] == 2 and s["phase"] == "Completed",
        within=PATIENCE,
    )

    assert 2 == len(usual.jobs("again"))
    assert first["identityHash"] != status["identityHash"]
    assert first["sweepRunID"] != status["sweepRunID"]
    assert 2 == status["lastCompleted"]["run"]
    assert {1, 2} == {row["run_no"] for row in usual.results("again")}


def test_a_run_that_fails_leaves_the_last_completed_one_in_view(usual: System) -> None:
    """What belonged to the old run is gone but for lastCompleted, which still names its best."""
    usual.apply("then-worse")
    first = usual.wait_until_completed("then-worse")
    usual.edit("then-worse", ticker="NOPRICES")

    status = usual.wait_for("then-worse", "Failed")

    assert 2 == status["run"]
    assert (1, first["best"]) == (status["lastCompleted"]["run"], status["lastCompleted"]["best"])
    assert not {"best", "topResults", "results", "sweepRunID"} & set(status)
    assert first["jobID"] != status["jobID"]

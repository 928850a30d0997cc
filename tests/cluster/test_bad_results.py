"""What a Trading API can answer when it is asked for results: stored whole, or not at all."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.scripted_api import Script, reply, says
from tests.support.scripted_system import ROW, Scripted, best_path, page, report_path, takes
from tests.support.system import PATIENCE


def without(member: str) -> dict[str, Any]:
    """Return a row that lacks a metric."""
    return {name: value for name, value in ROW.items() if name != member}


def page_of(*rows: dict[str, Any], **changes: object) -> Callable[[str], Script]:
    """Write a page with these rows, for whichever sweep it is."""
    return lambda name: reply(200, json.dumps(page(name, *rows, **changes)).encode())


def always(script: Script) -> Callable[[str], Script]:
    """Answer the same for every sweep."""
    return lambda _: script


FAULTS = {
    "missing-metric": page_of(ROW, {**without("sharpe_ratio"), "slow_period": 25}),
    "null-score": page_of({**ROW, "score": None}),
    "nan": page_of({**ROW, "score": float("nan")}),
    "outside-the-grid": page_of({**ROW, "fast_period": 11}),
    "invalid-pair": page_of({**ROW, "fast_period": 20, "slow_period": 20}),
    "same-pair-twice": page_of(ROW, ROW),
    "another-run": page_of(sweep_run_id="run-of-somebody-else"),
    "another-ticker": page_of({**ROW, "ticker": "ETH-USD"}, ticker="ETH-USD"),
    "not-found": always(says(404, {"detail": "no such run"})),
    "gone": always(reply(410)),
    "html": always(reply(200, b"<html></html>", "text/html")),
    "half-json": always(reply(200, b'{"results": [')),
    "ten-megabytes": always(reply(200, b" " * 10_000_000)),
}
"""Answers of which nothing may be stored."""


@pytest.mark.parametrize("fault", FAULTS)
def test_results_that_cannot_be_had_fail_the_sweep_after_four_requests(
    scripted: Scripted, fault: str
) -> None:
    """Nothing of a bad page is stored; the reason is in the status, and the operator lives on."""
    name = f"results-{fault}"
    scripted.submissions(takes(name))
    scripted.ends(name, FAULTS[fault](name))
    pid = scripted.system.stack.operator.process.pid
    scripted.system.apply(name)

    scripted.system.wait_for(name, "Failed")

    assert ("Failed", "ResultsUnavailable") == scripted.system.standing(name)
    assert scripted.system.conditions(name)["Failed"]["message"]
    assert 4 == len(scripted.api.asked(best_path(name)))
    assert [] == scripted.system.results(name)
    assert scripted.system.stack.operator.is_ready
    assert pid == scripted.system.stack.operator.process.pid


def test_results_that_come_late_complete_the_sweep(scripted: Scripted) -> None:
    """Three times not found and then there: the fourth request is answered in time."""
    missing = says(404, {"detail": "not yet"})
    good = says(200, page("late-results"))
    scripted.submissions(takes("late-results"))
    scripted.ends("late-results", missing, missing, missing, good)
    scripted.system.apply("late-results")

    scripted.system.wait_until_completed("late-results")

    (row,) = scripted.system.results("late-results")
    assert (10, 30, 2.47, None) == tuple(
        row[name] for name in ("fast_period", "slow_period", "score", "sortino_ratio")
    )


REPORTS = {
    "missing": says(404, {"detail": "no report"}),
    "away": reply(503),
    "html": reply(200, b"<html></html>", "text/html"),
    "nul": reply(200, b'{"a": "\\u0000"}'),
    "megabytes": reply(200, b'{"a": "' + b"x" * 2**20 + b'"}'),
}
"""What can come instead of a report."""


@pytest.mark.parametrize("fault", REPORTS)
def test_a_bad_report_costs_no_sweep_its_results(scripted: Scripted, fault: str) -> None:
    """Results are stored with the first look, and no report with them."""
    name = f"report-{fault}"
    scripted.submissions(takes(name))
    scripted.ends(name)
    scripted.api.on(report_path(name), REPORTS[fault])
    scripted.system.apply(name)

    scripted.system.wait_until_completed(name)

    assert 1 == len(scripted.system.results(name))
    assert [] == scripted.system.reports(name)
    assert 1 == len(scripted.api.asked(report_path(name)))


def test_an_api_that_is_away_when_results_are_due_uses_up_no_try(scripted: Scripted) -> None:
    """An outage of any length is waited for: only an answer counts as a try."""
    away = reply(503)
    good = says(200, page("results-later"))
    scripted.submissions(takes("results-later"))
    scripted.ends("results-later", away, away, away, away, away, good)
    scripted.system.apply("results-later")

    def tries() -> int:
        rows = scripted.system.rows(
            "SELECT collect_tries FROM pipeline_jobs AS r"
            " JOIN sweeps AS w ON w.uid = r.sweep_uid WHERE w.name = 'results-later'"
        )
        return int(rows[0]["collect_tries"])

    eventually(
        lambda: len(scripted.api.asked(best_path("results-later"))),
        lambda asked: asked >= 2,
        within=PATIENCE,
    )
    assert 0 == tries()
    scripted.api.on(best_path("results-later"), good)

    scripted.system.wait_until_completed("results-later")
    assert 0 == tries()


def test_a_job_that_the_api_does_not_know_any_more_is_lost(scripted: Scripted) -> None:
    """The stream answers 404: the sweep fails with a reason of its own."""
    scripted.submissions(takes("lost-job"))
    scripted.api.on("/sse-proxy/jobs/job-lost-job/", reply(404))
    scripted.system.apply("lost-job")

    scripted.system.wait_for("lost-job", "Failed")

    assert ("Failed", "ExternalJobLost") == scripted.system.standing("lost-job")

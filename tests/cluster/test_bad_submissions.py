"""What a Trading API can answer to a submission: each ends where the phase table says."""

import pytest

from tests.support.eventually import eventually
from tests.support.scripted_api import Script, cut, reply, says
from tests.support.scripted_system import HEALTHY, Scripted, takes
from tests.support.system import PATIENCE, System

UNKNOWN = {
    "html": reply(202, b"<html>busy</html>", "text/html"),
    "empty": reply(202),
    "half-json": reply(202, b'{"job_id": "swe'),
    "nan": reply(202, b'{"job_id": NaN}'),
    "no-job-id": says(202, {"status": "queued"}),
    "wrong-job-id": says(202, {"job_id": "../../admin"}),
    "ten-megabytes": reply(202, b" " * 10_000_000),
    "redirect": reply(302, Location="http://127.0.0.1:9/"),
    "server-error": says(500, {"detail": "database is locked"}),
    "busy": reply(503),
    "cut": cut(says(202, {"job_id": "sweep_1"}), after=40),
    "silence": Script(silent=True),
}
"""Answers after which nobody knows whether a job exists."""


@pytest.mark.parametrize("fault", UNKNOWN)
def test_an_answer_that_means_nothing_is_never_followed_by_a_blind_second_post(
    scripted: Scripted, fault: str
) -> None:
    """Nothing is sent again while a callback may still name the job; then the sweep completes."""
    name = f"answer-{fault}"
    scripted.submissions(UNKNOWN[fault], takes(name))
    scripted.ends(name)
    scripted.system.apply(name)

    standing = eventually(
        lambda: scripted.system.standing(name), lambda s: s[0] == "Submitted", within=PATIENCE
    )

    assert ("Submitted", "SubmissionOutcomeUnknown") == standing
    first, *_ = scripted.system.submissions(name)
    scripted.system.wait_until_completed(name)
    _, second = scripted.system.submissions(name)
    assert 2 == scripted.posts(name)
    assert first["unknown_until"] <= second["intent_at"]
    assert ["replaced", "completed"] == [s["state"] for s in scripted.system.submissions(name)]
    assert scripted.system.stack.operator.is_ready


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refusal_fails_the_sweep_with_the_apis_own_words(scripted: Scripted, status: int) -> None:
    """A person reads what the API does not like, and nothing is tried again."""
    name = f"refused-{status}"
    scripted.submissions(says(status, {"detail": [{"field": "step", "rule": "must be odd"}]}))
    scripted.system.apply(name)

    scripted.system.wait_for(name, "Failed")

    assert ("Failed", "InvalidParameters") == scripted.system.standing(name)
    words = scripted.system.conditions(name)["Failed"]["message"]
    assert f"step: must be odd (HTTP {status})" == words
    assert 1 == scripted.posts(name)


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_key_leaves_the_sweep_in_the_queue(scripted: Scripted, status: int) -> None:
    """The reason says what is wrong; with a good key it goes on by itself, with the same key."""
    name = f"rejected-{status}"
    scripted.submissions(reply(status), takes(name))
    scripted.ends(name)
    scripted.system.apply(name)

    eventually(
        lambda: scripted.system.standing(name), ("Queued", "CredentialsRejected"), within=PATIENCE
    )

    scripted.system.wait_until_completed(name)
    (submission,) = scripted.system.submissions(name)
    assert ("completed", 2) == (submission["state"], scripted.posts(name))


def test_an_api_that_is_busy_is_asked_again_when_it_said(scripted: Scripted) -> None:
    """429 with Retry-After uses up no attempt: the same submission goes again, not before."""
    scripted.submissions(says(429, {"error": "queue full"}, Retry_After="5"), takes("throttled"))
    scripted.ends("throttled")
    scripted.system.apply("throttled")

    def wait() -> float:
        (row,) = scripted.system.rows(
            "SELECT extract(epoch FROM r.next_at - now())::float AS left FROM pipeline_jobs AS r"
            " JOIN sweeps AS w ON w.uid = r.sweep_uid WHERE w.name = 'throttled'"
        )
        return float(row["left"])

    # An API that gives no time is asked again after 3 s here.
    eventually(wait, lambda left: 3.5 < left <= 5, within=PATIENCE)
    assert "Queued" == scripted.system.phase("throttled")
    assert 1 == scripted.system.wait_until_completed("throttled")["attempt"]
    assert 2 == scripted.posts("throttled")


def test_an_api_that_is_not_healthy_is_not_asked_for_anything(scripted: Scripted) -> None:
    """Its health is asked first: nothing is submitted until it is good, and then it goes on."""
    scripted.submissions(takes("unhealthy"))
    scripted.ends("unhealthy")
    scripted.api.on("/health", says(503, {"status": "down"}))
    try:
        # A good answer of a moment ago still counts.
        scripted.system.let_pass(1)
        scripted.system.apply("unhealthy")
        eventually(
            lambda: scripted.system.standing("unhealthy"),
            ("Queued", "TradingAPIUnavailable"),
            within=PATIENCE,
        )
        assert [] == scripted.system.submissions("unhealthy")
    finally:
        scripted.api.on("/health", HEALTHY)

    assert 1 == scripted.system.wait_until_completed("unhealthy")["attempt"]


def test_a_trading_api_that_is_away_keeps_the_sweep_in_the_queue(gated: System) -> None:
    """Connection refused: nothing was accepted, no attempt is used up, and it goes on by itself."""
    with gated.gate.closed():
        gated.apply("api-away")
        eventually(
            lambda: gated.standing("api-away"), ("Queued", "TradingAPIUnavailable"), within=PATIENCE
        )

    assert 1 == gated.wait_until_completed("api-away")["attempt"]
    assert 1 == len(gated.jobs("api-away"))

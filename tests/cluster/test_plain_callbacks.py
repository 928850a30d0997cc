"""The documented callback route, for senders that are given one static address and no token."""

from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.scripted_system import Scripted, best_path, job_of, run_id_of, takes
from tests.support.system import PATIENCE


def completed(name: str) -> dict[str, Any]:
    """Write the documented callback of a completed job."""
    return {
        "event_type": "sweep.completed",
        "job_id": job_of(name),
        "sweep_run_id": run_id_of(name),
        "status": "completed",
        "ticker": "BTC-USD",
        "result_data": {
            "sweep_run_id": run_id_of(name),
            "total_combinations": 8,
            "execution_time_seconds": 127.4,
        },
        "timestamp": "2025-01-27T10:32:52Z",
    }


def call_back(scripted: Scripted, body: dict[str, Any]) -> int:
    """Send a callback to the static address; returns the answer's status."""
    address = f"{scripted.system.stack.wiring.receiver_url}/webhook/sweep-callback"
    return httpx.post(address, json=body).status_code


def outcomes(scripted: Scripted, name: str) -> list[str]:
    """Return what became of the callbacks for a sweep."""
    rows = scripted.system.rows(
        "SELECT i.outcome FROM callback_inbox AS i"
        " JOIN submissions AS s ON s.key = i.submission_key"
        " JOIN sweeps AS w ON w.uid = s.sweep_uid WHERE w.name = %s AND NOT i.signed",
        name,
    )
    return [row["outcome"] for row in rows]


def test_a_sender_with_only_the_static_address_gets_the_sweep_done(scripted: Scripted) -> None:
    """The callback is a hint that anybody could send: the API itself confirms it."""
    scripted.submissions(takes("static"))
    scripted.runs("static")
    scripted.system.apply("static")
    scripted.system.wait_for("static", "Running")
    scripted.ends("static")

    assert 202 == call_back(scripted, completed("static"))

    scripted.system.wait_until_completed("static")
    assert 1 == len(scripted.system.results("static"))


def test_a_forged_callback_completes_nothing(scripted: Scripted) -> None:
    """It names a job that runs; the API says that it runs, so no results are even asked for."""
    scripted.submissions(takes("forged"))
    scripted.runs("forged")
    scripted.system.apply("forged")
    scripted.system.wait_for("forged", "Running")

    assert 202 == call_back(scripted, completed("forged"))

    eventually(lambda: outcomes(scripted, "forged"), ["applied"], within=PATIENCE)
    visits = len(scripted.api.asked("/sse-proxy/jobs/job-forged/"))
    eventually(
        lambda: len(scripted.api.asked("/sse-proxy/jobs/job-forged/")),
        lambda asked: asked > visits,
        within=PATIENCE,
    )
    assert "Running" == scripted.system.phase("forged")
    assert [] == scripted.api.asked(best_path("forged"))
    scripted.ends("forged")
    scripted.system.wait_until_completed("forged")


def test_a_forged_failure_fails_nothing(scripted: Scripted) -> None:
    """The other shape of the callback is believed no more."""
    scripted.submissions(takes("forged-failure"))
    scripted.runs("forged-failure")
    scripted.system.apply("forged-failure")
    scripted.system.wait_for("forged-failure", "Running")
    failed = {
        "event_type": "sweep.failed",
        "job_id": job_of("forged-failure"),
        "status": "failed",
        "error_message": "all your sweeps are gone",
        "timestamp": "2025-01-27T10:32:52Z",
    }

    assert 202 == call_back(scripted, failed)

    eventually(lambda: outcomes(scripted, "forged-failure"), ["applied"], within=PATIENCE)
    assert "Running" == scripted.system.recorded("forged-failure")["phase"]


def test_a_callback_for_a_job_that_nobody_knows_is_answered_the_same(scripted: Scripted) -> None:
    """A stranger does not learn which jobs exist."""
    assert 202 == call_back(scripted, completed("nobody-knows"))


def test_a_callback_that_beats_the_answer_is_heard_when_the_job_is_known(
    scripted: Scripted,
) -> None:
    """It is parked, and counts as a hint as soon as the answer names its job."""
    assert 202 == call_back(scripted, completed("early"))
    assert [] == outcomes(scripted, "early")
    scripted.submissions(takes("early"))
    scripted.runs("early")

    scripted.system.apply("early")

    eventually(lambda: outcomes(scripted, "early"), ["applied"], within=PATIENCE)
    scripted.ends("early")
    scripted.system.wait_until_completed("early")

"""Job status, cancel, failure, and the event stream."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import KEY, Api, serving


@pytest.fixture(scope="module")
def slow_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server whose jobs take ten minutes, two at a time."""
    with serving(tmp_path_factory.mktemp("slow"), min_job_seconds="600") as running:
        yield running


def test_a_finished_job_tells_its_run(api: Api, seeds_run: str) -> None:
    """Completed, 100 %, with the id that the callback names too."""
    job_id = api.submit().json()["job_id"]

    status = api.wait_for(job_id, "completed")

    assert {"job_id", "status", "percent", "sweep_run_id"} == set(status)
    assert 100 == status["percent"]
    assert status["sweep_run_id"].startswith("run_")
    assert seeds_run != status["sweep_run_id"]


def test_an_unknown_ticker_fails_the_job_in_the_seeds_words(api: Api) -> None:
    """It was accepted: only the sources know which tickers there are."""
    answer = api.submit({"ticker": "NOPRICES"})
    status = api.wait_for(answer.json()["job_id"], "failed")

    assert 202 == answer.status_code
    assert "Insufficient historical data for ticker NOPRICES" == status["error_message"]


def test_too_little_data_fails_with_the_numbers(api: Api) -> None:
    """The window lies before the first bar."""
    answer = api.submit({"ticker": "^GSPC", "start": "1998-01-01", "end": "1999-01-20"})

    message = api.wait_for(answer.json()["job_id"], "failed")["error_message"]

    assert message.startswith("Insufficient historical data for ticker ^GSPC: ")
    assert "needed" in message


def test_a_cancelled_job_ends_its_stream_and_sends_no_callback(
    slow_api: Api, callbacks: CallbackServer
) -> None:
    """202 once, 409 after it; the state is final at once."""
    job_id = slow_api.submit({"webhook_url": callbacks.url}).json()["job_id"]
    slow_api.wait_for(job_id, "running")
    path = f"/sse-proxy/jobs/{job_id}/stream"
    with slow_api.session() as client, client.stream("GET", path) as events:
        lines = events.iter_lines()
        first = next(line for line in lines if line.startswith("data: "))
        cancelled = slow_api.post(f"/api/v1/jobs/{job_id}/cancel")
        rest = "\n".join(lines)

    again = slow_api.post(f"/api/v1/jobs/{job_id}/cancel")

    assert '"percent": 0' in first
    assert (202, "cancelled") == (cancelled.status_code, cancelled.json()["status"])
    assert '"error": true, "message": "Job cancelled"' in rest
    assert 409 == again.status_code
    assert "cancelled" == slow_api.job(job_id)["status"]
    assert callbacks.is_quiet(1.0)


def test_a_waiting_job_can_be_cancelled_and_its_worker_goes_on(slow_api: Api) -> None:
    """Both workers are busy; the third job is cancelled, then the running ones make room."""
    running = [slow_api.submit().json()["job_id"] for _ in range(2)]
    for job_id in running:
        slow_api.wait_for(job_id, "running")
    waiting, last = (slow_api.submit().json()["job_id"] for _ in range(2))

    slow_api.post(f"/api/v1/jobs/{waiting}/cancel")
    for job_id in running:
        slow_api.post(f"/api/v1/jobs/{job_id}/cancel")

    slow_api.wait_for(last, "running")
    assert "cancelled" == slow_api.job(waiting)["status"]
    slow_api.post(f"/api/v1/jobs/{last}/cancel")


def test_a_job_that_has_ended_or_never_was_cannot_be_cancelled(api: Api) -> None:
    """409 and 404."""
    job_id = api.submit().json()["job_id"]
    api.wait_for(job_id, "completed")

    assert 409 == api.post(f"/api/v1/jobs/{job_id}/cancel").status_code
    assert 404 == api.post("/api/v1/jobs/sweep_never/cancel").status_code


def test_a_stream_begins_with_0_and_ends_with_100_and_done(tmp_path: Path) -> None:
    """Percentages rise, at most ten events come a second, and each has its time."""
    with serving(tmp_path, min_job_seconds="1.5") as api:
        job_id = api.submit({"fast_range": "5-50", "slow_range": "20-200"}).json()["job_id"]
        began = time.monotonic()
        *progress, end = api.events(job_id)
        seconds = time.monotonic() - began
        run_id = api.job(job_id)["sweep_run_id"]

    percents = [event["percent"] for event in progress]
    assert (0, 100) == (percents[0], percents[-1])
    assert sorted(percents) == percents
    assert len(set(percents)) > 3
    assert len(progress) + 1 <= 10 * (seconds + 1)
    assert all({"percent", "message", "timestamp"} == set(event) for event in progress)
    assert "Processing " in progress[1]["message"]
    assert {"done": True, "status": "completed", "sweep_run_id": run_id} == end


def test_a_finished_job_answers_its_stream_at_once(api: Api) -> None:
    """One event, and the stream ends: done for a success, error for a failure."""
    good = api.submit().json()["job_id"]
    bad = api.submit({"ticker": "NOPRICES"}).json()["job_id"]
    run_id = api.wait_for(good, "completed")["sweep_run_id"]
    api.wait_for(bad, "failed")

    assert [{"done": True, "status": "completed", "sweep_run_id": run_id}] == api.events(good)
    (failed,) = api.events(bad)
    assert (True, "Insufficient historical data for ticker NOPRICES") == (
        failed["error"],
        failed["message"],
    )


def test_a_stream_needs_a_session_and_a_job(api: Api) -> None:
    """401 without a cookie, with a forged or an unsigned one, or with the key alone; 404 after."""
    path = f"{api.url}/sse-proxy/jobs/sweep_never/stream"
    with api.session() as client:
        genuine = client.cookies["trading_session"]
        unknown = client.get(path)
    claim, _, signature = genuine.rpartition(".")
    later = f"{int(claim.partition('.')[0]) + 1}.{claim.partition('.')[2]}.{signature}"
    forged = [later, claim, f"{claim}.", f".{signature}", "x", "", "9999999999.a.b"]

    answers = [httpx.get(path, cookies={"trading_session": cookie}) for cookie in forged]
    answers.append(httpx.get(path, headers=KEY))

    assert {401} == {answer.status_code for answer in answers}
    assert 404 == unknown.status_code


def test_a_session_outlives_a_restart_but_not_its_key(tmp_path: Path) -> None:
    """It is signed with the key rather than remembered."""
    keys = {"dev": "false", "keys": "first-key-0123456789,second-key-0123456789"}
    login = {"api_key": "first-key-0123456789"}
    with serving(tmp_path, **keys) as api:
        cookie = httpx.post(f"{api.url}/api/v1/auth/login", json=login).cookies["trading_session"]
        path = "/sse-proxy/jobs/none/stream"
        api.service.stop()
        api.service.start().wait_ready()
        assert 404 == httpx.get(api.url + path, cookies={"trading_session": cookie}).status_code
    with serving(tmp_path, dev="false", keys="second-key-0123456789") as api:
        assert 401 == httpx.get(api.url + path, cookies={"trading_session": cookie}).status_code


def test_a_login_cookie_is_closed_to_scripts(api: Api) -> None:
    """HttpOnly, SameSite, with an end."""
    answer = httpx.post(f"{api.url}/api/v1/auth/login", json={"api_key": KEY["X-API-Key"]})
    cookie = answer.headers["set-cookie"]

    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=43200"))
    assert "dev-key" not in cookie


def test_a_stream_whose_client_leaves_is_dropped(slow_api: Api) -> None:
    """Others are served meanwhile, and the server stops promptly later."""
    job_id = slow_api.submit().json()["job_id"]
    path = f"/sse-proxy/jobs/{job_id}/stream"
    for _ in range(20):
        with slow_api.session() as client, client.stream("GET", path) as events:
            next(events.iter_lines())

    eventually(lambda: slow_api.get("/health").status_code, 200, within=5)
    assert 202 == slow_api.post(f"/api/v1/jobs/{job_id}/cancel").status_code


def test_a_stream_goes_on_after_the_last_event_that_was_seen(slow_api: Api) -> None:
    """Nothing comes twice; a client that saw 0 % waits for more."""
    job_id = slow_api.submit().json()["job_id"]
    slow_api.wait_for(job_id, "running")
    path = f"/sse-proxy/jobs/{job_id}/stream"
    headers = {"Last-Event-ID": "0"}
    with slow_api.session() as client, client.stream("GET", path, headers=headers) as events:
        slow_api.post(f"/api/v1/jobs/{job_id}/cancel")
        lines = [line for line in events.iter_lines() if line.startswith(("id: ", "data: "))]

    assert "id: 0" not in lines
    assert ["id: end", True] == [lines[-2], "Job cancelled" in lines[-1]]


@pytest.mark.parametrize("last", ["nonsense", "", "-1", "9" * 40, "End"])
def test_a_strange_last_event_is_as_good_as_none(api: Api, last: str) -> None:
    """The stream begins anew."""
    job_id = api.submit().json()["job_id"]
    api.wait_for(job_id, "completed")
    path = f"/sse-proxy/jobs/{job_id}/stream"
    with api.session() as client:
        answer = client.get(path, headers={"Last-Event-ID": last})

    assert (200, True) == (answer.status_code, '"done": true' in answer.text)


def test_after_the_last_event_a_browser_is_told_to_stop(api: Api) -> None:
    """204: it would connect again and again otherwise."""
    job_id = api.submit().json()["job_id"]
    api.wait_for(job_id, "completed")
    path = f"/sse-proxy/jobs/{job_id}/stream"
    with api.session() as client:
        ids = [line for line in client.get(path).text.splitlines() if line.startswith("id: ")]

        assert ["id: end"] == ids
        assert 204 == client.get(path, headers={"Last-Event-ID": "end"}).status_code

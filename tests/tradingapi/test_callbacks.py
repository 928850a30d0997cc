"""Callbacks: the seed's bodies, until the receiver takes them, and never a leaked secret."""

import sqlite3
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.eventually import eventually
from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import Api, serving
from tradingapi.callbacks import DeliveryRules
from tradingapi.settings import Settings

SECRET = "s3cr3t-token"


def delivery_state(folder: Path, job_id: str) -> tuple[str, int]:
    """Read a delivery's state and tries from the server's file."""
    path = folder / "data" / "tradingapi.sqlite3"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        query = "SELECT state, tries FROM deliveries WHERE job_id = ?"
        state, tries = connection.execute(query, (job_id,)).fetchone()
    finally:
        connection.close()
    return state, tries


def test_a_completed_job_sends_the_seeds_body(api: Api, callbacks: CallbackServer) -> None:
    """Exactly its members, and the run that it names is there."""
    job_id = api.submit({"webhook_url": callbacks.url}).json()["job_id"]

    call = callbacks.next()

    body = call.body
    result = body["result_data"]
    assert "/callback/s3cr3t-token" == call.path
    assert "application/json" == call.headers["Content-Type"]
    assert isinstance(result.pop("execution_time_seconds"), float)
    assert body == {
        "event_type": "sweep.completed",
        "job_id": job_id,
        "sweep_run_id": result["sweep_run_id"],
        "status": "completed",
        "ticker": "BTC-USD",
        "result_data": {
            "sweep_run_id": body["sweep_run_id"],
            "total_combinations": 8,
            "completed_at": result["completed_at"],
        },
        "timestamp": body["timestamp"],
    }
    assert 200 == api.get(f"/api/v1/sweeps/{body['sweep_run_id']}/best").status_code


def test_a_failed_job_sends_the_seeds_body(api: Api, callbacks: CallbackServer) -> None:
    """With the error's words and no run."""
    form = {"webhook_url": callbacks.url, "ticker": "NOPRICES"}
    job_id = api.submit(form).json()["job_id"]

    body = callbacks.next().body

    assert body.pop("timestamp")
    assert body == {
        "event_type": "sweep.failed",
        "job_id": job_id,
        "status": "failed",
        "error_message": "Insufficient historical data for ticker NOPRICES",
    }


def test_a_refused_callback_comes_again_until_it_is_taken(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """503, a redirect and a 404 are no delivery; the redirect's target hears nothing."""
    with CallbackServer() as elsewhere, serving(tmp_path) as api:
        moved = (307, {"Location": elsewhere.url})
        callbacks.answers = [(503, {}), moved, (404, {}), (200, {})]
        job_id = api.submit({"webhook_url": callbacks.url}).json()["job_id"]

        bodies = [callbacks.next().raw for _ in range(4)]

        eventually(lambda: delivery_state(tmp_path, job_id), ("delivered", 4), within=10)
        assert 1 == len(set(bodies))
        assert callbacks.is_quiet(0.5)
        assert elsewhere.is_quiet(0.0)


def test_a_receiver_that_wants_no_more_is_left_alone(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """410 ends the delivery."""
    with serving(tmp_path) as api:
        callbacks.answers = [(410, {})]
        job_id = api.submit({"webhook_url": callbacks.url}).json()["job_id"]
        callbacks.next()

        eventually(lambda: delivery_state(tmp_path, job_id), ("given_up", 1), within=10)
        assert callbacks.is_quiet(0.5)


def test_a_receiver_that_does_not_answer_is_timed_out_and_holds_nobody_up(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """The second receiver gets its callback while the first one stalls; the first one again."""
    callbacks.stall = threading.Event()
    with CallbackServer() as other, serving(tmp_path, webhook_timeout_seconds="1") as api:
        api.submit({"webhook_url": callbacks.url})
        callbacks.next()
        api.submit({"webhook_url": other.url})

        assert "sweep.completed" == other.next().body["event_type"]
        assert "sweep.completed" == callbacks.next().body["event_type"]


def test_an_old_delivery_is_given_up(tmp_path: Path) -> None:
    """Nobody listens: after the horizon (60 s, scaled to 1.2 s) it ends."""
    with serving(tmp_path, webhook_horizon_seconds="60") as api:
        job_id = api.submit().json()["job_id"]

        eventually(lambda: delivery_state(tmp_path, job_id)[0], "given_up", within=15)


def test_the_callbacks_secret_is_in_no_log(tmp_path: Path, callbacks: CallbackServer) -> None:
    """Not when it is delivered, refused, invalid or replayed, and neither is the key."""
    with serving(tmp_path) as api:
        callbacks.answers = [(500, {})]
        echoed = api.submit({"webhook_url": callbacks.url}, key="k").json()["webhook_url"]
        api.submit({"webhook_url": callbacks.url, "step": "0"})
        api.submit({"webhook_url": f"ftp://x/{SECRET}"})
        api.submit({"webhook_url": f"http://127.0.0.1:9/{SECRET}"})
        callbacks.next()
        callbacks.next()
        eventually(lambda: api.log, lambda log: "callback delivered" in log, within=10)
        log = api.log

    assert SECRET in echoed
    assert SECRET not in log
    assert "dev-key" not in log


def test_retries_go_on_for_at_least_an_hour_by_default() -> None:
    """Pauses double from a second to five minutes, and the horizon is six hours."""
    settings = Settings(dev=True)
    rules = DeliveryRules(settings.webhook_timeout_seconds, settings.webhook_horizon_seconds, 1.0)

    assert [1, 2, 4, 8, 300, 300] == [rules.pause(tries) for tries in (1, 2, 3, 4, 10, 10**6)]
    assert rules.horizon >= 3_600


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]"]
)
def test_a_callback_to_the_clouds_metadata_is_refused_at_once(api: Api, host: str) -> None:
    """With the field and the rule; no list opens it."""
    answer = api.submit({"webhook_url": f"http://{host}/latest/meta-data/"})

    assert 400 == answer.status_code
    (broken,) = answer.json()["detail"]
    assert ("webhook_url", True) == (broken["field"], "metadata" in broken["rule"])


def test_without_a_list_nothing_private_is_called(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """An address is refused at once; a name that leads home is found out when it is called."""
    key = "0123456789abcdef"
    with serving(tmp_path, dev="false", keys=key) as api:
        port = urlsplit(callbacks.url).port
        named = {"webhook_url": f"http://localhost:{port}/{SECRET}"}
        refused = api.submit({"webhook_url": callbacks.url}, api_key=key)
        taken = api.submit(named, api_key=key)
        eventually(lambda: "TRADING_API_WEBHOOK_ALLOW" in api.log, wanted=True, within=20)
        log = api.log

    assert (400, 202) == (refused.status_code, taken.status_code)
    assert "TRADING_API_WEBHOOK_ALLOW" in refused.json()["detail"][0]["rule"]
    assert callbacks.is_quiet(0.0)
    assert SECRET not in log


def test_a_listed_receiver_is_called_by_its_name(tmp_path: Path, callbacks: CallbackServer) -> None:
    """The checked address is connected to, and the Host header is the URL's own."""
    key, port = "0123456789abcdef", urlsplit(callbacks.url).port
    settings = {"dev": "false", "keys": key, "webhook_allow": f"localhost:{port}"}
    with serving(tmp_path, **settings) as api:
        api.submit({"webhook_url": f"http://localhost:{port}/callback"}, api_key=key)

        assert f"localhost:{port}" == callbacks.next().headers["Host"]


def test_a_receiver_may_ask_to_be_left_alone_for_a_while(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """Retry-After, scaled like every pause: 200 s are 4 s here, where the pause alone is 0.02 s."""
    with serving(tmp_path) as api:
        callbacks.answers = [(429, {"Retry-After": "200"})]
        api.submit({"webhook_url": callbacks.url})
        callbacks.next()

        assert callbacks.is_quiet(2.0)
        assert "sweep.completed" == callbacks.next().body["event_type"]

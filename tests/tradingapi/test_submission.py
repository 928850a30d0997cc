"""POST /api/v1/strategy/sweep: what it takes, what it answers, and that it answers once."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.tradingapi.server import KEY, SEEDS_FORM, Api, serving

JSON_BODY: dict[str, Any] = {
    "ticker": "BTC-USD",
    "fast_range": [10, 20],
    "slow_range": [20, 30],
    "step": 5,
    "min_trades": 50,
    "strategy_type": "SMA",
    "webhook_url": "http://127.0.0.1:9/hook",
}


def post_json(api: Api, body: dict[str, Any]) -> httpx.Response:
    """Submit as JSON."""
    return httpx.post(f"{api.url}/api/v1/strategy/sweep", headers=KEY, json=body, timeout=20)


def test_the_seeds_request_gets_the_seeds_answer(api: Api) -> None:
    """Exactly its members, 9 combinations, an id of its form."""
    answer = api.submit()
    body = answer.json()

    assert 202 == answer.status_code
    assert re.fullmatch(r"sweep_\d{8}_\d{6}_btcusd_[0-9a-f]{8}", body.pop("job_id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body.pop("created_at"))
    assert body.pop("estimated_duration_seconds") in range(1, 60)
    assert body == {
        "status": "queued",
        "message": "Strategy sweep job queued successfully",
        "parameters": {
            "ticker": "BTC-USD",
            "fast_range": [10, 20],
            "slow_range": [20, 30],
            "step": 5,
            "combinations": 9,
        },
        "webhook_url": SEEDS_FORM["webhook_url"],
    }


Written = str | list[str]


@pytest.mark.parametrize(
    ("fast", "slow"),
    [("[10, 20]", "[20,30]"), ("10-20", " 20 - 30 "), (["10", "20"], ["20", "30"])],
    ids=["JSON text", "dash", "field twice"],
)
def test_a_form_may_write_ranges_in_three_ways(api: Api, fast: Written, slow: Written) -> None:
    """All mean 10..20 and 20..30."""
    body = api.submit({"fast_range": fast, "slow_range": slow}).json()

    assert [10, 20] == body["parameters"]["fast_range"]
    assert [20, 30] == body["parameters"]["slow_range"]


def test_json_is_taken_too_and_options_are_echoed(api: Api) -> None:
    """Only what was given beyond the seed's fields is added to its parameters."""
    options = {
        "strategy_type": "MACD",
        "signal_period": 5,
        "start": "2020-01-01",
        "end": "2023-12-31",
        "interval": "1d",
        "fee_bps": 5.0,
        "slippage_bps": 1.5,
        "fill": "same_close",
    }

    answer = post_json(api, {**JSON_BODY, **options})

    assert 202 == answer.status_code
    echoed = answer.json()["parameters"]
    expected = {name: value for name, value in options.items() if name != "strategy_type"}
    assert expected == {name: echoed.get(name) for name in expected}


def test_two_sweeps_of_one_ticker_in_one_second_have_two_ids(api: Api) -> None:
    """Time and ticker alone would collide."""
    assert 5 == len({api.submit().json()["job_id"] for _ in range(5)})


def test_a_repeated_key_gets_the_first_answer_and_no_second_job(api: Api) -> None:
    """Byte for byte, with a header that says so; the callback's address may differ."""
    first = api.submit(key="once")
    again = api.submit({"webhook_url": "http://127.0.0.1:9/elsewhere"}, key="once")

    assert (202, 202) == (first.status_code, again.status_code)
    assert first.content == again.content
    assert ("true", None) == (
        again.headers.get("Idempotent-Replayed"),
        first.headers.get("Idempotent-Replayed"),
    )


def test_a_key_with_other_parameters_is_refused(api: Api) -> None:
    """422, and the first job is not touched."""
    api.submit(key="other")

    answer = api.submit({"step": "4"}, key="other")

    assert (422, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert "Idempotency-Key" in answer.json()["error"]


def test_a_full_queue_says_when_to_come_back_and_still_replays(tmp_path: Path) -> None:
    """429 with Retry-After; a known key is answered all the same."""
    slow = {"max_queued": "1", "workers": "1", "min_job_seconds": "600"}
    with serving(tmp_path, **slow) as api:
        running = api.submit().json()["job_id"]
        api.wait_for(running, "running")
        waiting = api.submit(key="waiting")

        refused = api.submit()
        replayed = api.submit(key="waiting")

    assert (429, "5") == (refused.status_code, refused.headers["Retry-After"])
    assert waiting.content == replayed.content


def test_without_its_features_the_server_is_the_seeds(tmp_path: Path) -> None:
    """No keys, no status, no cancel, and health has three members."""
    with serving(tmp_path, features="") as api:
        health = api.get("/health").json()
        first = api.submit(key="k").json()["job_id"]
        second = api.submit(key="k")

        assert {"status", "version", "timestamp"} == set(health)
        assert first != second.json()["job_id"]
        assert "Idempotent-Replayed" not in second.headers
        assert 404 == api.get(f"/api/v1/jobs/{first}").status_code
        assert 404 == api.post(f"/api/v1/jobs/{first}/cancel").status_code


def test_health_names_its_features(api: Api) -> None:
    """A client decides by them what it may rely on."""
    body = api.get("/health").json()

    features = [
        *("bayes-search", "cancel", "idempotency-key", "job-status", "many-tickers"),
        *("report", "results"),
    ]
    assert ("healthy", features) == (body["status"], body["features"])

"""Jobs of many tickers: what is refused, what fails, progress, durability, cancellation."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import KEY, SEEDS_FORM, Api, serving
from tests.tradingapi.test_many import MANY


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"ticker": "BTC-USD"}, "tickers", "not together with ticker"),
        ({"tickers": None}, "ticker", "Field required"),
        ({"tickers": "SYN:A,SYN:A"}, "tickers", "each only once"),
        ({"tickers": "[]"}, "tickers", "at least 1"),
        ({"tickers": "["}, "tickers", "a list, or AAA,BBB"),
        ({"tickers": "SYN:A,../etc"}, "tickers.1", "pattern"),
        ({"tickers": ",".join(f"T{n:04}" for n in range(1_001))}, "tickers", "at most 1000"),
        ({"search": "bayes"}, "search", "grid, with tickers"),
    ],
)
def test_bad_input_names_the_field_and_the_rule(
    api: Api, changes: dict[str, Any], field: str, rule: str
) -> None:
    """400, and nothing is queued."""
    answer = api.submit({**MANY, **changes})

    assert 400 == answer.status_code
    (broken,) = answer.json()["detail"]
    assert field == broken["field"]
    assert rule in broken["rule"]


@pytest.mark.parametrize("written", ['["SYN:A", "SYN:B"]', "SYN:A, SYN:B", ["SYN:A", "SYN:B"]])
def test_a_form_has_tickers_as_json_by_commas_or_the_field_again(api: Api, written: Any) -> None:
    """All are one question, and the answer echoes the list."""
    accepted = api.submit({**MANY, "tickers": written}).json()

    assert (["SYN:A", "SYN:B"], None) == (
        accepted["parameters"]["tickers"],
        accepted["parameters"]["ticker"],
    )
    assert "_2tickers_" in accepted["job_id"]


def test_json_takes_a_list_of_a_thousand(api: Api) -> None:
    """And a list alone: a text would be one more way to write it."""
    body = {
        **{k: v for k, v in SEEDS_FORM.items() if k != "ticker"},
        "fast_range": [10, 20],
        "slow_range": [20, 30],
        "step": 5,
        "min_trades": 10,
    }
    url = f"{api.url}/api/v1/strategy/sweep"
    names = [f"SYN:{n:04}" for n in range(1_000)]
    many = httpx.post(url, headers=KEY, json={**body, "tickers": names})
    text = httpx.post(url, headers=KEY, json={**body, "tickers": "SYN:A,SYN:B"})

    assert (202, 400) == (many.status_code, text.status_code)
    api.post(f"/api/v1/jobs/{many.json()['job_id']}/cancel")
    assert "tickers" == text.json()["detail"][0]["field"]


def test_wrong_tickers_among_many_are_named_together(api: Api) -> None:
    """In the seed's words: nobody submits seven times to learn of seven."""
    alone = api.submit({**MANY, "tickers": "SYN:A,NOPRICES"}).json()["job_id"]
    three = api.submit({**MANY, "tickers": "NONE1,SYN:A,NONE2,NONE3"}).json()["job_id"]
    short = api.submit({**MANY, "tickers": "SYN:A,SYN:B", "end": "2013-06-01"}).json()["job_id"]

    assert (
        "Insufficient historical data for ticker NOPRICES"
        == api.wait_for(alone, "failed")["error_message"]
    )
    assert (
        "ticker NONE1 (and for 2 more: NONE2, NONE3)"
        in api.wait_for(three, "failed")["error_message"]
    )
    assert api.wait_for(short, "failed")["error_message"].startswith(
        "Insufficient historical data for ticker SYN:A: 22 bars"
    )


def test_progress_goes_through_prices_pairs_and_portfolio(tmp_path: Path) -> None:
    """0 first and 100 last, as for any job."""
    with serving(tmp_path, min_job_seconds="3") as api:
        events = api.events(api.submit(MANY).json()["job_id"])
    percents = [event["percent"] for event in events if "percent" in event]
    words = {event["message"].split()[0] for event in events if "message" in event}

    assert (0, 100, True) == (percents[0], percents[-1], events[-1]["done"])
    assert percents == sorted(percents)
    assert {"Fetching", "Processing", "Following"} <= words


def test_many_tickers_survive_a_sigkill_and_call_back(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """The accepted job ends after the restart; its callback says how many tickers it has."""
    with serving(tmp_path, min_job_seconds="600") as api:
        job_id = api.submit({**MANY, "webhook_url": callbacks.url}).json()["job_id"]
        api.wait_for(job_id, "running")
        api.service.kill()
    with serving(tmp_path) as api:
        told = callbacks.next().body
        best = api.get(f"/api/v1/sweeps/{told['sweep_run_id']}/best")

        assert (job_id, 4) == (told["job_id"], told["ticker_count"])
        assert 200 == best.status_code


def test_a_sweep_of_many_tickers_can_be_cancelled(tmp_path: Path) -> None:
    """At once, between two of them."""
    with serving(tmp_path, min_job_seconds="600") as api:
        job_id = api.submit(MANY).json()["job_id"]
        api.wait_for(job_id, "running")

        assert 202 == api.post(f"/api/v1/jobs/{job_id}/cancel").status_code
        assert "cancelled" == api.job(job_id)["status"]


def test_a_server_without_the_feature_takes_one_ticker(tmp_path: Path) -> None:
    """It says so, and has no endpoint for more."""
    with serving(tmp_path, features="job-status,results") as api:
        refused = api.submit(MANY)

        assert (400, "tickers") == (refused.status_code, refused.json()["detail"][0]["field"])
        assert 404 == api.get("/api/v1/sweeps/run_x/portfolio").status_code
        assert "portfolio" not in httpx.get(f"{api.url}/openapi.json").text.partition("schemas")[0]

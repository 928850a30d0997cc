"""What an answer says about itself, unasked: verdict, report, and how they are kept."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.tradingapi.server import KEY, SEEDS_FORM, Api, serving
from tests.tradingapi.test_cache import DAY, age

STANDARD = {"config_path": "standard", "ticker": "^GSPC", "min_trades": "10"}
"""Eight pairs on real prices, every check."""

SLOW = {
    "config_path": "standard",
    "fast_range": "2-70",
    "slow_range": "3-90",
    "step": "1",
    "min_trades": "10",
}
"""A second of permutations."""

NAMES = {"NoResult", "LikelyLuck", "NotBetterThanHolding", "Fragile", "Promising"}


def report(api: Api, run_id: str) -> bytes:
    """Read a run's report as it is sent."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/report")
    assert answer.status_code == 200, answer.text
    assert "application/json" == answer.headers["content-type"]
    return answer.content


def verdict(api: Api, run_id: str) -> dict[str, Any]:
    """Read the verdict beside a run's best pairs."""
    body = api.get(f"/api/v1/sweeps/{run_id}/best").json()["verdict"]
    assert isinstance(body, dict)
    return body


def test_every_answer_carries_a_verdict_unasked(api: Api) -> None:
    """Without `config_path` all is checked; the sentence has the p-value of the whole search."""
    asked = {**SEEDS_FORM, **STANDARD}
    del asked["config_path"]
    answer = httpx.post(f"{api.url}/api/v1/strategy/sweep", headers=KEY, data=asked)
    run_id = api.wait_for(answer.json()["job_id"], "completed")["sweep_run_id"]

    said = verdict(api, run_id)
    whole = json.loads(report(api, run_id))

    assert {"name", "p_value", "sentence"} == set(said)
    assert said["name"] in NAMES
    assert whole["verdict"]["sentence"] == said["sentence"]
    assert whole["checks"]["permutation"]["p_value"] == said["p_value"]
    assert 999 == whole["checks"]["permutation"]["permutations"]
    assert "standard" == whole["preset"]


def test_the_minimum_has_a_verdict_without_the_search(api: Api, seeds_run: str) -> None:
    """It names what was not checked, and that the prices were invented."""
    said, whole = verdict(api, seeds_run), json.loads(report(api, seeds_run))

    assert (None, None) == (said["p_value"], whole["checks"])
    assert "preset_minimum" == whole["checks_reason"]
    assert said["sentence"].endswith("(synthetic prices)")


def test_a_preset_changes_no_metric_and_no_score(api: Api) -> None:
    """The rows are the same to the byte."""
    rows = [
        api.get(f"/api/v1/sweeps/{api.finish({**STANDARD, 'config_path': preset})}/results").json()
        for preset in ("minimum", "standard")
    ]

    assert rows[0]["results"] == rows[1]["results"]


def test_where_nothing_qualifies_the_verdict_says_so(api: Api) -> None:
    """With the numbers that explain it."""
    run_id = api.finish({**STANDARD, "min_trades": "1000"})

    assert "NoResult" == verdict(api, run_id)["name"]
    assert "None of 8 pairs closed 1000 trades" in verdict(api, run_id)["sentence"]


def test_a_known_question_has_the_same_report_to_the_byte(api: Api) -> None:
    """Two runs, one answer."""
    first, second = (api.finish(STANDARD) for _ in range(2))

    assert first != second
    assert report(api, first) == report(api, second)


def test_a_report_is_the_same_after_a_sigkill_in_the_middle_of_it(tmp_path: Path) -> None:
    """Begun again from nothing, and kept over the next kill as it was."""
    with serving(tmp_path / "killed", workers="1") as api:
        job_id = api.submit(SLOW, key="k").json()["job_id"]
        api.wait_until(job_id, lambda job: job["percent"] > 10)
        api.service.kill()
        api.service.start().wait_ready()
        again = api.wait_for(job_id, "completed")["sweep_run_id"]
        told = report(api, again)
        api.service.kill()
        api.service.start().wait_ready()
        assert told == report(api, again)
    with serving(tmp_path / "calm") as api:
        assert told == report(api, api.finish(SLOW))


def test_a_report_goes_with_its_result(tmp_path: Path) -> None:
    """410 for both, and the sweep can be run again."""
    with serving(tmp_path, keep_results_days="10") as api:
        run_id = api.finish()
        api.service.stop()
        age(tmp_path, 11 * DAY)
        api.service.start().wait_ready()
        gone = f"/api/v1/sweeps/{run_id}/report"
        eventually(lambda: api.get(gone).status_code, 410, within=20)
        for what in ("best", "report"):
            assert 410 == api.get(f"/api/v1/sweeps/{run_id}/{what}").status_code
        assert report(api, api.finish())


def test_a_run_that_never_was_has_no_report(api: Api) -> None:
    """404, as everywhere."""
    assert 404 == api.get("/api/v1/sweeps/run_never/report").status_code


def test_progress_covers_the_sweep_and_the_report(tmp_path: Path) -> None:
    """It rises through both, and says which one it is in."""
    with serving(tmp_path) as api:
        *progress, _ = api.events(api.submit(SLOW).json()["job_id"])

    percents = [event["percent"] for event in progress]
    assert sorted(percents) == percents
    assert (0, 100) == (percents[0], percents[-1])
    said = [event["message"] for event in progress]
    assert any(message.startswith("Is it luck: permutation") for message in said)
    assert any(20 < percent < 80 for percent in percents)


def test_a_cancellation_ends_a_report_within_it(tmp_path: Path) -> None:
    """The only worker is free for the next job at once."""
    with serving(tmp_path, workers="1") as api:
        job_id = api.submit({**SLOW, "fast_range": "2-350", "slow_range": "3-355"}).json()["job_id"]
        api.wait_until(job_id, lambda job: job["percent"] > 5)
        api.post(f"/api/v1/jobs/{job_id}/cancel")
        api.finish()

        assert "cancelled" == api.job(job_id)["status"]
        assert "failed unexpectedly" not in api.log


def test_without_the_feature_the_verdict_stays_and_the_report_is_not_served(
    tmp_path: Path,
) -> None:
    """A plain sweep API has no such path."""
    with serving(tmp_path, features="job-status") as api:
        run_id = api.finish()

        assert verdict(api, run_id)["name"] in NAMES
        assert 404 == api.get(f"/api/v1/sweeps/{run_id}/report").status_code

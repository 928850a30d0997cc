"""Three periods, and some combinations instead of all: asked over HTTP, answered like a grid."""

from typing import Any

import pytest

from tests.tradingapi.server import Api
from tradingapi.contract import SweepRequest
from tradingapi.engine import Strategy
from tradingapi.engine.spec import Search

THREE = {
    "strategy_type": "MACD",
    "min_trades": "10",
    "signal_range": "[5, 15]",
    "config_path": "minimum",
}
SAMPLED = {
    "fast_range": "[2, 60]",
    "slow_range": "[10, 200]",
    "step": "1",
    "min_trades": "10",
    "search": "bayes",
    "max_trials": "30",
    "seed": "7",
    "config_path": "minimum",
}


@pytest.fixture(scope="module")
def three(api: Api) -> str:
    """A run over fast, slow and signal periods."""
    return api.finish(THREE)


def rows_of(api: Api, run_id: str) -> list[dict[str, Any]]:
    """Read the rows of a run by rank."""
    rows: list[dict[str, Any]] = api.get(f"/api/v1/sweeps/{run_id}/results", limit=1_000).json()[
        "results"
    ]
    return rows


def test_a_signal_range_is_a_third_axis(api: Api, three: str) -> None:
    """8 pairs with each of 5, 10 and 15, by the step of the others."""
    rows = rows_of(api, three)

    assert 24 == len(rows)
    assert {5, 10, 15} == {row["signal_period"] for row in rows}
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_a_combination_of_three_is_followed_by_its_signal(api: Api, three: str) -> None:
    """Its trades are those of its row, and without the signal nobody knows which row is meant."""
    row = rows_of(api, three)[-1]
    pair = f"/api/v1/sweeps/{three}/pairs/{row['fast_period']}/{row['slow_period']}"
    followed = api.get(f"{pair}/trades", signal_period=row["signal_period"]).json()
    unnamed, untested = api.get(f"{pair}/trades"), api.get(f"{pair}/equity", signal_period=6)

    closed = [trade for trade in followed["trades"] if not trade["open"]]
    assert (row["signal_period"], row["total_trades"]) == (followed["signal_period"], len(closed))
    assert (400, "signal_period") == (unnamed.status_code, unnamed.json()["detail"][0]["field"])
    assert 404 == untested.status_code


def test_a_heat_map_shows_one_signal_the_bests_if_not_said(api: Api, three: str) -> None:
    """Else a cell would be of any of them."""
    rows = rows_of(api, three)
    path = f"/api/v1/sweeps/{three}/heatmap"
    shown, chosen = api.get(path).json(), api.get(path, signal_period=15).json()
    cells = {
        (row["fast_period"], row["slow_period"]): row["score"]
        for row in rows
        if row["signal_period"] == 15
    }

    assert (rows[0]["signal_period"], 15) == (shown["signal_period"], chosen["signal_period"])
    assert cells == {
        (fast, slow): value
        for fast, line in zip(chosen["fast"], chosen["values"], strict=True)
        for slow, value in zip(chosen["slow"], line, strict=True)
        if value is not None
    }
    assert 400 == api.get(path, signal_period=6).status_code


def test_bayes_tests_some_of_a_grid_and_says_so(api: Api) -> None:
    """The same seed tests the same combinations, and another one others."""
    accepted = api.submit(SAMPLED).json()
    run = api.wait_for(accepted["job_id"], "completed")["sweep_run_id"]
    again, other = api.finish(SAMPLED), api.finish({**SAMPLED, "seed": "8"})
    best = api.get(f"/api/v1/sweeps/{run}/best").json()

    assert 59 * 191 == accepted["parameters"]["combinations"]
    assert ("bayes", 30, 7) == tuple(
        best["settings"][name] for name in ("search", "max_trials", "seed")
    )
    assert 30 == best["total_results"] == len(rows_of(api, run))
    assert rows_of(api, run) == rows_of(api, again)
    assert rows_of(api, run) != rows_of(api, other)


def test_bayes_takes_what_is_too_much_for_a_grid(api: Api) -> None:
    """The refusal says what would do."""
    many = {
        **THREE,
        "fast_range": "[2, 200]",
        "slow_range": "[3, 400]",
        "signal_range": "[2, 50]",
        "step": "1",
    }
    refused = api.submit(many)
    run = api.finish({**many, "search": "bayes", "max_trials": "20"})

    assert 400 == refused.status_code
    assert "search bayes" in refused.json()["detail"][0]["rule"]
    assert 20 == len(rows_of(api, run))


def test_a_sampled_runs_report_leaves_out_what_needs_every_pair(api: Api) -> None:
    """Its trials were chosen by each other: no deflated Sharpe, no overfitting probability."""
    full = {**SAMPLED, "max_trials": "12", "config_path": "standard"}
    found = api.get(f"/api/v1/sweeps/{api.finish(full)}/report").json()

    assert None is found["checks"]["deflated_sharpe"]
    assert None is found["checks"]["overfitting"]
    assert 19 == found["checks"]["permutation"]["permutations"]


def test_fields_that_came_later_change_no_fingerprint() -> None:
    """A key that was used before an upgrade still gets its first answer."""
    request = SweepRequest(
        ticker="BTC-USD",
        fast_range=(10, 20),
        slow_range=(20, 30),
        step=5,
        min_trades=50,
        strategy_type=Strategy.SMA,
        webhook_url="http://127.0.0.1:9/hook",
    )
    known = "fcf8440d986924644ef3188548357c0ce3c0617b0c7c9f2d0577e3016b30be5e"

    assert known == request.fingerprint()
    assert known != request.model_copy(update={"search": Search.BAYES}).fingerprint()

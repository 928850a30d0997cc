"""Sweeps of many tickers over HTTP: submitted, ranked, followed, durable, cancelled."""

import io
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.tradingapi.server import SEEDS_FORM, Api
from tradingapi.contract import SweepRequest
from tradingapi.prices.synthetic import SyntheticSource
from tradingapi.results.metric import Place
from tradingapi.tickers import portfolio, sweep_many

NAMES = ["SYN:A", "SYN:B", "SYN:C", "BTC-USD"]
MANY: dict[str, Any] = {
    "ticker": None,
    "tickers": ",".join(NAMES),
    "fast_range": "[5, 14]",
    "slow_range": "[20, 33]",
    "step": "1",
    "min_trades": "40",
}
PAIRS = 140


@pytest.fixture(scope="module")
def run_id(api: Api) -> str:
    """A finished run."""
    return api.finish(MANY)


@pytest.fixture(scope="module")
def expected() -> tuple[Any, Any]:
    """The same in this process: pairs and portfolio."""
    source = SyntheticSource(("*",))
    prices = {name: source.fetch(name, "1d") for name in NAMES}
    form = {**SEEDS_FORM, **MANY}
    asked = SweepRequest.model_validate({k: v for k, v in form.items() if v is not None})
    result = sweep_many(prices, asked.to_spec())
    return result, portfolio(result, prices)


def test_best_has_places_and_the_portfolio_of_the_first(
    api: Api, run_id: str, expected: tuple[Any, Any]
) -> None:
    """To the last digit what the function finds."""
    result, together = expected
    best = api.get(f"/api/v1/sweeps/{run_id}/best", limit=3).json()

    assert ("many-tickers" in api.get("/health").json()["features"], 4) == (
        True,
        best["ticker_count"],
    )
    assert [
        (*row.pair, 100 * row.median, 100 * row.worst, row.tickers) for row in result.best(3)
    ] == [
        (
            row["fast_period"],
            row["slow_period"],
            row["median_rank_pct"],
            row["worst_rank_pct"],
            row["tickers"],
        )
        for row in best["results"]
    ]
    assert together.run.figures.sharpe == best["portfolio"]["sharpe_ratio"]
    assert together.holding.figures.sharpe == best["portfolio"]["buy_and_hold"]["sharpe_ratio"]
    assert (PAIRS, PAIRS - int(result.qualified.sum()), 4) == (
        best["total_results"],
        best["excluded_by_tickers"],
        best["tickers_needed"],
    )
    assert best["synthetic"]
    assert "verdict" not in best


def test_pages_go_through_all_pairs_by_rank_and_by_each_place(api: Api, run_id: str) -> None:
    """With a cursor; the file and the CSV say the same."""
    path = f"/api/v1/sweeps/{run_id}/results"
    first = api.get(path, limit=100).json()
    second = api.get(path, cursor=first["next_cursor"]).json()
    table = pq.read_table(io.BytesIO(api.get(f"{path}.parquet").content)).to_pandas()
    ranks = [row["rank"] for row in first["results"] + second["results"]]

    assert (100, 40, PAIRS, None) == (
        first["returned"],
        second["returned"],
        first["total"],
        second["next_cursor"],
    )
    assert list(range(1, PAIRS + 1)) == ranks == table["rank"].tolist()
    assert ("rank", "asc") == (first["sort"], first["order"])
    for place in (Place.MEDIAN, Place.WORST, Place.TICKERS):
        page = api.get(path, sort=place.value, limit=1_000).json()
        by_file = table.sort_values(
            [place.value, "rank"], ascending=[False, True], na_position="last"
        )
        assert by_file["rank"].tolist() == [row["rank"] for row in page["results"]]
    assert PAIRS + 1 == len(api.get(f"{path}.csv").text.splitlines())


def test_the_heat_map_shows_places(api: Api, run_id: str, expected: tuple[Any, Any]) -> None:
    """The median if not said."""
    result, _ = expected
    path = f"/api/v1/sweeps/{run_id}/heatmap"
    shown, worst = api.get(path).json(), api.get(path, metric="worst_rank_pct").json()

    assert ("median_rank_pct", list(range(5, 15))) == (shown["metric"], shown["fast"])
    assert np.array_equal(
        np.array(worst["values"], dtype=float).ravel(), 100 * result.worst, equal_nan=True
    )


def test_the_portfolio_is_shown_bar_by_bar(
    api: Api, run_id: str, expected: tuple[Any, Any]
) -> None:
    """Equity, drawdown, holding and members, of one length."""
    _, together = expected
    shown = api.get(f"/api/v1/sweeps/{run_id}/portfolio").json()

    assert together.run.equity.tolist() == shown["equity"]
    assert together.holding.equity.tolist() == shown["holding_equity"]
    assert shown["bars"] == len(shown["time"]) == len(shown["members"])
    assert min(shown["drawdown_pct"]) == pytest.approx(shown["max_drawdown_pct"])


def test_each_tickers_part_and_its_pairs_can_be_looked_into(
    api: Api, run_id: str, expected: tuple[Any, Any]
) -> None:
    """Equity of a pair on one ticker is what that ticker's own sweep says."""
    result, _ = expected
    listed = api.get(f"/api/v1/sweeps/{run_id}/tickers", top=3).json()["tickers"]
    part = listed[1]
    pair = part["best"]["pair"]
    path = f"/api/v1/sweeps/{run_id}/pairs/{pair}/equity"
    equity = api.get(path, ticker="SYN:B").json()

    assert NAMES == [each["ticker"] for each in listed]
    assert [each.data_sha256 for each in result.parts] == [each["data_sha256"] for each in listed]
    assert 100 * (equity["equity"][-1] - 1) == pytest.approx(part["best"]["total_return_pct"])
    assert "SYN:B" == equity["ticker"]
    assert (3, pair, part["best"]["score"]) == (len(part["top"]), *part["top"][0].values())
    unnamed, unknown = api.get(path), api.get(path, ticker="SYN:Z")
    assert (400, "ticker") == (unnamed.status_code, unnamed.json()["detail"][0]["field"])
    assert 404 == unknown.status_code


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("best", {"ticker": "SYN:A"}, 404),
        ("report", {}, 404),
        ("results", {"sort": "score"}, 400),
        ("results", {"min_trades": 5}, 400),
        ("heatmap", {"metric": "sharpe_ratio"}, 400),
    ],
)
def test_what_a_run_of_many_has_not_is_refused(
    api: Api, run_id: str, path: str, params: dict[str, Any], status: int
) -> None:
    """With the field named where there is one."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/{path}", **params)

    assert status == answer.status_code
    if status == 400:
        assert [*params] == [broken["field"] for broken in answer.json()["detail"]]


def test_a_run_of_one_ticker_has_no_places(api: Api, seeds_run: str) -> None:
    """Nor a portfolio."""
    run = f"/api/v1/sweeps/{seeds_run}"

    assert 400 == api.get(f"{run}/results", sort="median_rank_pct").status_code
    assert 400 == api.get(f"{run}/heatmap", metric="tickers").status_code
    assert 404 == api.get(f"{run}/portfolio").status_code
    assert 404 == api.get(f"{run}/tickers").status_code
    pair = f"{run}/pairs/10/20/trades"
    assert (200, 404) == (
        api.get(pair, ticker="BTC-USD").status_code,
        api.get(pair, ticker="ETH-USD").status_code,
    )


def test_no_qualified_pair_is_a_completed_run_without_a_portfolio(api: Api) -> None:
    """As for one ticker."""
    run = api.finish({**MANY, "min_trades": "1000"})
    best = api.get(f"/api/v1/sweeps/{run}/best").json()
    shown = api.get(f"/api/v1/sweeps/{run}/best", include_excluded=True, limit=1).json()

    assert ([], "no_pair_reached_min_trades", None) == (
        best["results"],
        best["reason"],
        best["portfolio"],
    )
    assert [("tickers", None)] == [
        (row["excluded"], row["median_rank_pct"]) for row in shown["results"]
    ]
    assert 404 == api.get(f"/api/v1/sweeps/{run}/portfolio").status_code


def test_the_same_question_again_is_answered_by_the_same_result(api: Api, run_id: str) -> None:
    """In another order it is another one: sums over tickers would differ in their last digits."""
    again, turned = api.finish(MANY), api.finish({**MANY, "tickers": ",".join(reversed(NAMES))})
    at = [api.get(f"/api/v1/sweeps/{each}/best").json()["computed_at"] for each in (run_id, again)]

    assert at[0] == at[1]
    assert (
        api.get(f"/api/v1/sweeps/{run_id}/results.parquet").content
        == api.get(f"/api/v1/sweeps/{turned}/results.parquet").content
    )

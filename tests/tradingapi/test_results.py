"""All pairs of a run: pages in any order, downloads, and a heat map, all saying the same."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.tradingapi.server import Api
from tradingapi.results.metric import Metric

GRID = {"fast_range": "5-14", "slow_range": "20-33", "step": "1"}
PAIRS = 140


@pytest.fixture(scope="module")
def run_id(api: Api) -> str:
    """A finished run of 140 pairs, of which some are below its 50 trades."""
    return api.finish(GRID)


@pytest.fixture(scope="module")
def frame(api: Api, run_id: str) -> pd.DataFrame:
    """The run's Parquet file."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/results.parquet")
    assert "application/vnd.apache.parquet" == answer.headers["content-type"]
    assert f'filename="{run_id}.parquet"' in answer.headers["content-disposition"]
    return pq.read_table(io.BytesIO(answer.content)).to_pandas()


def page(api: Api, run_id: str, **params: Any) -> dict[str, Any]:
    """Read one page."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/results", **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def whole(api: Api, run_id: str, **params: Any) -> list[dict[str, Any]]:
    """Follow the cursors to the end; only the first page is asked with more than the cursor."""
    found = page(api, run_id, **params)
    rows = list(found["results"])
    while found["next_cursor"] is not None:
        found = page(api, run_id, cursor=found["next_cursor"], limit=params.get("limit", 100))
        rows += found["results"]
    return rows


def test_the_file_holds_every_pair_by_rank(frame: pd.DataFrame) -> None:
    """Presorted by score, so that its first row group has the best."""
    assert PAIRS == len(frame)
    assert list(range(1, PAIRS + 1)) == frame["rank"].tolist()
    assert frame["score"].is_monotonic_decreasing


def test_without_an_order_pages_are_by_rank(api: Api, run_id: str) -> None:
    """The best first, 100 a page, with what the listing holds in all."""
    first = page(api, run_id)

    assert (100, PAIRS, "score", "desc") == (
        first["returned"],
        first["total"],
        first["sort"],
        first["order"],
    )
    rows = whole(api, run_id)
    assert list(range(1, PAIRS + 1)) == [row["rank"] for row in rows]
    best = api.get(f"/api/v1/sweeps/{run_id}/best", limit=1, include_excluded=True)
    assert {"rank": 1, **best.json()["results"][0]} == rows[0]


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_any_metric_sorts_with_ties_by_rank_and_null_last(
    api: Api, run_id: str, frame: pd.DataFrame, metric: Metric, order: str
) -> None:
    """Page by page the same as sorting the file."""
    expected = frame.sort_values(
        [metric.value, "rank"], ascending=[order == "asc", True], na_position="last"
    )

    rows = whole(api, run_id, sort=metric.value, order=order, limit=37)

    assert expected["rank"].tolist() == [row["rank"] for row in rows]


def test_too_few_trades_can_be_left_out(api: Api, run_id: str, frame: pd.DataFrame) -> None:
    """And are flagged against the run's own minimum where they are not."""
    limit = int(frame["total_trades"].median())
    rows = whole(api, run_id, min_trades=limit)
    everything = whole(api, run_id)

    assert 0 < len(rows) < PAIRS
    assert (frame["total_trades"] >= limit).sum() == len(rows)
    assert (~frame["qualified"]).sum() == sum("excluded" in row for row in everything)


def test_a_cursor_is_of_its_run_and_order(api: Api, run_id: str, seeds_run: str) -> None:
    """It cannot be used elsewhere, and what is asked beside it may not differ."""
    cursor = page(api, run_id, sort="sharpe_ratio", limit=5)["next_cursor"]
    results = f"/api/v1/sweeps/{run_id}/results"

    assert 6 <= page(api, run_id, cursor=cursor, sort="sharpe_ratio")["returned"]
    for path, other in (
        (f"/api/v1/sweeps/{seeds_run}/results", {}),
        (results, {"sort": "score"}),
        (results, {"order": "asc"}),
        (results, {"min_trades": 7}),
    ):
        answer = api.get(path, cursor=cursor, **other)
        assert (400, "cursor") == (answer.status_code, answer.json()["detail"][0]["field"])


@pytest.mark.parametrize("change", ["flip", "cut", "é", "AAAA", "=", "x" * 250, "x" * 300])
def test_a_cursor_that_is_not_ours_is_refused(api: Api, run_id: str, change: str) -> None:
    """Every byte of it is sealed."""
    genuine = page(api, run_id, limit=5)["next_cursor"]
    last = "A" if genuine[-2] != "A" else "B"
    forged = {"flip": genuine[:-2] + last + genuine[-1], "cut": genuine[:-4]}.get(change, change)

    answer = api.get(f"/api/v1/sweeps/{run_id}/results", cursor=forged)

    assert (400, "cursor") == (answer.status_code, answer.json()["detail"][0]["field"])


def test_the_csv_says_what_the_file_says(api: Api, run_id: str, frame: pd.DataFrame) -> None:
    """All rows and columns; null is an empty field."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/results.csv")
    table = pd.read_csv(io.StringIO(answer.text))

    assert "text/csv; charset=utf-8" == answer.headers["content-type"]
    assert list(frame.columns) == list(table.columns)
    assert frame["fast_period"].tolist() == table["fast_period"].tolist()
    for metric in Metric:
        np.testing.assert_array_equal(
            frame[metric.value].to_numpy(dtype=float), table[metric.value].to_numpy(dtype=float)
        )


def test_a_heat_map_lays_the_metric_out(api: Api, run_id: str, frame: pd.DataFrame) -> None:
    """Each cell is the figure of its pair."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/heatmap", metric="sharpe_ratio").json()

    assert (list(range(5, 15)), list(range(20, 34))) == (answer["fast"], answer["slow"])
    for row in frame.itertuples():
        fast, slow = answer["fast"].index(row.fast_period), answer["slow"].index(row.slow_period)
        assert row.sharpe_ratio == answer["values"][fast][slow]


def test_a_heat_map_has_holes_where_there_is_no_figure(api: Api, seeds_run: str) -> None:
    """20/20 is no pair, and too few trades are no figure."""
    cells = api.get(f"/api/v1/sweeps/{seeds_run}/heatmap", metric="total_trades").json()
    none = api.get(f"/api/v1/sweeps/{seeds_run}/heatmap", min_trades=10_000).json()

    assert cells["values"][2][0] is None
    assert all(isinstance(cell, int) for row in cells["values"][:2] for cell in row)
    assert {None} == {cell for row in none["values"] for cell in row}


@pytest.mark.parametrize("name", ["results", "results.csv", "results.parquet", "heatmap"])
def test_a_run_that_never_was_is_not_found(api: Api, name: str) -> None:
    """404, and 401 without a key."""
    assert 404 == api.get(f"/api/v1/sweeps/run_never/{name}").status_code


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("results", {"sort": "ticker"}),
        ("results", {"order": "up"}),
        ("results", {"limit": 0}),
        ("results", {"limit": 1_001}),
        ("results", {"min_trades": -1}),
        ("results", {"min_trades": 10**30}),
        ("heatmap", {"metric": "rank"}),
        ("heatmap", {"min_trades": "many"}),
    ],
)
def test_a_wrong_question_names_its_field(
    api: Api, seeds_run: str, name: str, params: dict[str, Any]
) -> None:
    """400 with the parameter."""
    answer = api.get(f"/api/v1/sweeps/{seeds_run}/{name}", **params)

    assert 400 == answer.status_code
    assert {*params} == {broken["field"] for broken in answer.json()["detail"]}

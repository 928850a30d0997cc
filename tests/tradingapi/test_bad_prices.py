"""Bad prices in a file: refused with the row and the rule, or measured and finite."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.tradingapi.server import Api, serving

DAYS = np.arange("2020-01-01", "2022-01-01", dtype="datetime64[D]").astype(str).tolist()
WAVE = [100 + 10 * math.sin(n / 9) for n in range(len(DAYS))]


def a_file(closes: list[float], days: list[str] | None = None, **rows: str) -> str:
    """Write a price file; a row, counted from 1 as `row_7`, may be anything."""
    lines = [f"{day},{p},{p},{p},{p}" for day, p in zip(days or DAYS, closes, strict=False)]
    for name, text in rows.items():
        lines[int(name.removeprefix("row_")) - 1] = text
    return "\n".join(["date,open,high,low,close", *lines])


REFUSED = {
    "UNORDERED": (a_file(WAVE, row_7="2019-01-01,1,1,1,1"), "row 7 .*not after"),
    "DOUBLE": (a_file(WAVE, row_7=f"{DAYS[5]},1,1,1,1"), "row 7 .*not after"),
    "MISSING": (a_file(WAVE, row_7=f"{DAYS[6]},1,1,1,"), "row 7: close is not a number"),
    "NAN": (a_file(WAVE, row_7=f"{DAYS[6]},1,NaN,1,1"), "row 7: high is not a number"),
    "INF": (a_file(WAVE, row_7=f"{DAYS[6]},1,inf,1,1"), "row 7 .*high is not a number"),
    "ZERO": (a_file(WAVE, row_7=f"{DAYS[6]},1,1,0,1"), "row 7 .*low is not positive"),
    "NEGATIVE": (a_file(WAVE, row_7=f"{DAYS[6]},1,1,1,-1"), "row 7 .*close is not positive"),
    "HUGE": (a_file(WAVE, row_7=f"{DAYS[6]},1,1e300,1,1"), "row 7 .*high is outside"),
    "UPSIDE": (a_file(WAVE, row_7=f"{DAYS[6]},5,4,3,5"), "row 7 .*high is below"),
    "JUMP": (a_file(WAVE, row_7=f"{DAYS[6]},1,1e9,1,1e9"), "row 7 .*million-fold"),
    "WORDS": (a_file(WAVE, row_7=f"{DAYS[6]},one,1,1,1"), "row 7: open is not a number"),
    "TIMELESS": (a_file(WAVE, row_7="soon,1,1,1,1"), "row 7: date is not a time"),
    "SINGLE": (a_file(WAVE[:1]), "1 bars, at least"),
    "NOTHING": (a_file([]), "0 bars, at least|no bar"),
    "SHORT": (a_file(WAVE[:25]), "25 bars, at least"),
}

MEASURED = {
    "CONSTANT": a_file([0.1] * len(DAYS)),
    "COLLAPSE": a_file([80.0] * 400 + [1e-4 * (1 + n % 3) for n in range(331)]),
    "CENTS": a_file([round(1 + 0.02 * math.sin(n / 5), 2) for n in range(len(DAYS))]),
    "TINY": a_file([1e-11 * (2 + math.sin(n / 9)) for n in range(len(DAYS))]),
    "LARGE": a_file([1e11 * (2 + math.sin(n / 9)) for n in range(len(DAYS))]),
    "HOLE": a_file(WAVE[:200] + WAVE[565:], DAYS[:200] + DAYS[565:]),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server whose only prices are these files."""
    folder = tmp_path_factory.mktemp("desk")
    files = {**{name: text for name, (text, _) in REFUSED.items()}, **MEASURED}
    for name, text in files.items():
        (folder / "prices" / name).mkdir(parents=True)
        (folder / "prices" / name / "1d.csv").write_text(text)
    with serving(folder, sources="directory", prices_dir=str(folder / "prices")) as api:
        yield api


@pytest.mark.parametrize("ticker", REFUSED)
def test_bad_prices_fail_the_job_with_row_and_rule(desk: Api, ticker: str) -> None:
    """The person who owns the file can find the place."""
    job_id = desk.submit({"ticker": ticker}).json()["job_id"]

    message = desk.wait_for(job_id, "failed")["error_message"]

    assert re.search(REFUSED[ticker][1], message), message
    assert ticker in message


@pytest.mark.parametrize("ticker", MEASURED)
def test_strange_prices_give_finite_figures_or_reasons(desk: Api, ticker: str) -> None:
    """Neither NaN nor infinity is on the wire, and no null is without its reason."""
    run_id = desk.finish({"ticker": ticker, "min_trades": "10"})

    text = desk.get(f"/api/v1/sweeps/{run_id}/best", include_excluded=True).text
    body: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)

    assert 8 == body["total_results"]
    for row in body["results"]:
        nulls = {name for name, value in row.items() if value is None}
        assert nulls == set(row.get("null_reasons", {})) & set(row)


def test_constant_prices_make_no_trade(desk: Api) -> None:
    """A line of rounding errors does not cross itself."""
    run_id = desk.finish({"ticker": "CONSTANT"})

    best = desk.get(f"/api/v1/sweeps/{run_id}/best", include_excluded=True).json()

    assert 0 == best["max_trades_seen"]


def test_the_longest_gap_is_said(desk: Api) -> None:
    """A year that the file lacks is no fault, but whoever reads the result should know."""
    run_id = desk.finish({"ticker": "HOLE"})

    gap = desk.get(f"/api/v1/sweeps/{run_id}/best").json()["data"]["longest_gap"]

    assert {"after": f"{DAYS[199]}T00:00:00Z", "seconds": 366 * 86_400} == gap

"""One pair's trades and equity: they add up to the figures of its row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tradingapi.server import Api, serving

CASES: list[dict[str, str]] = [
    {"ticker": "^GSPC", "min_trades": "10"},
    {"ticker": "^GSPC", "fill": "same_close", "slippage_bps": "3"},
    {"strategy_type": "EMA"},
    {"strategy_type": "MACD", "signal_period": "7"},
    {"start": "2021-03-01", "end": "2022-11-30", "fee_bps": "0"},
    {"ticker": "^GSPC", "start": "1999-01-01", "end": "2003-01-01"},
]


def pair_of(api: Api, run_id: str, name: str, row: dict[str, Any], **params: Any) -> Any:
    """Ask for a pair's trades or equity."""
    pair = f"{row['fast_period']}/{row['slow_period']}"
    answer = api.get(f"/api/v1/sweeps/{run_id}/pairs/{pair}/{name}", **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_of(api: Api, run_id: str) -> list[dict[str, Any]]:
    """Read all rows of a run."""
    found: list[dict[str, Any]] = api.get(f"/api/v1/sweeps/{run_id}/results").json()["results"]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case.values()))
def test_trades_and_equity_add_up_to_the_row(api: Api, case: dict[str, str]) -> None:
    """Of each pair: return, drawdown, wins, durations, profit factor, and the open trade."""
    run_id = api.finish(case)
    for row in rows_of(api, run_id):
        trades = pair_of(api, run_id, "trades", row)["trades"]
        equity = pair_of(api, run_id, "equity", row)
        closed = [trade for trade in trades if not trade["open"]]
        gains = np.array([trade["profit_pct"] for trade in closed])

        assert row["total_trades"] == len(closed)
        assert row["total_return_pct"] == pytest.approx(100 * (equity["equity"][-1] - 1))
        assert row["max_drawdown_pct"] == pytest.approx(min(equity["drawdown_pct"]))
        assert row["total_return_pct"] == pytest.approx(
            sum(trade["profit_pct"] for trade in trades), abs=1e-9
        )
        assert row["win_rate_pct"] == pytest.approx(100 * (gains > 0).mean())
        assert row["profit_factor"] == pytest.approx(
            gains[gains > 0].sum() / -gains[gains < 0].sum()
        )
        assert row["avg_trade_duration_seconds"] == pytest.approx(
            np.mean([trade["duration_seconds"] for trade in closed])
        )
        assert row["avg_trade_duration_bars"] == pytest.approx(
            np.mean([trade["bars"] for trade in closed])
        )
        still_open = [trade for trade in trades if trade["open"]]
        assert (
            [row["open_trade"]["entry_time"]] * len(still_open)
            == [trade["entry_time"] for trade in still_open]
            if still_open
            else "open_trade" not in row
        )
        assert all(t["mae_pct"] <= 0 <= t["mfe_pct"] for t in trades)


def test_buy_and_hold_is_on_the_same_bars(api: Api, seeds_run: str) -> None:
    """Its last point is the run's own figure."""
    best = api.get(f"/api/v1/sweeps/{seeds_run}/best", include_excluded=True).json()

    curve = pair_of(api, seeds_run, "equity", best["results"][0])

    assert best["settings"]["bars"] == curve["bars"] == len(curve["time"])
    assert (best["settings"]["start"], best["settings"]["end"]) == (
        curve["time"][0],
        curve["time"][-1],
    )
    hold = 100 * (curve["buy_and_hold"][-1] - 1)
    assert best["buy_and_hold"]["total_return_pct"] == pytest.approx(hold)
    assert curve["synthetic"]


def test_a_long_curve_is_thinned_but_keeps_its_worst_point(api: Api, seeds_run: str) -> None:
    """Not more points than asked for; the ends and the deepest drawdown are always there."""
    row = rows_of(api, seeds_run)[0]
    whole = pair_of(api, seeds_run, "equity", row)

    thin = pair_of(api, seeds_run, "equity", row, points=50)

    assert 49 <= len(thin["time"]) <= 50
    assert (whole["time"][0], whole["time"][-1]) == (thin["time"][0], thin["time"][-1])
    assert min(whole["drawdown_pct"]) == min(thin["drawdown_pct"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("pairs/11/30/trades", 404),
        ("pairs/20/20/equity", 404),
        ("pairs/0/30/trades", 400),
        ("pairs/10/501/equity", 400),
        ("pairs/ten/30/trades", 400),
    ],
)
def test_a_pair_that_was_not_tested_is_refused(
    api: Api, seeds_run: str, path: str, status: int
) -> None:
    """404 for one outside the grid, 400 for what can be no pair."""
    assert status == api.get(f"/api/v1/sweeps/{seeds_run}/{path}").status_code


@pytest.mark.parametrize("points", ["2", "100001", "all"])
def test_a_wrong_number_of_points_is_refused(api: Api, seeds_run: str, points: str) -> None:
    """400 with the parameter."""
    answer = api.get(f"/api/v1/sweeps/{seeds_run}/pairs/10/30/equity", points=points)

    assert (400, "points") == (answer.status_code, answer.json()["detail"][0]["field"])


def test_a_pair_is_followed_on_the_prices_that_its_sweep_saw(tmp_path: Path) -> None:
    """The file of the source changes afterwards; without the kept prices the pair is gone."""
    days = np.arange("2020-01-01", "2022-01-01", dtype="datetime64[D]")
    close = 100 + 10 * np.sin(np.arange(days.size) / 9)
    lines = [f"{day},{p},{p},{p},{p}" for day, p in zip(days, close, strict=True)]
    file = tmp_path / "prices" / "ACME" / "1d.csv"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(["date,open,high,low,close", *lines]))
    with serving(tmp_path, prices_dir=str(tmp_path / "prices"), sources="directory") as api:
        run_id = api.finish({"ticker": "ACME"})
        row = rows_of(api, run_id)[0]
        before = pair_of(api, run_id, "equity", row)
        file.unlink()

        assert before == pair_of(api, run_id, "equity", row)
        for kept in (tmp_path / "data" / "bars").iterdir():
            kept.unlink()
        pair = f"pairs/{row['fast_period']}/{row['slow_period']}"
        assert 410 == api.get(f"/api/v1/sweeps/{run_id}/{pair}/equity").status_code

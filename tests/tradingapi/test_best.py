"""GET /api/v1/sweeps/{id}/best: the seed's rows, in order, honest about what is left out."""

from typing import Any

import pytest

from tests.support.seeds_row import FIGURES
from tests.tradingapi.server import Api

SEEDS_ROW = {"ticker", "strategy_type", *FIGURES}


def best(api: Api, run_id: str, **params: object) -> dict[str, Any]:
    """Read a run's best rows."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/best", **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_the_seeds_example_answers_eight_rows_with_the_seeds_members(
    api: Api, seeds_run: str
) -> None:
    """All pairs of BTC-USD's ten synthetic years reach 50 trades or are counted as excluded."""
    body = best(api, seeds_run, ticker="BTC-USD")

    assert ("BTC-USD", 8, seeds_run) == (
        body["ticker"],
        body["total_results"],
        body["sweep_run_id"],
    )
    assert body["returned"] == len(body["results"]) == 8 - body["excluded_by_min_trades"]
    assert body["returned"] > 0
    assert all(set(row) >= SEEDS_ROW for row in body["results"])
    assert "reason" not in body


def test_rows_are_sorted_by_score_and_limited(api: Api, seeds_run: str) -> None:
    """The best come first, as many as asked for."""
    scores = [row["score"] for row in best(api, seeds_run)["results"]]

    assert sorted(scores, reverse=True) == scores
    assert scores[:2] == [row["score"] for row in best(api, seeds_run, limit=2)["results"]]


def test_units_and_signs_are_the_wires(api: Api, seeds_run: str) -> None:
    """Percent, a drawdown below zero, a duration in words and in seconds."""
    row = best(api, seeds_run)["results"][0]

    assert -100 < row["max_drawdown_pct"] < 0
    assert 1 < row["win_rate_pct"] < 100
    assert f"{row['avg_trade_duration_seconds'] / 86_400:.1f} days" == row["avg_trade_duration"]
    grown = (1 + row["total_return_pct"] / 100) ** (365 / 3653)
    assert row["annualized_return"] == pytest.approx(100 * (grown - 1))


def test_invented_prices_are_called_so_everywhere(api: Api, seeds_run: str) -> None:
    """In the answer, in its data and in every row."""
    body = best(api, seeds_run)

    assert (True, "synthetic") == (body["synthetic"], body["data"]["source"])
    assert all(row["synthetic"] is True for row in body["results"])


def test_real_prices_are_measured_over_ten_years_with_history_before_them(api: Api) -> None:
    """The S&P 500: 252 bars a year, buy-and-hold on the same bars, choices echoed."""
    body = best(api, api.finish({"ticker": "^GSPC", "min_trades": "10"}))

    assert (False, "arch") == (body["synthetic"], body["data"]["source"])
    assert "synthetic" not in body["results"][0]
    settings = body["settings"]
    assert (252, "calendar", 10, "next_open", None) == (
        settings["periods_per_year"],
        settings["periods_per_year_source"],
        settings["fee_bps"],
        settings["fill"],
        settings["window_limited_by"],
    )
    assert ("2018-12-31T00:00:00Z", 2517) == (settings["end"], settings["bars"])
    assert 0 == body["buy_and_hold"]["total_trades"]
    assert 150 < body["buy_and_hold"]["total_return_pct"] < 200


def test_a_run_where_nothing_qualifies_says_why(api: Api) -> None:
    """Completed, no results, the reason and what the best pair would have had."""
    run_id = api.finish({"ticker": "^GSPC", "min_trades": "1000"})

    body = best(api, run_id)
    shown = best(api, run_id, include_excluded=True)

    assert ([], 0, 8, 8) == (
        body["results"],
        body["returned"],
        body["total_results"],
        body["excluded_by_min_trades"],
    )
    assert "no_pair_reached_min_trades" == body["reason"]
    assert body["max_trades_seen"] == max(row["total_trades"] for row in shown["results"])
    assert {"min_trades"} == {row["excluded"] for row in shown["results"]}


def test_an_undefined_figure_is_null_with_its_reason(api: Api) -> None:
    """A pair that never trades in a short window has no ratios."""
    form = {"start": "2015-01-01", "end": "2015-01-05", "fast_range": "400-400"}
    run_id = api.finish({**form, "slow_range": "450-500", "ticker": "^GSPC"})

    rows = best(api, run_id, include_excluded=True)["results"]

    undefined = [row for row in rows if row["profit_factor"] is None]
    assert undefined == rows
    assert all(row["null_reasons"]["profit_factor"] == "no_closed_trade" for row in rows)


def test_options_change_what_is_measured(api: Api, seeds_run: str) -> None:
    """Free trades return more than the same trades with fees."""
    free = best(api, api.finish({"fee_bps": "0"}), include_excluded=True)["results"]
    paid = best(api, seeds_run, include_excluded=True)["results"]

    returns = {(r["fast_period"], r["slow_period"]): r["total_return_pct"] for r in paid}
    assert all(r["total_return_pct"] > returns[r["fast_period"], r["slow_period"]] for r in free)


def test_macd_rows_show_their_signal_period(api: Api) -> None:
    """Nine, where nothing was asked."""
    rows = best(api, api.finish({"strategy_type": "MACD"}))["results"]

    assert {("MACD", 9)} == {(row["strategy_type"], row["signal_period"]) for row in rows}


def test_another_ticker_than_the_runs_is_not_found(api: Api, seeds_run: str) -> None:
    """A run is of one ticker."""
    answer = api.get(f"/api/v1/sweeps/{seeds_run}/best", ticker="ETH-USD")

    assert (404, "This run is of ticker BTC-USD") == (answer.status_code, answer.json()["error"])

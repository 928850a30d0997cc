"""A page of results: the seed's example, and every page that is refused whole."""

import json
from typing import Any

import pytest

from tests.contract.conftest import API_KEY
from tests.support.scripted_api import Script, ScriptedApi, cut, reply, says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.domain.answers import Opinion, Result
from tradingsweep.errors import AnswerRefused, CredentialsRejected, TradingApiUnavailable

RUN = "run_abc123xyz789"
BEST = f"/api/v1/sweeps/{RUN}/best"
ROW: dict[str, Any] = {
    "ticker": "BTC-USD",
    "strategy_type": "SMA",
    "fast_period": 15,
    "slow_period": 30,
    "score": 2.47,
    "sharpe_ratio": 1.82,
    "sortino_ratio": 2.15,
    "total_return_pct": 145.3,
    "annualized_return": 32.4,
    "max_drawdown_pct": -18.7,
    "win_rate_pct": 58.3,
    "profit_factor": 2.1,
    "total_trades": 87,
    "trades_per_month": 4.2,
    "avg_trade_duration": "5.2 days",
}
SECOND: dict[str, Any] = {**ROW, "fast_period": 10, "slow_period": 25, "score": 2.31}
MAY_BE_UNDEFINED = [
    "sharpe_ratio",
    "sortino_ratio",
    "annualized_return",
    "win_rate_pct",
    "profit_factor",
    "trades_per_month",
    "avg_trade_duration",
]
ALWAYS_DEFINED = [
    "fast_period",
    "slow_period",
    "score",
    "total_return_pct",
    "max_drawdown_pct",
    "total_trades",
]


def page(*rows: dict[str, Any], **changes: object) -> dict[str, Any]:
    """Return the seed's page with these rows."""
    whole = {"sweep_run_id": RUN, "ticker": "BTC-USD", "results": list(rows), "total_results": 8}
    return {**whole, "returned": len(rows), "query_timestamp": "2025-01-27T10:33:15Z", **changes}


def without(member: str) -> dict[str, Any]:
    """Return a page whose second row lacks a member."""
    return page(ROW, {name: value for name, value in SECOND.items() if name != member})


async def test_the_seeds_page_is_read_whole(api: ScriptedApi, client: TradingApiClient) -> None:
    """Every figure arrives as it was sent."""
    api.on(BEST, says(200, page(ROW, SECOND)))

    results = await client.best(RUN, "BTC-USD", 100)

    expected = {k: v for k, v in ROW.items() if k not in ("ticker", "strategy_type")}
    assert (RUN, 8, False) == (results.sweep_run_id, results.total, results.synthetic)
    assert Result(**expected) == results.results[0]
    assert [(15, 30), (10, 25)] == [(r.fast_period, r.slow_period) for r in results.results]


async def test_the_request_says_ticker_and_limit(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A ticker with signs of its own arrives as it is; the key is in a header."""
    api.on(BEST, says(200, page({**ROW, "ticker": "^GSPC=X"}, ticker="^GSPC=X")))

    await client.best(RUN, "^GSPC=X", 25)

    (request,) = api.requests
    assert f"{BEST}?ticker=%5EGSPC%3DX&limit=25" == request.path
    assert API_KEY == request.headers["x-api-key"]


@pytest.mark.parametrize("metric", MAY_BE_UNDEFINED)
async def test_an_undefined_metric_is_none(
    api: ScriptedApi, client: TradingApiClient, metric: str
) -> None:
    """Null is an answer where a metric can be undefined."""
    api.on(BEST, says(200, page({**ROW, metric: None})))

    (result,) = (await client.best(RUN, "BTC-USD", 1)).results

    assert getattr(result, metric) is None


async def test_a_verdict_arrives_with_the_page(api: ScriptedApi, client: TradingApiClient) -> None:
    """An API that asks whether its winner is luck is heard; one that does not is as good."""
    lucky = {"name": "LikelyLuck", "p_value": 0.15, "sentence": "Luck would do as well.", "v": 1}
    api.on(BEST, says(200, page(ROW, verdict=lucky)), says(200, page(ROW)))

    told, silent = [await client.best(RUN, "BTC-USD", 1) for _ in range(2)]

    assert Opinion("LikelyLuck", 0.15, "Luck would do as well.") == told.verdict
    assert silent.verdict is None


async def test_no_qualified_pair_is_an_answer(api: ScriptedApi, client: TradingApiClient) -> None:
    """An empty page says how far the pairs were from min_trades."""
    api.on(BEST, says(200, page(excluded_by_min_trades=8, max_trades_seen=31, synthetic=True)))

    results = await client.best(RUN, "BTC-USD", 100)

    assert () == results.results
    assert (8, 31) == (results.excluded_by_min_trades, results.max_trades_seen)
    assert results.synthetic


async def test_the_best_comes_first_whatever_the_page_does(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """The score decides, and among equals the API's own order."""
    tie = {**SECOND, "fast_period": 5}
    api.on(BEST, says(200, page(SECOND, tie, ROW)))

    results = (await client.best(RUN, "BTC-USD", 100)).results

    assert [15, 10, 5] == [result.fast_period for result in results]


async def test_ten_thousand_rows_are_not_too_many(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """The largest `storeResults` fits into a page."""
    rows = [{**ROW, "slow_period": slow} for slow in range(16, 10_016)]
    api.on(BEST, says(200, page(*rows, total_results=10_000)))

    assert 10_000 == len((await client.best(RUN, "BTC-USD", 10_000)).results)


REFUSED: dict[str, tuple[Script, str]] = {
    **{f"no {m}": (says(200, without(m)), f"results.1.{m}: Field required") for m in ROW},
    **{
        f"null {m}": (says(200, page(ROW, {**SECOND, m: None})), f"results.1.{m}: ")
        for m in ALWAYS_DEFINED
    },
    "NaN": (says(200, page({**ROW, "score": float("nan")})), "NaN and Infinity"),
    "Infinity": (says(200, page({**ROW, "profit_factor": float("inf")})), "NaN and Infinity"),
    "a number too big": (
        reply(200, json.dumps(page(ROW)).replace("2.47", "1e999").encode()),
        "results.0.score: Input should be a finite number",
    ),
    "a number as a string": (says(200, page({**ROW, "score": "2.47"})), "results.0.score: "),
    "true for a number": (says(200, page({**ROW, "score": True})), "results.0.score: "),
    "half a trade": (says(200, page({**ROW, "total_trades": 8.5})), "results.0.total_trades: "),
    "a period of 0": (says(200, page({**ROW, "fast_period": 0})), "results.0.fast_period: "),
    "a pair twice": (says(200, page(ROW, ROW)), "no pair of periods may come twice"),
    "a row of another ticker": (
        says(200, page({**ROW, "ticker": "ETH-USD"})),
        "each result must be of the page's ticker",
    ),
    "a wrong count": (says(200, page(ROW, returned=2)), "returned must be the number of results"),
    "fewer in all": (says(200, page(ROW, SECOND, total_results=1)), "total_results must not be"),
    "another run": (says(200, page(ROW, sweep_run_id="run_2")), "of another sweep_run_id"),
    "another ticker": (
        says(200, page(ticker="ETH-USD")),
        "of another sweep_run_id or ticker",
    ),
    "no list": (says(200, page(results=None, returned=0)), "results: "),
    "a page of HTML": (reply(200, b"<html></html>", "text/html"), "the body is not JSON"),
    "half a JSON": (reply(200, json.dumps(page(ROW)).encode()[:-9]), "the body is not JSON"),
    "an empty body": (reply(200), "the body is empty"),
    "20 MB": (reply(200, b" " * 20_000_000), "the answer is over 16384 KiB (HTTP 200)"),
    "20 MB without an end": (
        Script(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 20_000_000),
        "the answer is over 16384 KiB (HTTP 200)",
    ),
    "a packed answer": (reply(200, b"x", Content_Encoding="br"), "the answer is compressed"),
    "204": (reply(204), "the API gave no reason (HTTP 204)"),
    "404": (says(404, {"error": "no such sweep run"}), "no such sweep run (HTTP 404)"),
    "410": (says(410, {"detail": "expired"}), "expired (HTTP 410)"),
    "400": (says(400, {"message": "ticker?"}), "ticker? (HTTP 400)"),
}


@pytest.mark.parametrize(("script", "rule"), REFUSED.values(), ids=REFUSED)
async def test_a_wrong_page_is_refused_whole(
    api: ScriptedApi, client: TradingApiClient, script: Script, rule: str
) -> None:
    """One bad metric, one foreign row, one wrong count: nothing of the page is stored."""
    api.on(BEST, script)

    with pytest.raises(AnswerRefused) as refused:
        await client.best(RUN, "BTC-USD", 100)

    assert rule in str(refused.value)


AWAY: dict[str, Script] = {
    "500": reply(500),
    "502 as a page": reply(502, b"<html>Bad Gateway</html>", "text/html"),
    "503": reply(503),
    "429": reply(429, Retry_After="2"),
    "302": reply(302, Location="/login"),
    "a cut": cut(says(200, page(ROW)), after=300),
    "no answer": Script(),
}


@pytest.mark.parametrize("script", AWAY.values(), ids=AWAY)
async def test_an_api_that_is_merely_away_refuses_nothing(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """Results that could not be fetched this time use up no try."""
    api.on(BEST, script)

    with pytest.raises(TradingApiUnavailable) as away:
        await client.best(RUN, "BTC-USD", 100)

    assert not isinstance(away.value, CredentialsRejected)


@pytest.mark.parametrize(
    "script", [Script(silent=True), Script(says(200, page(ROW)).data, drip=0.02)]
)
async def test_a_page_that_never_becomes_whole_is_an_api_that_is_away(
    api: ScriptedApi, hurried: TradingApiClient, script: Script
) -> None:
    """The deadline is for the whole page."""
    api.on(BEST, script)

    with pytest.raises(TradingApiUnavailable, match=r"no whole answer within 0\.5 s"):
        await hurried.best(RUN, "BTC-USD", 100)


async def test_a_wait_that_the_api_asks_for_is_passed_on(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """Retry-After reaches whoever decides when to ask again."""
    api.on(BEST, reply(429, Retry_After="2"))

    with pytest.raises(TradingApiUnavailable) as away:
        await client.best(RUN, "BTC-USD", 100)

    assert 2.0 == away.value.retry_after


@pytest.mark.parametrize("status", [401, 403])
async def test_a_rejected_key_is_told_apart(
    api: ScriptedApi, client: TradingApiClient, status: int
) -> None:
    """Wrong credentials are one alert for the whole API, not a fault of a sweep."""
    api.on(BEST, reply(status))

    with pytest.raises(CredentialsRejected):
        await client.best(RUN, "BTC-USD", 100)


@pytest.mark.parametrize("run", ["", ".", "..", "a/b", "../../admin", "a b", "ä", "a\r\nX: y"])
async def test_what_is_no_id_never_becomes_a_path(
    api: ScriptedApi, client: TradingApiClient, run: str
) -> None:
    """A sweep_run_id that no API gives is refused before anything is asked."""
    with pytest.raises(AnswerRefused):
        await client.best(run, "BTC-USD", 100)

    assert 0 == api.connections

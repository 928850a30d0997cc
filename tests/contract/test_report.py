"""An API's report on its results: whatever comes, it is storable JSON or a refusal."""

import json

import psycopg
import pytest

from dev.postgres import Postgres
from tests.support.scripted_api import Script, ScriptedApi, cut, reply, says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.errors import AnswerRefused, TradingApiUnavailable, TradingSweepError

RUN = "run_abc123xyz789"
REPORT = f"/api/v1/sweeps/{RUN}/report"

DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
REFUSED = {
    "not-found": says(404, {"detail": "no such run"}),
    "gone": reply(410),
    "html": reply(200, b"<html></html>", "text/html"),
    "half": reply(200, b'{"verdict": {'),
    "a-list": says(200, [1]),
    "nan": reply(200, b'{"p": NaN}'),
    "beyond-float": reply(200, b'{"p": 1e400}'),
    "endless-number": reply(200, b'{"p": ' + b"9" * 5_000 + b"}"),
    "nul": reply(200, b'{"p": "\\u0000"}'),
    "half-a-character": reply(200, b'{"p": "\\ud800"}'),
    "twice": reply(200, b'{"p": 1, "p": 2}'),
    "deep": reply(200, DEEP),
    "a-megabyte": reply(200, b'{"p": "' + b"x" * 2**20 + b'"}'),
    "our-own-token": says(200, {"told": "http://receiver/webhook/sweep-callback/key/token"}),
}
"""Answers of which nothing may be stored; the sweep is as good without them."""


@pytest.mark.parametrize("fault", REFUSED)
async def test_a_bad_report_is_refused_in_words(
    api: ScriptedApi, client: TradingApiClient, fault: str
) -> None:
    """Never a crash, never half a report, never what Postgres would choke on."""
    api.on(REPORT, REFUSED[fault])

    with pytest.raises(AnswerRefused):
        await client.report(RUN)


@pytest.mark.parametrize("script", [reply(503), cut(says(200, {"a": 1}), 60), says(429, {})])
async def test_an_api_that_is_away_is_told_apart(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """Nothing was learned about the report."""
    api.on(REPORT, script)

    with pytest.raises(TradingApiUnavailable):
        await client.report(RUN)


async def test_a_report_that_never_comes_is_not_waited_for(
    api: ScriptedApi, hurried: TradingApiClient
) -> None:
    """The results are not held up for long."""
    api.on(REPORT, Script(silent=True))

    with pytest.raises(TradingSweepError):
        await hurried.report(RUN)


@pytest.mark.parametrize(
    "report",
    [
        {},
        {
            "p": 0.1 + 0.2,
            "q": 1e22,
            "r": 5e-324,
            "n": None,
            "s": "\u00e9\u2603\U0001f600",
            "t": [[]],
        },
        {"deep": json.loads("[" * 300 + "]" * 300)},
        {"n": 10**4_000},
    ],
)
async def test_what_is_let_through_can_be_stored(
    api: ScriptedApi, client: TradingApiClient, postgres: Postgres, report: dict[str, object]
) -> None:
    """Postgres takes it as jsonb, and gives back the same values."""
    api.on(REPORT, says(200, report))

    text = await client.report(RUN)

    assert report == json.loads(text)
    with psycopg.connect(postgres.dsn()) as connection:
        (stored,) = connection.execute("SELECT (%s::jsonb)::text", (text,)).fetchone() or ("",)
    assert report == json.loads(stored)

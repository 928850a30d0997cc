"""Nothing that the client shows, raises or logs holds its key, its session, a callback's token."""

import logging
import traceback
from collections.abc import Awaitable, Callable

import pytest

from tests.contract.conftest import API_KEY
from tests.contract.orders import CALLBACK, KEY, ORDER, SWEEP, TOKEN, submit
from tests.support.scripted_api import Script, ScriptedApi, events, reply, says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.errors import TradingSweepError

COOKIE = "s3ss10n-of-this-client"
SECRETS = (API_KEY, TOKEN, COOKIE)
ECHO = f"key: {API_KEY}, cookie: {COOKIE}, callback: {CALLBACK}"
Question = Callable[[], Awaitable[object]]
LOGIN = "/api/v1/auth/login"


async def every_question(client: TradingApiClient) -> list[str]:
    """Ask everything; what was shown of it, tracebacks included."""
    shown = [repr(client), repr(ORDER)]
    questions: list[Question] = [
        client.health,
        lambda: submit(client),
        lambda: submit(client, first=False),
        lambda: client.best("run_1", "BTC-USD", 1),
        lambda: client.status("job_1"),
        lambda: client.cancel("job_1"),
        lambda: visit(client),
    ]
    for ask in questions:
        try:
            shown.append(repr(await ask()))
        except TradingSweepError as error:
            shown += [repr(error), *traceback.format_exception(error)]
    return shown


async def visit(client: TradingApiClient) -> object:
    """Follow a job."""
    return [news async for news in client.follow("job_1", 5)]


ECHOES = {
    "in an error": says(400, {"error": ECHO}),
    "in plain text": reply(500, ECHO.encode(), "text/plain"),
    "in a header": Script(f"HTTP/1.1 400 Bad\r\n{ECHO}\r\n{API_KEY}\r\n\r\n".encode()),
    "in the status line": Script(f"{ECHO} {API_KEY}\r\n\r\n".encode()),
    "in a content type": reply(400, b"<html>", f"text/{API_KEY}"),
    "in a job's error": says(
        200, {"job_id": "job_1", "status": "failed", "error_message": ECHO, "results": ECHO}
    ),
    "in a health": says(200, {"status": f"not well: {API_KEY}"}),
    "as members": says(200, {"job_id": ECHO, "status": ECHO, ECHO: ECHO, "sweep_run_id": ECHO}),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
async def test_an_api_that_echoes_secrets_shows_none(
    api: ScriptedApi, client: TradingApiClient, caplog: pytest.LogCaptureFixture, echo: Script
) -> None:
    """Wherever the API repeats them, no answer, error, traceback or log line does."""
    caplog.set_level(logging.DEBUG)
    api.on("", echo)

    shown = "\n".join([*await every_question(client), caplog.text])

    assert 7 == len(api.requests)
    assert [] == [secret for secret in (API_KEY, TOKEN) if secret in shown]
    assert KEY not in shown.replace(repr(ORDER), "")


async def test_no_log_line_of_a_whole_day_holds_a_secret(
    api: ScriptedApi, client: TradingApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG the HTTP library would write every header, the session's cookie among them."""
    caplog.set_level(logging.DEBUG)
    api.on("", says(200, {"status": "healthy"}))
    api.on(SWEEP, says(202, {"job_id": "job_1", "webhook_url": CALLBACK}))
    api.on(LOGIN, says(200, {}, Set_Cookie=f"session={COOKIE}; Path=/"))
    api.on("/sse-proxy/", events(f'{{"error": true, "message": "{ECHO}"}}'))

    shown = await every_question(client)

    assert any("Accepted(job_id='job_1'" in text for text in shown)
    assert any("Broken(" in text for text in shown)
    assert [] == [s for s in SECRETS if s in "\n".join([*shown, caplog.text])]

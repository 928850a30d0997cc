"""Health, status and cancel: what each answer means, and what means nothing."""

from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from tests.contract.conftest import API_KEY
from tests.support.scripted_api import Script, ScriptedApi, cut, reply, says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.domain.answers import Broken, Done, Health, News, NoSuchJob, Progress
from tradingsweep.errors import ConfigurationError, CredentialsRejected, TradingApiUnavailable

JOB = "sweep_20250127_103045_btcusd"
STATUS = f"/api/v1/jobs/{JOB}"
CANCEL = f"/api/v1/jobs/{JOB}/cancel"
Question = Callable[[], Awaitable[object]]
HEALTHY = {"status": "healthy", "version": "1.0.0", "timestamp": "2025-01-27T10:30:00Z"}


async def test_the_seeds_health_promises_nothing_more(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """An API with the documented surface alone has no features."""
    api.on("/health", says(200, HEALTHY))

    assert Health() == await client.health()


async def test_features_are_what_health_says(api: ScriptedApi, client: TradingApiClient) -> None:
    """Keys, status and cancel are used only where the API says that it has them."""
    api.on("/health", says(200, {**HEALTHY, "features": ["idempotency-key", "cancel", "new"]}))

    health = await client.health()

    assert (True, False, True) == (health.keeps_keys, health.knows_status, health.can_cancel)


UNUSABLE: dict[str, Script] = {
    "500": reply(500),
    "404": reply(404),
    "302": reply(302, Location="/health"),
    "HTML": reply(200, b"<html>ok</html>", "text/html"),
    "nothing": reply(200),
    "half": reply(200, b'{"status": "heal'),
    "a list": says(200, []),
    "10 MB": reply(200, b" " * 10_000_000),
    "packed": reply(200, b"x", Content_Encoding="gzip"),
    "a cut": cut(says(200, HEALTHY), after=120),
    "no answer": Script(),
}


@pytest.mark.parametrize("script", UNUSABLE.values(), ids=UNUSABLE)
async def test_an_unusable_health_is_no_health(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """Whatever is not the documented answer, sweeps wait."""
    api.on("/health", script)

    with pytest.raises(TradingApiUnavailable):
        await client.health()


@pytest.mark.parametrize("script", [Script(silent=True), Script(b"HTTP/1.1 2" * 50, drip=0.02)])
async def test_a_question_has_an_end(
    api: ScriptedApi, hurried: TradingApiClient, script: Script
) -> None:
    """Neither silence nor a byte now and then holds whoever asks."""
    api.on("/", script)

    with pytest.raises(TradingApiUnavailable, match=r"no whole answer within 0\.5 s"):
        await hurried.health()
    with pytest.raises(TradingApiUnavailable, match=r"no whole answer within 0\.5 s"):
        await hurried.status(JOB)
    with pytest.raises(TradingApiUnavailable, match=r"no whole answer within 0\.5 s"):
        await hurried.cancel(JOB)


async def test_an_api_that_calls_itself_ill_is_not_there(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """The API's own word counts, and is passed on."""
    api.on("/health", says(200, {**HEALTHY, "status": "shutting down"}))

    with pytest.raises(TradingApiUnavailable, match="it calls itself shutting down"):
        await client.health()


KNOWN: dict[str, tuple[dict[str, object], News | None]] = {
    "queued": ({"status": "queued"}, None),
    "running": ({"status": "running", "percent": 37.5}, Progress(37.5)),
    "running, nobody knows how far": ({"status": "running"}, Progress(0.0)),
    "completed": ({"status": "completed", "percent": 100, "sweep_run_id": "run_1"}, Done("run_1")),
    "completed without a run": ({"status": "completed", "sweep_run_id": None}, Done(None)),
    "failed": (
        {"status": "failed", "error_message": "no\r\ndata"},
        Broken("no data", confirmed=True),
    ),
    "failed without words": (
        {"status": "failed"},
        Broken("the Trading API gave no reason", confirmed=True),
    ),
    "cancelled": ({"status": "cancelled"}, Broken("cancelled", confirmed=True)),
}


@pytest.mark.parametrize(("document", "news"), KNOWN.values(), ids=KNOWN)
async def test_a_status_is_news(
    api: ScriptedApi, client: TradingApiClient, document: dict[str, object], news: News | None
) -> None:
    """Each status means one thing, and an end that it names is final."""
    api.on(STATUS, says(200, {"job_id": JOB, **document}))

    assert news == await client.status(JOB)


async def test_an_unknown_job_is_news_too(api: ScriptedApi, client: TradingApiClient) -> None:
    """404 says that there is no such job."""
    api.on(STATUS, says(404, {"error": "no such job"}))

    assert NoSuchJob() == await client.status(JOB)


@pytest.mark.parametrize(
    "script",
    [
        *(script for name, script in UNUSABLE.items() if name != "404"),
        says(200, {"job_id": JOB, "status": "paused"}),
        says(200, {"job_id": "another", "status": "running"}),
        says(200, {"job_id": JOB, "status": "running", "percent": 101}),
        says(200, {"job_id": JOB, "status": "completed", "sweep_run_id": ".."}),
    ],
)
async def test_an_unusable_status_teaches_nothing(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """No end and no loss is concluded from an answer that breaks a rule."""
    api.on(STATUS, script)

    with pytest.raises(TradingApiUnavailable):
        await client.status(JOB)


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        (says(202, {"job_id": JOB, "status": "cancelled"}), True),
        (reply(202, b"<html>fine</html>", "text/html"), True),
        (reply(200), True),
        (says(409, {"error": "it has ended"}), False),
        (reply(404), False),
    ],
)
async def test_a_cancel_was_asked_or_came_too_late(
    api: ScriptedApi, client: TradingApiClient, script: Script, *, asked: bool
) -> None:
    """Both are an end of asking."""
    api.on(CANCEL, script)

    assert asked is await client.cancel(JOB)
    assert ["POST"] == [request.method for request in api.requests]


@pytest.mark.parametrize("script", [reply(500), reply(405), reply(429), Script()])
async def test_a_cancel_that_was_not_understood_is_asked_again(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """A job is not called cancelled because the API was away."""
    api.on(CANCEL, script)

    with pytest.raises(TradingApiUnavailable):
        await client.cancel(JOB)


@pytest.mark.parametrize("path", ["/health", STATUS, CANCEL])
async def test_a_rejected_key_is_told_apart(
    api: ScriptedApi, client: TradingApiClient, path: str
) -> None:
    """Wrong credentials are one alert for the whole API."""
    api.on(path, reply(401))
    questions: dict[str, Question] = {
        "/health": client.health,
        STATUS: lambda: client.status(JOB),
        CANCEL: lambda: client.cancel(JOB),
    }

    with pytest.raises(CredentialsRejected):
        await questions[path]()


@pytest.mark.parametrize("job", ["", ".", "..", "a/b", "%2e%2e", "j" * 129, "a\nb"])
async def test_what_is_no_id_never_becomes_a_path(
    api: ScriptedApi, client: TradingApiClient, job: str
) -> None:
    """No API has a job of such a name, and none is asked for it."""
    assert NoSuchJob() == await client.status(job)
    assert not await client.cancel(job)
    assert [NoSuchJob()] == [news async for news in client.follow(job, 1)]
    assert 0 == api.connections


async def test_a_base_path_is_kept(api: ScriptedApi) -> None:
    """An API behind a path prefix is asked there."""
    api.on("/trading/health", says(200, HEALTHY))
    client = TradingApiClient(f"{api.url}/trading/", SecretStr(API_KEY))

    assert Health() == await client.health()
    await client.aclose()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost:8000",
        "ftp://127.0.0.1",
        "http://",
        "http://:8000",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://user:pass@127.0.0.1",
        "http://127.0.0.1/?key=1",
        "http://127.0.0.1/#x",
        "http://127.0.0.1/?",
        "http://127.0.0.1/\n",
        " http://127.0.0.1",
        "http://127.0.0.1/a b",
    ],
)
async def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    """The error names the setting and its rule, and repeats nothing: it may hold a password."""
    with pytest.raises(ConfigurationError, match="the Trading API's URL must") as refused:
        TradingApiClient(address, SecretStr(API_KEY))

    assert "pass" not in str(refused.value)


@pytest.mark.parametrize("key", ["", "secret-key\n", "secret key", "secret-k\u00e9y", "secret\x00"])
async def test_a_key_that_no_header_carries_stops_the_start(key: str) -> None:
    """A line break at the end of a mounted file is found at the start, not at the first POST."""
    with pytest.raises(ConfigurationError, match="must be printable ASCII") as refused:
        TradingApiClient("http://127.0.0.1", SecretStr(key))

    assert "secret" not in str(refused.value)

"""A job's stream: what its events say, how a visit ends, and the login that visits share."""

import asyncio
import json
from contextlib import aclosing

import pytest

from tests.contract.conftest import API_KEY
from tests.support.eventually import eventually_async
from tests.support.scripted_api import Script, ScriptedApi, cut, events, reply, says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.domain.answers import Broken, Done, News, NoSuchJob, Progress
from tradingsweep.errors import CredentialsRejected, TradingApiUnavailable

JOB = "sweep_20250127_103045_btcusd"
STREAM = f"/sse-proxy/jobs/{JOB}/stream"
LOGIN = "/api/v1/auth/login"
HALF_WAY = json.dumps({"percent": 50, "message": "Processing 5/10", "timestamp": "…"})
DONE = json.dumps({"done": True, "status": "completed", "sweep_run_id": "run_1"})


def logged_in(cookie: str = "session=s3ss10n") -> Script:
    """Answer a login with a cookie, as the seed's API does."""
    return says(200, {"status": "ok"}, Set_Cookie=f"{cookie}; HttpOnly; Path=/; SameSite=lax")


async def visit(client: TradingApiClient, within: float = 2) -> list[News]:
    """Follow the job to the end of the visit."""
    return [news async for news in client.follow(JOB, within)]


async def test_progress_then_the_end_are_told_in_order(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A visit ends with the news that the job has, though the stream stays open."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, events(HALF_WAY, DONE, silent=True))

    assert [Progress(50.0, "Processing 5/10"), Done("run_1")] == await visit(client, 60)


EVENTS: dict[str, tuple[object, list[News]]] = {
    "0 %": ({"percent": 0}, [Progress(0.0)]),
    "not done": ({"percent": 99.5, "done": False, "message": None}, [Progress(99.5)]),
    "done without a run": ({"done": True}, [Done(None)]),
    "done, but failed": (
        {"done": True, "status": "failed", "message": "no data"},
        [Broken("no data", confirmed=False)],
    ),
    "done as cancelled": (
        {"done": True, "status": "cancelled"},
        [Broken("the job ended as cancelled", confirmed=False)],
    ),
    "an error": (
        {"error": True, "message": "worker\x07 lost"},
        [Broken("worker lost", confirmed=False)],
    ),
    "an error without words": (
        {"error": True},
        [Broken("the Trading API gave no reason", confirmed=False)],
    ),
    "over 100 %": ({"percent": 101}, []),
    "percent as a string": ({"percent": "50"}, []),
    "no percent, no end": ({"message": "warming up"}, []),
    "a path for a run": ({"done": True, "sweep_run_id": "../x"}, []),
    "a list": ([1], []),
}


@pytest.mark.parametrize(("event", "news"), EVENTS.values(), ids=EVENTS)
async def test_an_event_means_one_thing_or_nothing(
    api: ScriptedApi, client: TradingApiClient, event: object, news: list[News]
) -> None:
    """What breaks a rule is skipped; an error on a stream may be the stream's own."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, events(json.dumps(event)))

    assert news == await visit(client)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("drip", [None, 0.0005])
async def test_lines_may_end_in_any_way_and_come_in_any_pieces(
    api: ScriptedApi, client: TradingApiClient, end: bytes, drip: float | None
) -> None:
    """Comments, names, ids and data over several lines are what the standard allows."""
    lines = [b": hi", b"id: 7", b"event: progress", b"retry: 10", b'data: {"percent":']
    lines += [b"data:25}", b"", b"", b"data: " + DONE.encode(), b"", b""]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
    api.on(LOGIN, logged_in())
    api.on(STREAM, Script(head + end.join(lines), drip=drip))

    assert [Progress(25.0), Done("run_1")] == await visit(client, 5)


async def test_an_unfinished_event_is_not_told(api: ScriptedApi, client: TradingApiClient) -> None:
    """A stream that ends inside an event said nothing with it."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, cut(events(HALF_WAY, DONE), after=len(events(HALF_WAY, DONE).data) - 1))

    assert [Progress(50.0, "Processing 5/10")] == await visit(client)


async def test_a_silent_stream_ends_quietly_when_the_time_is_up(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A stream is a question: no news in time is an answer."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, events(silent=True))

    assert [] == await visit(client, 0.3)


async def test_a_dripping_stream_holds_nobody(api: ScriptedApi, client: TradingApiClient) -> None:
    """A byte now and then does not prolong a visit."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, Script(events(HALF_WAY).data + b": " * 10_000, drip=0.0005))

    async with asyncio.timeout(5):
        assert [Progress(50.0, "Processing 5/10")] == await visit(client, 0.5)


async def test_the_visitors_own_work_is_never_cut_short(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """The time that a reader takes between two news is the reader's."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, events(HALF_WAY, silent=True))
    clock = asyncio.get_running_loop().time
    end, heard = clock() + 0.2, []

    async def time_is_up() -> bool:
        return clock() > end + 0.1

    async for news in client.follow(JOB, 0.2):
        await eventually_async(time_is_up, wanted=True, within=5)
        heard.append(news)

    assert [Progress(50.0, "Processing 5/10")] == heard


async def test_a_break_closes_the_connection(api: ScriptedApi, client: TradingApiClient) -> None:
    """A reader who has heard enough leaves nothing open."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, events(HALF_WAY, silent=True))

    async with aclosing(client.follow(JOB, 60)) as news:
        assert Progress(50.0, "Processing 5/10") == await anext(news)
        assert 1 == await api.open_connections()

    await eventually_async(api.open_connections, 0, within=5)


async def test_an_unknown_job_is_news(api: ScriptedApi, client: TradingApiClient) -> None:
    """404 says that there is no such job."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, reply(404))

    assert [NoSuchJob()] == await visit(client)


NO_STREAM: dict[str, Script] = {
    "500": reply(500),
    "302": reply(302, Location="/login"),
    "429": reply(429),
    "405": reply(405),
    "204": reply(204),
    "HTML": reply(200, b"<html></html>", "text/html"),
    "JSON": says(200, {"done": True}),
    "packed": reply(200, b"x", "text/event-stream", Content_Encoding="gzip"),
    "no answer": Script(),
    "an endless line": events(b"x" * 70_000, silent=True),
    "an endless event": Script(events().data + b"data: xxxxxxxxxx\n" * 7000, silent=True),
    "nothing but garbage": events(*["garbage"] * 200, silent=True),
    "a flood": Script(events().data + b": " + b"\n" * 5_000_000, silent=True),
    "a cut in a chunk": Script(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked"
        b"\r\n\r\nff\r\ndata: "
    ),
}


@pytest.mark.parametrize("script", NO_STREAM.values(), ids=NO_STREAM)
async def test_what_is_no_stream_of_events_is_an_api_that_is_away(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """No silence is concluded from an answer that was none."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, script)

    with pytest.raises(TradingApiUnavailable):
        await visit(client, 60)


async def test_a_stream_that_never_begins_is_an_api_that_is_away(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """Silence counts only on a stream that has begun."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, Script(silent=True))

    with pytest.raises(TradingApiUnavailable, match="no answer began within"):
        await visit(client, 0.3)


async def test_a_login_sends_the_key_and_its_cookie_comes_back(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """The seed's login: the key as JSON, then the cookie, and never both at once."""
    api.on(LOGIN, logged_in("session=s3ss10n"))
    api.on(STREAM, events(DONE))

    await visit(client)

    login, stream = api.requests
    assert {"api_key": API_KEY} == json.loads(login.body)
    assert "session=s3ss10n" == stream.headers["cookie"]
    assert "x-api-key" not in stream.headers


async def test_many_visits_share_one_login(api: ScriptedApi, client: TradingApiClient) -> None:
    """Sixteen streams at once log in once, and later ones not at all."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, events(DONE))

    assert [[Done("run_1")]] * 16 == await asyncio.gather(*(visit(client) for _ in range(16)))
    await visit(client)

    assert 1 == len(api.asked(LOGIN))


async def test_an_expired_session_is_renewed_once_for_all(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A 401 costs one more login, however many visits meet it."""
    api.on(LOGIN, logged_in("session=old"), logged_in("session=new"))
    api.on(STREAM, *[reply(401)] * 4, events(DONE))

    assert [[Done("run_1")]] * 4 == await asyncio.gather(*(visit(client) for _ in range(4)))
    assert 2 == len(api.asked(LOGIN))
    assert {"session=new"} == {request.headers["cookie"] for request in api.asked(STREAM)[4:]}


async def test_a_session_refused_twice_is_a_rejected_key(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """One renewal, then it is an alert and not a loop."""
    api.on(LOGIN, logged_in())
    api.on(STREAM, reply(401))

    with pytest.raises(CredentialsRejected):
        await visit(client)

    assert (2, 2) == (len(api.asked(LOGIN)), len(api.asked(STREAM)))


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_login_is_a_rejected_key(
    api: ScriptedApi, client: TradingApiClient, status: int
) -> None:
    """Those who wait for a login learn of its failure without asking again."""
    api.on(LOGIN, reply(status))

    failures = await asyncio.gather(*(visit(client) for _ in range(8)), return_exceptions=True)

    assert [CredentialsRejected] * 8 == [type(failure) for failure in failures]
    assert 1 == len(api.asked(LOGIN))
    assert [] == api.asked(STREAM)


@pytest.mark.parametrize(
    "script",
    [
        reply(200),
        says(200, {}, Set_Cookie="broken"),
        says(200, {}, Set_Cookie="=x"),
        says(200, {}, Set_Cookie="a="),
        says(200, {}, Set_Cookie="a=" + "x" * 5000),
        reply(500),
        Script(),
    ],
)
async def test_a_login_without_a_cookie_is_an_api_that_is_away(
    api: ScriptedApi, client: TradingApiClient, script: Script
) -> None:
    """Without a session nothing was asked, and the next visit tries again."""
    api.on(LOGIN, script, logged_in())
    api.on(STREAM, events(DONE))

    with pytest.raises(TradingApiUnavailable):
        await visit(client)
    assert [Done("run_1")] == await visit(client)

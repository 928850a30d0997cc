"""Whatever bytes come back, each question ends in one of its documented answers or errors."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.contract.conftest import API_KEY
from tests.contract.orders import submit
from tests.support.scripted_api import Script, scripted_api
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.adapters.trading_api.stream import Newsreader
from tradingsweep.contract import ContractError
from tradingsweep.domain.answers import Accepted, NotSent, OutcomeUnknown, Refused
from tradingsweep.errors import AnswerRefused, TradingApiUnavailable

documents = st.sampled_from(
    [
        b"",
        b"{}",
        b"[]",
        b'{"job_id": "sweep_1", "status": "completed", "sweep_run_id": "run_1"}',
        b'{"status": "healthy", "features": ["cancel"]}',
        b'{"error": "no", "detail": [{"loc": [1, null], "msg": "x"}, 7, {"field": 1, "rule": 2}]}',
        b'{"detail": {"message": {"error": ["deep"]}}}',
        b'data: {"percent": 7}\n\ndata: {"done": true}\n\n',
    ]
)
headers = st.lists(
    st.sampled_from(
        [
            b"Content-Type: application/json",
            b"Content-Type: text/event-stream",
            b"Content-Type: text/plain; charset=x",
            b"Content-Length: 20",
            b"Content-Length: -1",
            b"Content-Encoding: gzip",
            b"Transfer-Encoding: chunked",
            b"Set-Cookie: a=b",
            b"Set-Cookie: \xff=\xfe",
            b"Retry-After: Mon, 99 Foo 9999 99:99:99 GMT",
            b"Retry-After: " + b"9" * 400,
            b"Date: yesterday",
            b"Location: http://127.0.0.1:9/",
            b"\xff: \x00",
        ]
    ),
    max_size=3,
)
answers = st.one_of(
    st.binary(max_size=64),
    st.builds(
        lambda status, lines, body: b"\r\n".join([b"HTTP/1.1 %d Any" % status, *lines, b"", body]),
        st.integers(0, 999),
        headers,
        documents | st.binary(max_size=32),
    ),
)


async def ask_everything(answer: bytes) -> list[object]:
    """Give every question the same bytes; what came of the submission, first and repeated."""
    async with scripted_api() as api:
        api.on("", Script(answer, last=True))
        client = TradingApiClient(api.url, SecretStr(API_KEY), post_timeout=20, read_timeout=20)
        questions: list[Awaitable[object]] = [
            client.health(),
            client.best("run_1", "BTC-USD", 1),
            client.status("sweep_1"),
            client.cancel("sweep_1"),
            _all_news(client),
        ]
        for question in questions:
            with suppress(TradingApiUnavailable, AnswerRefused):
                await question
        outcomes: list[object] = [await submit(client), await submit(client, first=False)]
        await client.aclose()
        return outcomes


async def _all_news(client: TradingApiClient) -> object:
    return [news async for news in client.follow("sweep_1", 20)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=answers)
def test_any_bytes_end_every_question_as_documented(answer: bytes) -> None:
    """No answer raises anything else, and only a whole 200 or 202 makes a job."""
    first, repeated = asyncio.run(ask_everything(answer))

    assert isinstance(first, Accepted | Refused | NotSent | OutcomeUnknown)
    assert isinstance(repeated, Accepted | NotSent | OutcomeUnknown)
    taken = b" 200 " in answer[:14] or b" 202 " in answer[:14]
    assert taken or not isinstance(first, Accepted)
    # It did leave: whatever came back, it does not count as a failure to connect.
    assert not (isinstance(first, NotSent) and first.reason == "TradingAPIUnavailable")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.binary(max_size=40) | documents | st.just(b"data: {}\n\n"), max_size=40))
def test_any_bytes_are_news_or_nothing_or_a_contract_error(pieces: list[bytes]) -> None:
    """How a stream is cut into pieces changes nothing of what it says."""
    assert _told([b"".join(pieces)]) == _told(pieces)


def _told(pieces: list[bytes]) -> list[object]:
    reader = Newsreader(str)
    told: list[object] = []
    with suppress(ContractError):
        for piece in pieces:
            told.extend(reader.feed(piece))
    return told

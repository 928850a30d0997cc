"""What a POST came to: every fault of the other side ends in the one answer that is safe."""

import asyncio
import json
import ssl

import pytest
import trustme
from pydantic import SecretStr

from tests.contract.conftest import API_KEY
from tests.contract.orders import CALLBACK, KEY, ORDER, SWEEP, TAKEN, TOKEN, submit
from tests.contract.submission_faults import FIRST_SEND, NEVER_WHOLE, REPEATED_SEND
from tests.support.eventually import eventually_async
from tests.support.scripted_api import Script, ScriptedApi, reply, says, scripted_api
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.domain.answers import Answer, NotSent, Order, OutcomeUnknown, Refused


@pytest.mark.parametrize(("script", "answer"), FIRST_SEND.values(), ids=FIRST_SEND)
async def test_a_first_send_ends_in_exactly_one_answer(
    api: ScriptedApi, client: TradingApiClient, script: Script, answer: Answer
) -> None:
    """What the API does decides what the submission becomes, and it is asked once."""
    api.on(SWEEP, script)

    assert answer == await submit(client)
    assert 1 == len(api.requests)


@pytest.mark.parametrize(("script", "answer"), NEVER_WHOLE.values(), ids=NEVER_WHOLE)
async def test_an_answer_that_never_becomes_whole_is_unknown_when_the_time_is_up(
    api: ScriptedApi, hurried: TradingApiClient, script: Script, answer: Answer
) -> None:
    """The deadline is for the whole answer: no byte now and then prolongs it."""
    api.on(SWEEP, script)

    assert answer == await submit(hurried)


@pytest.mark.parametrize(("script", "answer"), REPEATED_SEND.values(), ids=REPEATED_SEND)
async def test_a_repeated_key_is_never_refused(
    api: ScriptedApi, client: TradingApiClient, script: Script, answer: Answer
) -> None:
    """A refusal of the second POST says nothing about the job that the first one may have made."""
    api.on(SWEEP, script)

    assert answer == await submit(client, first=False)


async def test_a_503_counts_as_not_taken_where_that_is_configured(api: ScriptedApi) -> None:
    """Some APIs promise that a 503 took nothing."""
    api.on(SWEEP, says(503, {"error": "starting"}, Retry_After="3"))
    client = TradingApiClient(api.url, SecretStr(API_KEY), retry_503=True)

    assert NotSent("TradingAPIUnavailable", "starting (HTTP 503)", 3.0) == await submit(client)
    await client.aclose()


async def test_the_right_to_send_is_asked_when_the_connection_stands(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A leader that was deposed while it connected sends not one byte."""
    api.on(SWEEP, TAKEN)
    asked = []

    def deposed() -> bool:
        asked.append(api.connections)
        return False

    answer = await submit(client, may_send=deposed)

    assert NotSent("Stale", "the right to send it had run out") == answer
    assert 1 == len(asked)
    assert [] == api.requests


async def test_a_refused_connection_is_not_sent(client: TradingApiClient, api: ScriptedApi) -> None:
    """Nobody listens, so no job can exist."""
    nobody = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = nobody.sockets[0].getsockname()[1]
    nobody.close()
    await nobody.wait_closed()
    client = TradingApiClient(f"http://127.0.0.1:{port}", SecretStr(API_KEY))

    answer = await submit(client, may_send=lambda: pytest.fail("there is nothing to send on"))

    assert (
        NotSent("TradingAPIUnavailable", "cannot connect: All connection attempts failed") == answer
    )
    await client.aclose()


async def test_a_certificate_that_nobody_signed_is_not_sent() -> None:
    """Who cannot prove to be the API gets neither the key nor the order."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with scripted_api(tls) as impostor:
        impostor.on(SWEEP, TAKEN)
        client = TradingApiClient(impostor.url, SecretStr(API_KEY))

        answer = await submit(client)

        assert isinstance(answer, NotSent)
        assert "TradingAPIUnavailable" == answer.reason
        assert "certificate verify failed" in answer.message
        assert [] == impostor.requests
        await client.aclose()


async def test_a_name_that_is_none_is_not_sent() -> None:
    """An address that cannot even be looked up took nothing."""
    client = TradingApiClient("http://a..b", SecretStr(API_KEY))

    answer = await submit(client, may_send=lambda: pytest.fail("there is nothing to send on"))

    assert isinstance(answer, NotSent)
    assert "TradingAPIUnavailable" == answer.reason
    await client.aclose()


async def test_waiting_for_a_free_connection_is_not_sent(api: ScriptedApi) -> None:
    """A submission that never got a connection can be sent again."""
    api.on(SWEEP, Script(silent=True))
    client = TradingApiClient(api.url, SecretStr(API_KEY), post_timeout=0.4, max_connections=1)

    first, second = await asyncio.gather(submit(client), submit(client))

    assert isinstance(first, OutcomeUnknown)
    assert isinstance(second, NotSent)
    assert 1 == api.connections
    await client.aclose()


async def test_a_submission_that_is_given_up_leaves_no_connection(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A process that stops in the middle of a POST closes what it opened."""
    api.on(SWEEP, Script(silent=True))
    task = asyncio.create_task(submit(client))
    await eventually_async(api.open_connections, 1, within=10)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually_async(api.open_connections, 0, within=10)


async def test_every_submission_has_a_connection_of_its_own(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """A kept connection can be half closed, and would make an unknown outcome of a plain retry."""
    api.on(SWEEP, TAKEN)

    for _ in range(3):
        await submit(client)

    assert [1, 2, 3] == [request.connection for request in api.requests]


async def test_a_submission_is_the_seeds_form(api: ScriptedApi, client: TradingApiClient) -> None:
    """The fields, the key, the callback's address: as documented, and no more."""
    api.on(SWEEP, TAKEN)

    await submit(client)

    (request,) = api.requests
    assert ("POST", SWEEP) == (request.method, request.path)
    assert {**ORDER.form, "webhook_url": CALLBACK} == request.form
    assert "application/x-www-form-urlencoded" == request.headers["content-type"]
    assert API_KEY == request.headers["x-api-key"]
    assert KEY == request.headers["idempotency-key"]
    assert "identity" == request.headers["accept-encoding"]


async def test_a_repeated_key_comes_with_the_same_bytes(
    api: ScriptedApi, client: TradingApiClient
) -> None:
    """The ledger returns the fields in another order than the first POST had."""
    api.on(SWEEP, TAKEN)
    shuffled = Order(KEY, dict(reversed(ORDER.form.items())), CALLBACK)

    await submit(client)
    await submit(client, shuffled, first=False)

    assert api.requests[0].body == api.requests[1].body


@pytest.mark.parametrize("secret", [KEY, TOKEN, CALLBACK, API_KEY])
async def test_no_answer_repeats_a_secret(
    api: ScriptedApi, client: TradingApiClient, secret: str
) -> None:
    """An API that echoes what it got, even broken up or at the cut, shows nothing."""
    hidden = secret[:5] + "\u200b" + secret[5:]
    echo = json.dumps({"error": f"no {secret} or {hidden} {'x' * 230} {secret * 3}"}).encode()
    api.on(SWEEP, reply(400, echo))

    answer = await submit(client)

    assert isinstance(answer, Refused)
    assert answer.message.startswith("no *** or *** xxx")
    assert secret[:8] not in answer.message
    assert len(answer.message) <= 312


@pytest.mark.parametrize("secret", [KEY, TOKEN, API_KEY])
async def test_no_half_of_a_secret_survives_where_a_text_is_cut(
    api: ScriptedApi, client: TradingApiClient, secret: str
) -> None:
    """A text is made clean before it is made short."""
    api.on(SWEEP, says(400, {"error": f"{'x' * 280} {secret}"}))

    assert Refused(f"{'x' * 280} *** (HTTP 400)") == await submit(client)

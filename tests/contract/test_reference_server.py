"""The client against the real reference server, with all that it can do and as the seed's API."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.eventually import eventually_async
from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import API_KEY, SEEDS_FORM, Api, serving
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.contract import parse_callback
from tradingsweep.domain.answers import (
    Accepted,
    Answer,
    Broken,
    Done,
    Health,
    News,
    NoSuchJob,
    NotSent,
    Order,
    OutcomeUnknown,
    Progress,
    Refused,
)
from tradingsweep.errors import AnswerRefused, CredentialsRejected

FEATURES = frozenset(
    {
        *("idempotency-key", "job-status", "cancel", "results", "report"),
        *("bayes-search", "many-tickers"),
    }
)
FORM = {name: value for name, value in SEEDS_FORM.items() if name != "webhook_url"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The server with everything that it can do."""
    with serving(tmp_path_factory.mktemp("whole")) as running:
        yield running


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The server with the seed's surface alone."""
    with serving(tmp_path_factory.mktemp("seeds"), features="") as running:
        yield running


@pytest.fixture(params=["whole", "seeds"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[TradingApiClient]:
    """Open a client to each of the two."""
    server: Api = request.getfixturevalue(request.param)
    client = TradingApiClient(server.url, SecretStr(API_KEY))
    yield client
    await client.aclose()


@pytest.fixture
async def able(whole: Api) -> AsyncIterator[TradingApiClient]:
    """Open a client to the one that can do more."""
    client = TradingApiClient(whole.url, SecretStr(API_KEY))
    yield client
    await client.aclose()


def an_order(callback: str = SEEDS_FORM["webhook_url"], **changes: str) -> Order:
    """Order the seed's sweep under a new key."""
    return Order(secrets.token_hex(32), {**FORM, **changes}, callback)


async def submit(client: TradingApiClient, order: Order, *, first: bool = True) -> Answer:
    """POST an order."""
    return await client.submit(order, first=first, may_send=lambda: True)


async def accepted(client: TradingApiClient, order: Order) -> str:
    """POST an order that is taken; the job's id."""
    answer = await submit(client, order)
    assert isinstance(answer, Accepted)
    return answer.job_id


async def heard(client: TradingApiClient, job_id: str) -> list[News]:
    """Follow a job to its end."""
    return [news async for news in client.follow(job_id, 30)]


async def test_health_says_which_of_the_two_it_is(whole: Api, seeds: Api) -> None:
    """What the operator may use is what the server offers."""
    expected = {whole.url: Health(FEATURES), seeds.url: Health()}
    for url, health in expected.items():
        client = TradingApiClient(url, SecretStr(API_KEY))
        assert health == await client.health()
        await client.aclose()


async def test_a_sweep_goes_from_the_post_to_its_results(client: TradingApiClient) -> None:
    """Submit, follow, fetch: the whole documented surface, and the seed's eight pairs of nine."""
    news = await heard(client, await accepted(client, an_order()))

    *progress, end = news
    assert all(isinstance(step, Progress) for step in progress)
    assert isinstance(end, Done)
    assert end.sweep_run_id is not None
    page = await client.best(end.sweep_run_id, "BTC-USD", 3)
    assert (8, 3, True) == (page.total, len(page.results), page.synthetic)
    scores = [result.score for result in page.results]
    assert sorted(scores, reverse=True) == scores
    assert all(
        r.fast_period in (10, 15, 20) and r.slow_period in (20, 25, 30) for r in page.results
    )


async def test_its_callback_is_one_of_ours(client: TradingApiClient) -> None:
    """The body that it calls back names the job and the results."""
    with CallbackServer() as receiver:
        job_id = await accepted(client, an_order(receiver.url))
        posted = await asyncio.to_thread(receiver.next)

    callback = parse_callback(posted.raw)

    assert (job_id, "completed") == (callback.job_id, callback.status)
    assert callback.results_id is not None


async def test_a_ticker_without_prices_breaks_in_its_words(client: TradingApiClient) -> None:
    """The stream tells a failure, which is not final until it is asked twice."""
    (*_, end) = await heard(client, await accepted(client, an_order(ticker="NOSUCH")))

    assert isinstance(end, Broken)
    assert not end.confirmed
    assert "NOSUCH" in end.message


async def test_no_qualified_pair_is_a_page_without_rows(client: TradingApiClient) -> None:
    """The page says how many trades there were at most."""
    (*_, end) = await heard(client, await accepted(client, an_order(min_trades="1000")))

    assert isinstance(end, Done)
    assert end.sweep_run_id is not None
    page = await client.best(end.sweep_run_id, "BTC-USD", 3)
    assert () == page.results
    assert 8 == page.excluded_by_min_trades
    assert page.max_trades_seen


async def test_a_wrong_form_is_refused_by_field(client: TradingApiClient) -> None:
    """The user reads which parameter broke which rule."""
    answer = await submit(client, an_order(step="0"))

    assert isinstance(answer, Refused)
    assert answer.message.startswith("step: ")


async def test_an_unknown_run_and_an_unknown_job_are_told(client: TradingApiClient) -> None:
    """Results that are not there are refused; a job that is not there is news."""
    with pytest.raises(AnswerRefused, match="HTTP 404"):
        await client.best("run_none", "BTC-USD", 1)
    assert [NoSuchJob()] == await heard(client, "sweep_none")


async def test_a_wrong_key_is_rejected_everywhere(whole: Api) -> None:
    """The same words for a submission, a page and a login."""
    client = TradingApiClient(whole.url, SecretStr("wrong-key-111111111111"))

    answer = await submit(client, an_order())
    assert isinstance(answer, NotSent)
    assert "CredentialsRejected" == answer.reason
    with pytest.raises(CredentialsRejected):
        await client.best("run_1", "BTC-USD", 1)
    with pytest.raises(CredentialsRejected):
        await heard(client, "sweep_1")
    await client.aclose()


async def test_the_same_post_again_is_a_look_up(able: TradingApiClient) -> None:
    """A key that came before brings its first answer, and no second job."""
    order = an_order()
    job_id = await accepted(able, order)

    assert Accepted(job_id, replayed=True) == await submit(able, order, first=False)


async def test_a_report_stands_beside_the_results(able: TradingApiClient) -> None:
    """Canonical JSON with the verdict that the page shows; an unknown run has none."""
    (*_, end) = await heard(able, await accepted(able, an_order()))
    assert isinstance(end, Done)
    assert end.sweep_run_id is not None
    page = await able.best(end.sweep_run_id, "BTC-USD", 1)
    assert page.verdict is not None

    report = json.loads(await able.report(end.sweep_run_id))

    assert page.verdict.sentence == report["verdict"]["sentence"]
    with pytest.raises(AnswerRefused, match="HTTP 404"):
        await able.report("run_none")


async def test_another_form_under_a_key_is_an_alert(able: TradingApiClient) -> None:
    """A repeated key is never a refusal of the sweep."""
    order = an_order()
    await accepted(able, order)
    changed = Order(order.key, {**order.form, "step": "1"}, order.callback_url)

    answer = await submit(able, changed, first=False)

    assert isinstance(answer, OutcomeUnknown)
    assert answer.alert


async def test_a_status_tells_the_end(able: TradingApiClient) -> None:
    """The job's status and its stream name the same results."""
    job_id = await accepted(able, an_order())
    (*_, end) = await heard(able, job_id)

    assert end == await able.status(job_id)
    assert NoSuchJob() == await able.status("sweep_none")


async def test_a_cancelled_job_ends_and_says_so(tmp_path: Path) -> None:
    """Cancel is taken once; afterwards it is too late, and the status is final."""
    with serving(tmp_path, min_job_seconds="60") as slow:
        client = TradingApiClient(slow.url, SecretStr(API_KEY))
        job_id = await accepted(client, an_order())

        assert await client.cancel(job_id)
        await eventually_async(
            lambda: client.status(job_id), Broken("cancelled", confirmed=True), within=20
        )
        assert not await client.cancel(job_id)
        assert not await client.cancel("sweep_none")
        await client.aclose()

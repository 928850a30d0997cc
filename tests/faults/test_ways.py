"""The proxies: what each fault does to an exchange, and that it is told as it was."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import psycopg
import pytest

from tests.faults.faults import Held, cut_after, cut_before, instead, rewritten, says, twice
from tests.faults.history import History, read
from tests.faults.http_proxy import Act, HttpProxy, Reply
from tests.faults.postgres_proxy import PostgresProxy
from tests.support.eventually import eventually_async
from tests.support.scripted_api import ScriptedApi, events, scripted_api
from tests.support.scripted_api import says as answers


@asynccontextmanager
async def a_way(folder: Path) -> AsyncIterator[tuple[HttpProxy, ScriptedApi]]:
    """Run a proxy before a server whose one answer is `{"n": 1}`."""
    history = History(folder / "history.jsonl")
    async with scripted_api() as api:
        api.on("/", answers(200, {"n": 1}))
        async with HttpProxy("api", api.url, history).running() as proxy:
            yield proxy, api
    history.close()


async def ask(proxy: HttpProxy, path: str = "/") -> tuple[int, bytes] | None:
    """POST through the proxy; None where the connection was cut."""
    # A GET on a connection that was cut would be sent again by the client itself.
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as client, client.post(proxy.url + path) as answer:
            return answer.status, await answer.read()
    return None


UNAVAILABLE = Reply(502, b"bad gateway")


def doubled(reply: Reply) -> Reply:
    """Change an answer."""
    return Reply(reply.status, json.dumps({"n": 2 * json.loads(reply.body)["n"]}).encode())


@pytest.mark.parametrize(
    ("act", "heard", "asked"),
    [
        (says(429, Retry_After="1"), (429, b""), 0),
        (cut_before, None, 0),
        (cut_after, None, 1),
        (twice, (200, b'{"n": 1}'), 2),
        (instead(UNAVAILABLE), (502, b"bad gateway"), 1),
        (rewritten(doubled), (200, b'{"n": 2}'), 1),
    ],
    ids=["says", "cut-before", "cut-after", "twice", "instead", "rewritten"],
)
async def test_a_rule_has_its_exchanges_and_no_others(
    act: Act, heard: tuple[int, bytes] | None, asked: int, tmp_path: Path
) -> None:
    """What the client hears and how often the server was asked are those of the fault."""
    async with a_way(tmp_path) as (proxy, api):
        with proxy.rule(act, method="POST", path="/x", times=1):
            assert heard == await ask(proxy, "/x")
            assert asked == len(api.requests)
            assert (200, b'{"n": 1}') == await ask(proxy, "/x")
            assert (200, b'{"n": 1}') == await ask(proxy, "/y")

    told = [(one["path"], one["status"]) for one in read(tmp_path / "history.jsonl")]
    assert [("/x", heard[0] if heard else 0), ("/x", 200), ("/y", 200)] == told


async def test_a_held_exchange_goes_on_when_it_is_let_go(tmp_path: Path) -> None:
    """Meanwhile the server has acted, and the client waits."""
    held = Held()
    async with a_way(tmp_path) as (proxy, api):
        with proxy.rule(held.after):
            asking = asyncio.create_task(ask(proxy))
            await eventually_async(lambda: asyncio.to_thread(held.come.is_set), bool, within=10)
            assert 1 == len(api.requests)
            assert not asking.done()
            held.let_go()

            assert (200, b'{"n": 1}') == await asking


async def test_a_held_stream_says_everything_when_it_is_let_go(tmp_path: Path) -> None:
    """Nothing that it said is lost, and nothing comes before."""
    async with a_way(tmp_path) as (proxy, api):
        api.on("/stream", events("1", "2"))
        with proxy.holding("/stream"):
            listening = asyncio.create_task(ask(proxy, "/stream"))
            await eventually_async(api.open_connections, 0, within=10)
            assert not listening.done()

        assert (200, b"data: 1\n\ndata: 2\n\n") == await listening


def test_a_history_shows_no_token_and_no_password(tmp_path: Path) -> None:
    """It is kept where anybody may read it."""
    history = History(tmp_path / "history.jsonl")
    history.write("request", path="/webhook/sweep-callback/0a1b/k1.c2VjcmV0")
    history.write("error", said="postgresql://desk:s3cret@127.0.0.1/x")
    history.close()

    kept = history.path.read_text()
    assert "c2VjcmV0" not in kept
    assert "s3cret" not in kept


@asynccontextmanager
async def before_postgres(dsn: str) -> AsyncIterator[tuple[PostgresProxy, str, list[str]]]:
    """Run a proxy before a database: itself, the DSN through it, and the marks it has swallowed."""
    marks: list[str] = []
    usual = urlsplit(dsn).port or 0
    async with PostgresProxy(usual, marks.append).running() as proxy:
        yield proxy, dsn.replace(f":{usual}/", f":{proxy.port}/"), marks


async def count(dsn: str) -> int:
    """Count the rows of the table of these tests."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        row = await (await connection.execute("SELECT count(*) FROM t")).fetchone()
        return int(row[0]) if row else 0


async def test_a_marked_commit_happens_and_is_not_answered(empty_database: str) -> None:
    """Its client does not learn what became of it; whoever set the mark does."""
    async with before_postgres(empty_database) as (_, dsn, marks):
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            await connection.execute("CREATE TABLE t (n int)")
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(psycopg.OperationalError):
                await connection.execute("COMMIT /* fault:8/between a 1 */")
        assert ["8/between a 1"] == marks
        assert 1 == await count(dsn)


async def test_a_marked_transaction_that_fails_is_answered(empty_database: str) -> None:
    """Nothing was committed, so there is nothing to swallow."""
    async with before_postgres(empty_database) as (_, dsn, marks):
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            with pytest.raises(psycopg.errors.UndefinedTable):
                await connection.execute("INSERT INTO missing VALUES (1) /* fault:1/between a 1 */")
            assert (1,) == await (await connection.execute("SELECT 1")).fetchone()
        assert [] == marks

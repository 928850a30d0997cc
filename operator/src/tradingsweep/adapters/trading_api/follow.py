"""Visits to the streams of jobs: one shared login, then one open answer for a few seconds."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from urllib.parse import quote

from tradingsweep.adapters.trading_api.answers import Exchange, Redactor, problem_of
from tradingsweep.adapters.trading_api.http import Away, Call, Stream, Wire
from tradingsweep.adapters.trading_api.session import Session, cookie_in
from tradingsweep.adapters.trading_api.stream import Newsreader
from tradingsweep.contract import ContractError, is_identifier
from tradingsweep.domain.answers import Broken, Done, News, NoSuchJob
from tradingsweep.errors import TradingApiUnavailable

MAX_STREAMED = 1024 * 1024
"""Bytes of one visit; ten events a second are 10 kB."""


class Follower:
    """Asks streams for news, over connections of its own."""

    def __init__(self, wire: Wire, api_key: str, redact: Redactor, login_timeout: float) -> None:
        self._wire = wire
        self._key = api_key
        self._redact = redact
        self._login_timeout = login_timeout
        self._session = Session(self._log_in)

    async def follow(self, job_id: str, within: float) -> AsyncGenerator[News, None]:
        """Yield a job's news for at most `within` seconds, the login included.

        Raises:
            TradingApiUnavailable: the stream did not begin, broke off, or is no stream of events.
        """
        if not is_identifier(job_id):
            yield NoSuchJob()
            return
        try:
            async with self._opened(job_id, within) as stream:
                if stream.head.status == 404:
                    yield NoSuchJob()
                    return
                self._check(stream.head)
                async with aclosing(self._news(stream)) as heard:
                    async for news in heard:
                        yield news
        except Away as away:
            raise TradingApiUnavailable(self._shown(str(away))) from None

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

    @property
    def _shown(self) -> Redactor:
        return self._redact.also(*self._session.secrets)

    @asynccontextmanager
    async def _opened(self, job_id: str, within: float) -> AsyncIterator[Stream]:
        """Open a job's stream; a cookie that is refused once is renewed once."""
        clock = asyncio.get_running_loop().time
        until = clock() + within
        cookie = await self._cookie(until, None)
        async with self._wire.stream(_visit(job_id, cookie), until - clock()) as stream:
            if stream.head.status != 401:
                yield stream
                return
        cookie = await self._cookie(until, cookie)
        async with self._wire.stream(_visit(job_id, cookie), until - clock()) as stream:
            yield stream

    async def _cookie(self, until: float, refused: str | None) -> str:
        try:
            async with asyncio.timeout_at(until):
                return await self._session.cookie(instead_of=refused)
        except TimeoutError:
            raise Away("no login in time") from None

    async def _log_in(self) -> str:
        body = json.dumps({"api_key": self._key}).encode()
        call = Call("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)
        seen = await self._wire.exchange(call, self._login_timeout)
        problem = problem_of(seen, self._redact)
        if isinstance(problem, TradingApiUnavailable):
            raise problem
        cookie = cookie_in(seen)
        if cookie is None:
            raise TradingApiUnavailable(f"the login gave no cookie (HTTP {seen.status})")
        return cookie

    def _check(self, head: Exchange) -> None:
        if problem := problem_of(head, self._shown):
            if isinstance(problem, TradingApiUnavailable):
                raise problem
            raise TradingApiUnavailable(str(problem))
        kind = (head.header("content-type") or "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            raise TradingApiUnavailable("the answer is not a stream of events")

    async def _news(self, stream: Stream) -> AsyncGenerator[News, None]:
        reader, left = Newsreader(self._shown), MAX_STREAMED
        async for chunk in stream.chunks:
            left -= len(chunk)
            if left < 0:
                raise Away(f"the stream is over {MAX_STREAMED // 1024} KiB")
            try:
                for news in reader.feed(chunk):
                    yield news
                    if isinstance(news, Done | Broken):
                        return
            except ContractError as refused:
                raise Away(str(refused)) from None


def _visit(job_id: str, cookie: str) -> Call:
    path = f"/sse-proxy/jobs/{quote(job_id, safe='')}/stream"
    return Call("GET", path, {"Accept": "text/event-stream", "Cookie": cookie})

"""An HTTP proxy on 127.0.0.1 that does to exchanges what networks and half-dead servers do.

Rules are asked in order, and the first that matches an exchange has it: it may answer by itself,
wait, forward once or twice, and give back the answer, another one, or none (the connection is cut).
What no rule has is passed on as it comes, streams too; streams can be held and cut.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import aiohttp
from aiohttp import web
from yarl import URL

from dev.ports import free_port
from tests.faults.history import History

_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length", "upgrade"}
"""Headers of a connection, not of an exchange."""
_LOOK_EVERY = 0.02
"""Seconds between two looks whether a stream is still held."""


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    """With its query, as it was written."""
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300


Forward = Callable[[], Awaitable[Reply]]
"""Asks the server, and waits for its whole answer."""
Act = Callable[[Asked, Forward], Awaitable[Reply | None]]
"""What a rule does with an exchange; None: the client's connection is cut."""


@dataclass(eq=False)
class Rule:
    """What happens to exchanges of one kind."""

    act: Act
    method: str = ".*"
    path: str = ".*"
    """Regular expressions: the method whole, the path from its beginning."""
    contains: bytes = b""
    """The body has these bytes."""
    times: int | None = None
    """How many exchanges it takes; None: all."""
    taken: int = 0

    def matches(self, asked: Asked) -> bool:
        """Whether it has this exchange."""
        return (
            (self.times is None or self.taken < self.times)
            and re.fullmatch(self.method, asked.method) is not None
            and re.match(self.path, asked.path) is not None
            and self.contains in asked.body
        )


@dataclass(frozen=True)
class Passed:
    """An exchange that has ended; status 0 where the client's connection was cut."""

    method: str
    path: str
    status: int
    at: float
    """When the request came, on the event loop's clock."""


class HttpProxy:
    """One way to one server. Rules and valves may be changed from any thread."""

    def __init__(
        self,
        name: str,
        target: str,
        history: History,
        *,
        tls: ssl.SSLContext | None = None,
        change: Callable[[dict[str, str]], dict[str, str]] = dict,
    ) -> None:
        self.name, self.port = name, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.rules: list[Rule] = []
        self.passed: list[Passed] = []
        self._target, self._history, self._tls, self._change = target, history, tls, change
        self._held: list[re.Pattern[str]] = []
        self._streams: dict[asyncio.Task[object], str] = {}
        self._loop = asyncio.get_running_loop()
        self._client: aiohttp.ClientSession

    @contextmanager
    def rule(
        self, act: Act, *, method: str = ".*", path: str = ".*", times: int | None = None
    ) -> Iterator[Rule]:
        """Let exchanges of a kind go so while the block runs; the newest rule goes first."""
        made = Rule(act, method, path, times=times)
        self.rules.insert(0, made)
        try:
            yield made
        finally:
            self.rules.remove(made)

    @contextmanager
    def holding(self, path: str) -> Iterator[None]:
        """Hold back what streams of such paths say until the block ends; then all of it comes."""
        held = re.compile(path)
        self._held.append(held)
        try:
            yield
        finally:
            self._held.remove(held)

    def cut_streams(self, path: str = ".*") -> None:
        """Cut the streams that are open on such paths."""
        for task, where in list(self._streams.items()):
            if re.match(path, where):
                self._loop.call_soon_threadsafe(task.cancel)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HttpProxy"]:
        """Take connections while the block runs."""
        connector = aiohttp.TCPConnector(limit=0, ssl=self._tls or True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False, trust_env=False
        ) as self._client:
            server = web.Server(self._serve, handler_cancellation=True, access_log=None)
            runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            try:
                yield self
            finally:
                await runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        at = self._loop.time()
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.raw_path, headers, await request.read())
        status = 0
        try:
            rule = next((rule for rule in self.rules if rule.matches(asked)), None)
            if rule is None:
                response = await self._pass_on(request, asked)
            else:
                rule.taken += 1
                reply = await rule.act(asked, partial(self.ask, asked))
                response = _cut(request) if reply is None else _whole(reply)
            status = 0 if _is_cut(request) else response.status
        except (aiohttp.ClientError, OSError):
            # The server is away: so is what stands before it.
            response = _cut(request)
        finally:
            self.passed.append(Passed(asked.method, asked.path, status, at))
            self._history.write(
                "request", way=self.name, method=asked.method, path=asked.path, status=status
            )
        return response

    async def ask(self, asked: Asked) -> Reply:
        """Ask the server, and wait for its whole answer."""
        async with self._open(asked) as answer:
            return Reply(answer.status, await answer.read(), _kept(answer.headers))

    @asynccontextmanager
    async def _open(self, asked: Asked) -> AsyncIterator[aiohttp.ClientResponse]:
        url = URL(self._target + asked.path, encoded=True)
        async with self._client.request(
            asked.method,
            url,
            headers=self._change(_kept(asked.headers)),
            data=asked.body or None,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        ) as answer:
            yield answer

    async def _pass_on(self, request: web.BaseRequest, asked: Asked) -> web.StreamResponse:
        async with self._open(asked) as answer:
            if answer.content_length is not None or not _is_stream(asked, answer):
                return _whole(Reply(answer.status, await answer.read(), _kept(answer.headers)))
            response = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await response.prepare(request)
            with self._streaming(asked.path), suppress(ConnectionError, aiohttp.ClientError):
                async for chunk in answer.content.iter_any():
                    await self._until_let_go(asked.path)
                    await response.write(chunk)
            return response

    @contextmanager
    def _streaming(self, path: str) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._streams[task] = path
        try:
            yield
        finally:
            del self._streams[task]

    async def _until_let_go(self, path: str) -> None:
        while any(held.match(path) for held in list(self._held)):
            await pause(_LOOK_EVERY)


async def pause(seconds: float) -> None:
    """Let some time pass, as a slow network does."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


def _is_stream(asked: Asked, answer: aiohttp.ClientResponse) -> bool:
    return "watch=" in asked.path or answer.content_type == "text/event-stream"


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP}


def _whole(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


def _cut(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _is_cut(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()

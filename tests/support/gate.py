"""A gate on the way to an HTTP server: it can be shut, and it can keep requests or answers.

So a test stops a client at a chosen line: its request has left and has not arrived, or it has been
acted upon and the answer has not come back.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from dev.ports import free_port
from tests.support.eventually import eventually

_PATIENCE = 20.0
"""Seconds for what a running client does at once."""


class Side(Enum):
    """What is kept at the gate."""

    REQUEST = "the request has not arrived"
    ANSWER = "the request was acted upon, and its answer has not come back"


@dataclass(eq=False)
class Barrier:
    """Keeps the exchanges of some paths; when it goes, those that it still has are cut."""

    prefix: str
    side: Side
    kept: int = 0
    """How many exchanges have come to it."""
    _loop: asyncio.AbstractEventLoop = field(kw_only=True)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _cuts: bool = True

    async def keep(self) -> bool:
        """Keep one exchange; returns whether it goes on afterwards."""
        self.kept += 1
        await self._over.wait()
        return not self._cuts

    def let_through(self) -> None:
        """Let what it has go on, and keep nothing more."""
        self._cuts = False
        self.go()

    def go(self) -> None:
        """End: what it has is cut, if it was not let through."""
        self._loop.call_soon_threadsafe(self._over.set)

    def wait(self) -> None:
        """Wait until an exchange has come to it."""
        eventually(lambda: self.kept, lambda kept: kept > 0, within=_PATIENCE)


class Gate:
    """One way to one server; `passed` is every request line that went through it."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.passed: list[str] = []
        self._target = target
        self._barriers: list[Barrier] = []
        self._exchanges: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Refuse every connection until the block ends, as a server that does not run."""
        self._do(self.close())
        try:
            yield
        finally:
            self._do(self.listen())

    @contextmanager
    def keeping(self, prefix: str, side: Side) -> Iterator[Barrier]:
        """Keep requests whose path begins so, or their answers; cut them when the block ends."""
        barrier = Barrier(prefix, side, _loop=self._loop)
        self._barriers.append(barrier)
        try:
            yield barrier
        finally:
            self._barriers.remove(barrier)
            barrier.go()

    async def listen(self) -> None:
        """Begin to take connections."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Take no more, and cut what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for exchange in self._exchanges:
            exchange.cancel()
        await asyncio.gather(*self._exchanges, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = asyncio.current_task()
        assert exchange is not None
        self._exchanges.add(exchange)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._pass(reader, writer)
        except asyncio.CancelledError:
            # The gate was shut; a task of `start_server` that ends cancelled is reported as lost.
            writer.transport.abort()
        finally:
            self._exchanges.discard(exchange)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one exchange: the client is told to open a connection for each."""
        request, path = await _read(reader)
        barrier = next((b for b in self._barriers if path.startswith(b.prefix)), None)
        if barrier is not None and barrier.side is Side.REQUEST and not await barrier.keep():
            return
        self.passed.append(request.partition(b"\r\n")[0].decode("latin-1"))
        server, onward = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            onward.write(request)
            if barrier is not None and barrier.side is Side.ANSWER:
                answer = await server.read()
                if await barrier.keep():
                    writer.write(answer)
                    await writer.drain()
                return
            while chunk := await server.read(65_536):
                writer.write(chunk)
                await writer.drain()
        finally:
            onward.close()


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, str]:
    """Read a whole request, and its path; the server is asked to close the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in headers if not line.lower().startswith(b"connection:")]
    lengths = [line for line in headers if line.lower().startswith(b"content-length:")]
    body = await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
    request = b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n" + body
    return request, first.split(b" ")[1].decode("latin-1")


@asynccontextmanager
async def gate(target: int) -> AsyncIterator[Gate]:
    """Stand in front of a port of 127.0.0.1."""
    standing = Gate(target)
    await standing.listen()
    try:
        yield standing
    finally:
        await standing.close()

"""A TCP proxy before Postgres that knows where messages begin: it can swallow the end of a commit.

A statement that carries the comment `/* fault: … */` marks its transaction. What the server says
from then on is kept until it is idle again, which is after the commit; then the client hears
nothing of it, and whoever set the mark is told. A transaction that failed is let through: nothing
was committed. Frontend/backend protocol 3.0: a byte for the kind, four for the length.
"""

import asyncio
import re
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from dev.ports import free_port

MARK = re.compile(rb"/\* fault:([^*]+?) \*/")
_SSL, _GSS = 80877103, 80877104
_STATEMENTS = (b"P", b"Q")
_ERROR, _READY, _IDLE = b"E", b"Z", b"I"

Swallowed = Callable[[str], None]
"""Told the text of a mark whose transaction was committed without an answer."""


@dataclass(eq=False)
class _Session:
    """One connection of a client."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    mark: str = ""
    """Set: the answers are kept."""
    kept: list[bytes] = field(default_factory=list)

    def end(self) -> None:
        self.client.transport.abort()
        self.server.transport.abort()


class PostgresProxy:
    """One way to one server."""

    def __init__(self, port: int, swallowed: Swallowed) -> None:
        self.port = free_port()
        self.commits = 0
        """Statements with a COMMIT in them that passed."""
        self._target, self._swallowed = port, swallowed
        self._sessions: set[_Session] = set()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._to_lose = 0

    def lose_commits(self, count: int) -> None:
        """Let the next commits happen and their answers be lost; their clients live on."""
        self._to_lose = count

    def cut(self) -> None:
        """Cut every connection that is open, wherever it stands."""
        self._loop.call_soon_threadsafe(self._cut)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Cut every connection and take none until the block ends."""
        self._closed = True
        self.cut()
        try:
            yield
        finally:
            self._closed = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator["PostgresProxy"]:
        """Take connections while the block runs."""
        server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self._cut()

    def _cut(self) -> None:
        for session in list(self._sessions):
            session.end()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            writer.transport.abort()
            return
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        session = _Session(writer, server)
        self._sessions.add(session)
        ways = [
            asyncio.create_task(self._to_server(reader, session)),
            asyncio.create_task(self._to_client(answers, session)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._sessions.discard(session)
            session.end()

    async def _to_server(self, reader: asyncio.StreamReader, session: _Session) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            session.server.write(await _startup(reader, session.client))
            while True:
                kind, message = await _message(reader)
                if kind in _STATEMENTS:
                    self._look(message, session)
                session.server.write(message)
                await session.server.drain()

    def _look(self, message: bytes, session: _Session) -> None:
        if found := MARK.search(message):
            session.mark = found[1].decode()
        if b"COMMIT" in message:
            self.commits += 1
            if self._to_lose and not session.mark:
                self._to_lose -= 1
                session.mark = "lost"

    async def _to_client(self, reader: asyncio.StreamReader, session: _Session) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                kind, message = await _message(reader)
                if session.mark:
                    session.kept.append(message)
                    if kind == _READY and message[5:6] == _IDLE and not _failed(session.kept):
                        self._swallowed(session.mark)
                        return
                    if kind not in (_READY, _ERROR):
                        continue
                    message, session.mark = b"".join(session.kept), ""
                    session.kept.clear()
                session.client.write(message)
                await session.client.drain()


def _failed(kept: list[bytes]) -> bool:
    return any(message[:1] == _ERROR for message in kept)


async def _startup(reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> bytes:
    """Read the first message of a connection; offers of TLS are declined, as the server would."""
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!II", head)
        if code not in (_SSL, _GSS):
            return head + await reader.readexactly(length - 8)
        client.write(b"N")


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    (length,) = struct.unpack("!I", head[1:])
    return head[:1], head + await reader.readexactly(length - 4)

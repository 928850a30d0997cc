"""Connections that are slow on purpose, or by misfortune: none of them is kept for ever.

Three kinds: a request whose head does not come (here), one whose body does not come (`body.py`),
and a client that does not read what it asked for (the kernel's own timer, `listen`).
"""

import asyncio
import socket
from typing import Final

from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

BACKLOG: Final = 2_048


def listen(host: str, port: int, stall_seconds: float) -> socket.socket:
    """Open the port before anything starts: one that is taken is said at once.

    A client that takes nothing for `stall_seconds` while there is something to take is dropped,
    where the system can do that (Linux).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it, every
    # answer on a kept connection waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it. It counts a closed window too: an event stream or a download that
        # nobody reads. Closing such a connection from here would wait for its buffer to drain.
        milliseconds = round(1_000 * stall_seconds)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


class Impatient(H11Protocol):
    """Uvicorn's own protocol, which alone waits for ever for a head that comes byte by byte."""

    head_seconds = 10.0
    _deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._begin()

    @override
    def data_received(self, data: bytes) -> None:
        if self._awaits_a_head():
            self._begin()
        super().data_received(data)
        if not self._awaits_a_head():
            self._end()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _awaits_a_head(self) -> bool:
        """Whether no request is being answered: what comes in belongs to the next one."""
        # Before the first request there is no cycle, whatever the base class declares.
        return bool(getattr(self.cycle, "response_complete", True))

    def _begin(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def protocol(seconds: float) -> type[Impatient]:
    """Build the protocol of a server that waits so long for the head of a request."""

    class Configured(Impatient):
        head_seconds = seconds

    return Configured

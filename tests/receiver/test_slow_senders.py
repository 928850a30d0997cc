"""Senders that hold a connection and do not come to the point."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.receiver.conftest import Receiver
from tests.support.ledger_rows import key_of

CUT_WITHIN = 4.0
"""Seconds; the receiver under test gives headers and body 1 each."""


def _connect(receiver: Receiver) -> socket.socket:
    return socket.create_connection(("127.0.0.1", receiver.port), timeout=15)


@contextmanager
def _dripping(connection: socket.socket, piece: bytes) -> Iterator[None]:
    """Send a piece five times a second for as long as the block runs and the peer listens."""
    enough = threading.Event()

    def drip() -> None:
        try:
            while not enough.wait(0.2):
                connection.sendall(piece)
        except OSError:
            return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def _until_closed(connection: socket.socket) -> tuple[bytes, float]:
    """Return what was answered, and the seconds until the receiver closed the connection."""
    start, answer = time.monotonic(), b""
    try:
        while more := connection.recv(4096):
            answer += more
    except ConnectionResetError:
        pass
    return answer, time.monotonic() - start


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b""),
        (b"POST /webhook/sweep-callback HTTP/1.1\r\nHost: x\r\n", b""),
        (b"POST /webhook/sweep-callback HTTP/1.1\r\nHost: x\r\n", b"X-More: y\r\n"),
    ],
    ids=["silent", "headers that stop", "headers that never end"],
)
def test_slow_headers_are_cut(receiver: Receiver, first: bytes, piece: bytes) -> None:
    """A connection without a request costs us a second, not an hour."""
    with _connect(receiver) as connection:
        connection.sendall(first)
        with _dripping(connection, piece):
            answer, seconds = _until_closed(connection)

    assert (b"", True) == (answer, seconds < CUT_WITHIN)


@pytest.mark.parametrize("piece", [b"", b"x"], ids=["a body that stops", "a body that never ends"])
def test_a_slow_body_is_cut_and_told_why(receiver: Receiver, piece: bytes) -> None:
    """408, and the connection ends with it."""
    path = receiver.path(key_of("slow"))
    with _connect(receiver) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n".encode()
        )
        with _dripping(connection, piece):
            answer, seconds = _until_closed(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert seconds < CUT_WITHIN


def test_an_idle_connection_is_not_kept(receiver: Receiver) -> None:
    """Keep-alive ends when no next request begins."""
    with _connect(receiver) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer, seconds = _until_closed(connection)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert seconds < CUT_WITHIN


def test_headers_that_are_too_big_are_refused(receiver: Receiver) -> None:
    """Nobody fills our memory with header lines."""
    with _connect(receiver) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000)
        answer, seconds = _until_closed(connection)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert seconds < CUT_WITHIN


def test_a_genuine_callback_is_answered_among_slow_ones(receiver: Receiver) -> None:
    """Two hundred connections that hang do not keep the real sender out."""
    with ExitStack() as stack:
        for _ in range(200):
            slow = stack.enter_context(_connect(receiver))
            slow.sendall(b"POST /webhook/sweep-callback HTTP/1.1\r\nHost: x\r\n")
        start = time.monotonic()
        answer = receiver.post(receiver.path(key_of("genuine")), content=b"{}")
        seconds = time.monotonic() - start

    assert (202, True) == (answer.status_code, seconds < 1.0)

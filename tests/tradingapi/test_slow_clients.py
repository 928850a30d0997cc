"""Clients that are slow on purpose: each is dropped, and nobody else waits for them."""

import re
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.support.eventually import eventually
from tests.tradingapi.server import API_KEY, KEY, Api, serving

PATIENCE = 20_000
"""Milliseconds until the server must have dropped a client."""

SUBMIT = b"POST /api/v1/strategy/sweep HTTP/1.1\r\nHost: x\r\nX-API-Key: " + API_KEY.encode()
FORM = b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that waits a second for a request and for its reader."""
    folder = tmp_path_factory.mktemp("impatient")
    with serving(folder, slow_seconds="1", stall_seconds="1", min_job_seconds="60") as api:
        yield api


@contextmanager
def connected(api: Api, receive_buffer: int = 0) -> Iterator[socket.socket]:
    """Open a connection; a small buffer is soon full."""
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(("127.0.0.1", urlsplit(api.url).port))
    with client:
        client.settimeout(PATIENCE / 1_000)
        yield client


def whole_answer(client: socket.socket) -> bytes:
    """Read one answer, which may come in parts; nothing if the server hangs up."""
    heard = b""
    while piece := client.recv(65_536):
        heard += piece
        size = re.search(rb"content-length: (\d+)", heard)
        head, _, body = heard.partition(b"\r\n\r\n")
        if size is not None and head and len(body) >= int(size[1]):
            break
    return heard


def drip(client: socket.socket, piece: bytes) -> bytes:
    """Send piece after piece, ten a second, until the server answers or hangs up."""
    heard = select.poll()
    heard.register(client, select.POLLIN | select.POLLHUP | select.POLLERR)
    try:
        for _ in range(PATIENCE // 100):
            client.sendall(piece)
            if heard.poll(100):
                return whole_answer(client)
    except OSError:
        return b""
    raise AssertionError("the server still listens")


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\n", SUBMIT + b"\r\n"])
def test_a_head_that_comes_byte_by_byte_is_cut(impatient: Api, first: bytes) -> None:
    """However lively the connection is: the deadline is for the whole head."""
    with connected(impatient) as client:
        client.sendall(first)

        assert b"" == drip(client, b"X-A: b\r\n" if first else b"G")


def test_a_second_request_on_a_connection_has_the_same_deadline(impatient: Api) -> None:
    """The first one was quick."""
    with connected(impatient) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in whole_answer(client)

        assert b"" == drip(client, b"X")


def test_a_silent_connection_is_cut(impatient: Api) -> None:
    """It says nothing at all."""
    with connected(impatient) as client:
        try:
            assert b"" == client.recv(1)
        except ConnectionResetError:
            return


def test_a_body_that_comes_byte_by_byte_is_refused_and_cut(impatient: Api) -> None:
    """408: nothing is wrong with it, it may come again; then the connection ends too."""
    with connected(impatient) as client:
        client.sendall(SUBMIT + FORM)

        answer = drip(client, b"a")

        assert b"408 Request Timeout" in answer
        assert b"within 1 seconds" in answer
        assert b"" == drip(client, b"a")


def test_a_stream_that_nobody_reads_is_dropped(impatient: Api) -> None:
    """Its events fill the client's buffer; a second later the server lets go."""
    grid = {"fast_range": "5-104", "slow_range": "105-204", "step": "1"}
    job_id = impatient.submit(grid).json()["job_id"]
    with impatient.session() as session, connected(impatient, receive_buffer=1) as client:
        cookie = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
        path = f"/sse-proxy/jobs/{job_id}/stream"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())

        wait_until_dropped(impatient, client)
        assert "running" == impatient.job(job_id)["status"]


def test_a_download_that_nobody_reads_is_dropped(impatient: Api) -> None:
    """And the server goes on answering others."""
    schema = httpx.get(f"{impatient.url}/openapi.json").content
    with connected(impatient, receive_buffer=1) as client:
        asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
        client.sendall(asked * (2**20 // len(schema) + 1))

        wait_until_dropped(impatient, client)
    assert 200 == httpx.get(f"{impatient.url}/health", headers=KEY).status_code


def peers(api: Api) -> set[int]:
    """List the ports of the clients whose connections the server holds."""
    held = psutil.Process(api.service.process.pid).net_connections("tcp")
    return {connection.raddr.port for connection in held if connection.raddr}


def wait_until_dropped(api: Api, client: socket.socket) -> None:
    """Wait until the server has let go of a connection; the client's side is told nothing."""
    port = client.getsockname()[1]
    eventually(lambda: port in peers(api), wanted=True, within=20)
    eventually(lambda: port in peers(api), wanted=False, within=30)


def test_a_client_that_reads_slowly_is_served(tmp_path: Path) -> None:
    """Whoever takes something now and then is not stalled."""
    with serving(tmp_path, stall_seconds="1") as api:
        size = len(httpx.get(f"{api.url}/openapi.json").content)
        with connected(api, receive_buffer=1) as client:
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            pause = select.poll()
            taken = b""
            while piece := client.recv(1_024):
                taken += piece
                pause.poll(50)

    assert size == len(taken.partition(b"\r\n\r\n")[2])

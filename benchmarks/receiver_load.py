"""Callbacks for the receiver's bars: prepared requests, sent over connections that stay open.

The sender shares the machine with what it measures, so it parses no more of an answer than it
needs: bytes in, bytes out.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence

SENDERS = 64
"""Connections that send at the same time, each its next callback when the last was answered: twice
what the reference Trading API has."""

Request = bytes
Timings = list[float]


def requests(paths: Sequence[str], body: bytes, port: int) -> list[Request]:
    """Write a POST of the body to each of these paths."""
    return [
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for path in paths
    ]


def burst(port: int, sent: Sequence[Request]) -> tuple[Timings, float]:
    """Send everything; returns the seconds of each answer, and of all together.

    Raises:
        AssertionError: a callback was answered with something else than 202.
    """
    return asyncio.run(_burst(port, sent))


async def _burst(port: int, sent: Sequence[Request]) -> tuple[Timings, float]:
    waiting, timings = iter(sent), Timings()
    begun = time.perf_counter()
    await asyncio.gather(*(_send(port, waiting, timings) for _ in range(SENDERS)))
    return timings, time.perf_counter() - begun


async def _send(port: int, waiting: Iterator[Request], timings: Timings) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in waiting:
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            timings.append(time.perf_counter() - begun)
            assert head.startswith(b"HTTP/1.1 202"), head
    finally:
        writer.close()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next(
        int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length")
    )

"""One exchange with the Trading API over HTTP, bounded in time and in bytes.

The only file that knows httpx, and of httpx only the transport: redirects, cookie jars, netrc,
proxies from the environment and the log line with the address are all in the client above it, so
none of them can happen. TLS trusts `SSL_CERT_FILE` or `SSL_CERT_DIR` where they are set.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx

from tradingsweep.adapters.trading_api.answers import Exchange
from tradingsweep.adapters.trading_api.endpoints import Heard, endpoint, nobody
from tradingsweep.contract import plain
from tradingsweep.errors import ConfigurationError

MAX_ANSWER = 256 * 1024
"""Bytes of an answer that is not a page of results."""
CONNECT_TIMEOUT = 10.0
"""Seconds for the connection alone, TLS included."""
NO_ANSWER = "none"
"""Instead of a status code."""
IDLE = 5.0
"""Seconds that a connection is kept; below what servers keep it for."""

_FAULTS = (httpx.HTTPError, httpx.StreamError, OSError, ValueError)
"""Everything that a connection can end in. ValueError: a host name that IDNA cannot encode."""


class _StaleError(Exception):
    """The caller's right to send ran out before the first byte."""


class Away(Exception):  # noqa: N818 - reads as the state that it reports
    """No answer could be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    """Below the base address, percent-encoded, with its query."""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose body is read as it comes."""

    head: Exchange
    """Status and headers."""
    chunks: AsyncGenerator[bytes, None]
    """Ends when the answer ends or the time is up; raises `Away`."""


def checked_address(address: str) -> str:
    """Return the API's address without a slash at its end.

    Raises:
        ConfigurationError: it is not one that requests can be sent to.
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL):
        usable = False
    if not usable or address != plain(address, limit=None) or " " in address:
        raise ConfigurationError("the Trading API's URL must be http(s)://host[:port][/path]")
    if set(address) & set("@?#"):
        raise ConfigurationError("the Trading API's URL must have no user, no query, no fragment")
    return address.rstrip("/")


def trust(base: str) -> ssl.SSLContext:
    """Return which certificates count: for plain HTTP none, and none are read."""
    if urlsplit(base).scheme == "https":
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Wire:
    """Connections to one Trading API."""

    def __init__(
        self,
        base: str,
        tls: ssl.SSLContext,
        *,
        connections: int,
        reuse: bool = True,
        heard: Heard = nobody,
    ) -> None:
        # At DEBUG it writes every header of an answer, and one of them is the session's cookie.
        logging.getLogger("httpcore").setLevel(logging.INFO)
        self._base = base
        self._heard = heard
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls,
            trust_env=False,
            retries=0,
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections if reuse else 0,
                keepalive_expiry=IDLE,
            ),
        )

    async def exchange(
        self,
        call: Call,
        within: float,
        *,
        cap: int = MAX_ANSWER,
        may_send: Callable[[], bool] | None = None,
    ) -> Exchange:
        """Send a request and read its whole answer in `within` seconds and `cap` bytes.

        Never raises for what happens outside: the exchange says how far it came. `may_send` is
        asked once, when the connection is open and no byte has left.
        """
        seen, begun = Exchange(), perf_counter()
        try:
            async with asyncio.timeout(within):
                await self._fill(seen, self._request(call, within, _gate(seen, may_send)), cap)
        except _StaleError:
            seen.failure = "the right to send it had run out"
        except TimeoutError:
            missing = "whole answer" if seen.sent else "connection"
            seen.failure = f"no {missing} within {within:g} s"
        except _FAULTS as fault:
            seen.failure = _explain(fault)
        finally:
            self._heard(
                endpoint(call.method, call.path),
                _code(seen),
                perf_counter() - begun,
            )
        return seen

    async def _fill(self, seen: Exchange, request: httpx.Request, cap: int) -> None:
        response = await self._transport.handle_async_request(request)
        try:
            _take_head(seen, response)
            seen.flaw = seen.flaw or _too_big(seen, cap)
            if seen.flaw is not None:
                return
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > cap:
                    seen.flaw = _over(cap)
                    return
            seen.body = bytes(body)
        finally:
            await response.aclose()

    @asynccontextmanager
    async def stream(self, call: Call, within: float) -> AsyncIterator[Stream]:
        """Send a request and leave its answer open for at most `within` seconds.

        Raises:
            Away: no answer began in that time.
        """
        until = asyncio.get_running_loop().time() + within
        head = Exchange()
        try:
            async with asyncio.timeout_at(until):
                response = await self._transport.handle_async_request(
                    self._request(call, within, _gate(head, None))
                )
        except (TimeoutError, *_FAULTS) as fault:
            self._heard(endpoint(call.method, call.path), NO_ANSWER, None)
            if isinstance(fault, TimeoutError):
                raise Away(f"no answer began within {within:g} s") from None
            raise Away(_explain(fault)) from None
        self._heard(endpoint(call.method, call.path), str(response.status_code), None)
        try:
            _take_head(head, response)
            async with aclosing(_until(until, response)) as chunks:
                yield Stream(head, chunks)
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def _request(self, call: Call, within: float, trace: "_Trace") -> httpx.Request:
        timeout = httpx.Timeout(within, connect=min(CONNECT_TIMEOUT, within))
        return httpx.Request(
            call.method,
            self._base + call.path,
            headers={"Accept-Encoding": "identity", "User-Agent": "tradingsweep", **call.headers},
            content=call.body or None,
            extensions={"timeout": timeout.as_dict(), "trace": trace},
        )


_Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


def _gate(seen: Exchange, may_send: Callable[[], bool] | None) -> _Trace:
    """Return the trace that marks, and may forbid, the moment before the first byte."""

    async def trace(event: str, _info: dict[str, Any]) -> None:
        # httpcore reports `connection.*` until the connection stands, then
        # `http11.send_request_headers.started`. Any event but the connection's own closes the
        # gate: a name that a later release changes must count as sent, never as not sent.
        if seen.sent or seen.stale or event.startswith("connection."):
            return
        if may_send is not None and not may_send():
            # Noted before it is raised: closing the connection is an event too.
            seen.stale = True
            raise _StaleError
        seen.sent = True

    return trace


def _code(seen: Exchange) -> str:
    return NO_ANSWER if seen.status is None else str(seen.status)


def _take_head(seen: Exchange, response: httpx.Response) -> None:
    seen.status = response.status_code
    seen.headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
    encoding = (seen.header("content-encoding") or "identity").strip().lower()
    if encoding != "identity":
        # Unpacking is where a small answer becomes a big one; we said that we want none of it.
        seen.flaw = "the answer is compressed, which was not asked for"


def _too_big(seen: Exchange, cap: int) -> str | None:
    length = seen.header("content-length") or ""
    return _over(cap) if length.isdecimal() and float(length) > cap else None


def _over(cap: int) -> str:
    return f"the answer is over {cap // 1024} KiB"


async def _until(until: float, response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield a body's bytes until the time is up; what the reader does with them is not timed."""
    chunks = response.aiter_raw()
    while True:
        # Around one step and never around a yield: between two steps the task is the reader's,
        # and a timeout that strikes then would cancel the reader's own work.
        try:
            async with asyncio.timeout_at(until):
                chunk = await anext(chunks, None)
        except TimeoutError:
            return
        except _FAULTS as fault:
            raise Away(_explain(fault)) from None
        if chunk is None:
            return
        yield chunk


def _explain(fault: Exception) -> str:
    """Say what happened in words of ours: a library's text may quote what the API sent."""
    match fault:
        case httpx.PoolTimeout():
            return "no connection was free in time"
        case httpx.ConnectTimeout():
            return "connecting took too long"
        case httpx.ConnectError() | ValueError() | OSError():
            return f"cannot connect: {plain(str(fault), 120)}"
        case httpx.TimeoutException():
            return "the connection went silent"
        case httpx.ProtocolError() if "disconnected" not in str(fault):
            return "the answer is not whole, or is not HTTP"
        case _:
            return "the connection was cut"

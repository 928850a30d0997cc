"""The login that streams share: one cookie, renewed by one caller at a time."""

import asyncio
from collections.abc import Awaitable, Callable

from tradingsweep.adapters.trading_api.answers import Exchange
from tradingsweep.errors import TradingApiUnavailable

MAX_COOKIE = 4096
"""Characters that are sent back; RFC 6265, 6.1."""


class Session:
    """Holds the cookie; `log_in` is called by at most one caller, and its failure is shared."""

    def __init__(self, log_in: Callable[[], Awaitable[str]]) -> None:
        self._log_in = log_in
        self._lock = asyncio.Lock()
        self._cookie: str | None = None
        self._ended = 0
        self._failure: TradingApiUnavailable | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of the session no text may show."""
        return tuple(_parts(pair)[1] for pair in (self._cookie or "").split("; "))

    async def cookie(self, *, instead_of: str | None = None) -> str:
        """Return the cookie, after a login if there is none or it is the one that was refused.

        Raises:
            TradingApiUnavailable: the login failed, by us or by whom we waited for.
        """
        ended = self._ended
        async with self._lock:
            if self._cookie is not None and self._cookie != instead_of:
                return self._cookie
            if self._ended != ended and self._failure is not None:
                # Sixteen streams that found the API away need not ask it sixteen times.
                raise self._failure.with_traceback(None)
            self._cookie = self._failure = None
            try:
                self._cookie = await self._log_in()
            except TradingApiUnavailable as failure:
                self._failure = failure
                raise
            finally:
                self._ended += 1
            return self._cookie


def cookie_in(seen: Exchange) -> str | None:
    """Return the `Cookie` header that answers a login's `Set-Cookie` headers, if it has any.

    Their attributes are not needed: the cookie only ever goes back to the address of its login.
    """
    pairs = [
        value.partition(";")[0].strip() for name, value in seen.headers if name == "set-cookie"
    ]
    usable = [pair for pair in pairs if pair.isascii() and pair.isprintable() and all(_parts(pair))]
    cookie = "; ".join(usable)
    return cookie if 0 < len(cookie) <= MAX_COOKIE else None


def _parts(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value

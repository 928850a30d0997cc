"""May this URL be called, and at which address?

Looked up once, all its addresses are checked, and the one that was checked is connected to: a name
that leads elsewhere a moment later leads nowhere.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from tradingapi.egress.addresses import Address, Network, Reach, reach

PORTS: Final = {"http": 80, "https": 443}

CLUSTER_API: Final = re.compile(r"kubernetes(\.default(\.svc(\..+)?)?)?")
"""Names of the Kubernetes API inside a cluster; no list opens them."""

PATTERN: Final = re.compile(r"(?P<host>\[[0-9a-f:.*]+\]|[a-z0-9.*_-]+):(?P<port>\*|[0-9]{1,5})")

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Returns all addresses of a name; raises OSError where there is none."""


class ForbiddenUrlError(Exception):
    """The URL leads where callbacks may not go. The message does not repeat it."""


@dataclass(frozen=True)
class Allowed:
    """A host and port that may be private: `127.0.0.1:*`, `receiver:3000`, `*.desk.svc:80`."""

    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern.

        Raises:
            ValueError: It is none.
        """
        match = PATTERN.fullmatch(text.lower())
        if match is None:
            raise ValueError(f"{text!r} is not host:port, such as 127.0.0.1:* or *.desk.svc:80")
        port = None if match["port"] == "*" else int(match["port"])
        return cls(match["host"].strip("[]"), port)

    def covers(self, host: str, port: int) -> bool:
        """Say whether a URL's host, as it is written there, and port are meant."""
        return self.port in {None, port} and fnmatchcase(host, self.host)


@dataclass(frozen=True)
class Target:
    """Where a URL leads: its host as written, its port, and the addresses that were checked."""

    host: str
    port: int
    addresses: tuple[Address, ...]


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver, which also knows the odd spellings of an address."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@dataclass(frozen=True)
class Guard:
    """The rules for URLs that strangers give."""

    allowed: tuple[Allowed, ...] = ()
    denied: tuple[Network, ...] = ()
    resolve: Resolve = resolve

    def check(self, url: str) -> None:
        """Refuse a URL that can be seen to be forbidden without looking its name up.

        Raises:
            ForbiddenUrlError: It is.
        """
        host, port = _place(urlsplit(url))
        written = spelled_out(host)
        self._check(host, port, () if written is None else (written,))

    async def target(self, url: str) -> Target:
        """Look a URL's host up and check all its addresses.

        Raises:
            ForbiddenUrlError: One of them is forbidden, or private and not allowed.
            OSError: There is no such host.
        """
        host, port = _place(urlsplit(url))
        written = spelled_out(host)
        found = await self.resolve(host, port) if written is None else (written,)
        addresses = tuple(dict.fromkeys(found))
        if not addresses:
            raise OSError("no address")
        self._check(host, port, addresses)
        return Target(host, port, addresses)

    def _check(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        if CLUSTER_API.fullmatch(host):
            raise ForbiddenUrlError("must not lead to the cluster's own API")
        found = {reach(address, self.denied) for address in addresses}
        if Reach.FORBIDDEN in found:
            raise ForbiddenUrlError("must not lead to a link-local, metadata or reserved address")
        listed = any(pattern.covers(host, port) for pattern in self.allowed)
        if Reach.PRIVATE in found and not listed:
            raise ForbiddenUrlError(
                "must not lead to a private address, unless TRADING_API_WEBHOOK_ALLOW lists it"
            )


def spelled_out(host: str) -> Address | None:
    """Read a host that is an address in any spelling that a resolver takes; None for a name.

    `127.1`, `0177.0.0.1`, `0x7f.1` and `2130706433` are all 127.0.0.1.
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _place(parts: SplitResult) -> tuple[str, int]:
    """Return a URL's host and port; a name's last dot says nothing new."""
    host = (parts.hostname or "").rstrip(".")
    return host, parts.port or PORTS.get(parts.scheme, 0)

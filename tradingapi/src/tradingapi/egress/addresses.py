"""Which addresses a stranger's URL may lead to.

Python's `is_global` and `is_private` are not enough: they differ between versions, call Azure's
and Oracle's metadata addresses global, and do not see an address inside another. So what is inside
is unwrapped first, and the ranges are written down.
"""

import ipaddress
from collections.abc import Iterable
from enum import Enum
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Reach(Enum):
    """Where an address is."""

    PUBLIC = "public"
    PRIVATE = "private"
    """This machine, this network, this cluster: only for names that an administrator has listed."""
    FORBIDDEN = "forbidden"
    """The cloud's metadata, and what is no address of a receiver: never."""


FORBIDDEN: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host, on many systems
        "100.100.100.200/32",  # Alibaba's metadata
        "168.63.129.16/32",  # Azure's
        "169.254.0.0/16",  # link-local, with everybody's metadata
        "192.0.0.0/24",  # IETF protocols, with Oracle's metadata
        "192.88.99.0/24",  # 6to4 relays
        "192.0.2.0/24",  # documentation
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, with broadcast
        "::/128",  # unspecified
        "100::/64",  # discard
        "2001::/23",  # IETF protocols, with Teredo's tunnels
        "2001:db8::/32",  # documentation
        "3fff::/20",
        "5f00::/16",  # segment routing
        "fd00:ec2::/32",  # Amazon's metadata
        "fd20:ce::/32",  # Google's
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, deprecated
        "ff00::/8",  # multicast
    )
)

PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and some clusters
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "::1/128",
        "fc00::/7",
    )
)

SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")


def reach(address: Address, denied: Iterable[Network] = ()) -> Reach:
    """Say where an address leads; `denied` are an administrator's own forbidden networks."""
    address = unwrap(address)
    if _within(address, FORBIDDEN) or _within(address, denied):
        return Reach.FORBIDDEN
    if _within(address, PRIVATE):
        return Reach.PRIVATE
    # A site's own NAT64 prefix may hold an IPv4 address in several places; and what is outside
    # 2000::/3 is not assigned to anybody.
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_V6:
        return Reach.FORBIDDEN
    return Reach.PUBLIC


def unwrap(address: Address) -> Address:
    """Return an address, or the IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    packed = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in SIX_TO_FOUR:
        return ipaddress.IPv4Address((packed >> 80) & 0xFFFFFFFF)
    if address in NAT64:
        return ipaddress.IPv4Address(packed & 0xFFFFFFFF)
    if address in COMPATIBLE and packed > 1:
        return ipaddress.IPv4Address(packed)
    return address


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == net.version and address in net for net in networks)

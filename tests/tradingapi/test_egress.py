"""Where callbacks may go: every spelling of a forbidden address, and the lists of an administrator.

The look-up of names is the one part that is played here: no test may depend on the world's DNS.
"""

import ipaddress
from collections.abc import Sequence

import pytest

from tradingapi.egress.addresses import Address, Reach, reach
from tradingapi.egress.guard import Allowed, ForbiddenUrlError, Guard, resolve, spelled_out

METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "100.100.100.200",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "::169.254.169.254",
    "2001:0:a9fe:a9fe::1",
    "2001:0:808:808:0:0:5601:5601",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    str(ipaddress.IPv4Address(0)),
    "::",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "4000::1",
]

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "::1",
    "fc00::1",
    "fdab::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::1",
    "64:ff9b::7f00:1",
    "::127.0.0.1",
]

PUBLIC = ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

LOOPBACK_SPELLINGS = [
    "2130706433",
    "0x7f.1",
    "127.1",
    "0177.0.0.1",
    "0x7f000001",
    "017700000001",
    "127.0.1",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
]

METADATA_SPELLINGS = [
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "025177524776",
    "169.254.43518",
    "169.16689662",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
]

EVERYWHERE = Guard(allowed=(Allowed("*", None),))
"""The most careless list that can be written."""


def leads_to(*addresses: str) -> Guard:
    """Build a guard for which every name has these addresses, with one of them allowed by name."""

    async def found(_: str, __: int) -> Sequence[Address]:
        return [ipaddress.ip_address(text) for text in addresses]

    return Guard(allowed=(Allowed.parse("receiver.desk.svc:3000"),), resolve=found)


@pytest.mark.parametrize("text", METADATA)
def test_metadata_and_what_is_no_receiver_is_forbidden(text: str) -> None:
    """On every Python, in every wrapping."""
    assert Reach.FORBIDDEN == reach(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_this_network_is_private(text: str) -> None:
    """Also inside another address."""
    assert Reach.PRIVATE == reach(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_the_internet_is_public(text: str) -> None:
    """Also through the NAT64 of a cluster without IPv4."""
    assert Reach.PUBLIC == reach(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", METADATA_SPELLINGS)
async def test_metadata_is_forbidden_in_every_spelling_and_to_every_list(host: str) -> None:
    """When the URL is given, and again when it is called."""
    with pytest.raises(ForbiddenUrlError, match="metadata"):
        EVERYWHERE.check(f"http://{host}/latest/meta-data")
    with pytest.raises(ForbiddenUrlError, match="metadata"):
        await EVERYWHERE.target(f"http://{host}:80/")


@pytest.mark.parametrize("host", ["127.0.0.1", *LOOPBACK_SPELLINGS])
def test_loopback_is_private_in_every_spelling(host: str) -> None:
    """Nothing is allowed unless it is listed, as it is written."""
    with pytest.raises(ForbiddenUrlError, match="TRADING_API_WEBHOOK_ALLOW"):
        Guard().check(f"http://{host}:3000/")
    if host != "127.0.0.1":
        with pytest.raises(ForbiddenUrlError, match="TRADING_API_WEBHOOK_ALLOW"):
            Guard(allowed=(Allowed.parse("127.0.0.1:*"),)).check(f"http://{host}:3000/")


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS[:7])
async def test_the_systems_resolver_agrees_with_our_reading(host: str) -> None:
    """What we took for a name would be looked up, and checked as what it is."""
    assert ipaddress.ip_address("127.0.0.1") == spelled_out(host)
    assert {ipaddress.ip_address("127.0.0.1")} == set(await resolve(host, 80))


async def test_a_listed_name_may_be_private_at_its_port_alone() -> None:
    """A Service of the cluster; the target keeps the name for Host and TLS."""
    guard = leads_to("10.0.0.7")

    target = await guard.target("http://receiver.desk.svc:3000/callback")

    assert ("receiver.desk.svc", 3000, (ipaddress.ip_address("10.0.0.7"),)) == (
        target.host,
        target.port,
        target.addresses,
    )
    for url in (
        "http://receiver.desk.svc/",
        "http://other.desk.svc:3000/",
        "http://10.0.0.7:3000/",
    ):
        with pytest.raises(ForbiddenUrlError, match="private"):
            await guard.target(url)


@pytest.mark.parametrize("bad", ["169.254.169.254", "10.0.0.7", "::ffff:127.0.0.1"])
async def test_one_bad_address_of_a_name_is_enough(bad: str) -> None:
    """An attacker's name has a good address too; none of them is called."""
    with pytest.raises(ForbiddenUrlError):
        await leads_to("8.8.8.8", bad).target("https://attacker.example/")


async def test_a_listed_name_that_turns_to_metadata_is_forbidden() -> None:
    """The list opens private addresses, and no others."""
    with pytest.raises(ForbiddenUrlError, match="metadata"):
        await leads_to("169.254.169.254").target("http://receiver.desk.svc:3000/")


@pytest.mark.parametrize(
    "host",
    [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "KUBERNETES.default.svc.",
    ],
)
def test_the_clusters_api_is_forbidden_to_every_list(host: str) -> None:
    """By its names, however they are written."""
    with pytest.raises(ForbiddenUrlError, match="cluster's own API"):
        EVERYWHERE.check(f"https://{host}/api")


def test_an_administrators_denied_networks_are_forbidden_to_every_list() -> None:
    """The nodes' own addresses are private like a Service's: only a list tells them apart."""
    nodes = (ipaddress.ip_network("10.9.0.0/16"),)
    guard = Guard(allowed=(Allowed("*", None),), denied=nodes)

    guard.check("http://10.8.0.1/")
    with pytest.raises(ForbiddenUrlError):
        guard.check("http://10.9.0.1/")
    with pytest.raises(ForbiddenUrlError):
        guard.check("http://[::ffff:10.9.0.1]/")


@pytest.mark.parametrize(
    ("pattern", "host", "port", "covered"),
    [
        ("127.0.0.1:*", "127.0.0.1", 1, True),
        ("127.0.0.1:*", "127.0.0.10", 1, False),
        ("[::1]:80", "::1", 80, True),
        ("*.desk.svc:80", "a.desk.svc", 80, True),
        ("*.desk.svc:80", "a.desk.svc", 81, False),
        ("*.desk.svc:80", "desk.svc", 80, False),
        ("*.desk.svc:80", "a.desk.svc.attacker.example", 80, False),
        ("Receiver:80", "receiver", 80, True),
    ],
)
def test_a_pattern_covers_what_it_says(pattern: str, host: str, port: int, covered: bool) -> None:
    """The whole host, as it is written, and the port."""
    assert covered == Allowed.parse(pattern).covers(host, port)


@pytest.mark.parametrize("text", ["", "receiver", "http://receiver:80", "a b:80", "a:b", "a:"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    """A list that is read differently than it was meant would be a hole."""
    with pytest.raises(ValueError, match="host:port"):
        Allowed.parse(text)

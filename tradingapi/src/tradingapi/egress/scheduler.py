"""Where a Dask scheduler may be. What it sends is unpickled, so whoever it is may run anything."""

import re
from ipaddress import ip_address
from typing import Final

ADDRESS: Final = re.compile(r"(tls|tcp)://(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):([0-9]{1,5})")

RULE: Final = "tls://host:port; tcp:// only to this machine, as tcp://127.0.0.1:8786"


def check_scheduler(address: str) -> None:
    """Refuse what is no address, or one that is neither encrypted nor of this machine.

    Raises:
        ValueError: The message is the rule.
    """
    found = ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[3]) < 2**16:
        raise ValueError(RULE)
    if found[1] == "tcp" and not _is_here(found[2].strip("[]")):
        raise ValueError(RULE)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

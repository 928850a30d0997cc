"""Free ports on 127.0.0.1 that stay ours until this process ends."""

import fcntl
import secrets
import socket
from typing import IO

from dev.build import cache_folder

# Below the range from which systems take the local ports of outgoing connections (Linux 32768,
# macOS 49152): a port of that range can become somebody's between our look and the server's bind.
_FIRST, _LAST = 20_000, 32_000

_held: dict[int, IO[bytes]] = {}


class NoFreePortError(RuntimeError):
    """Every port of the range is taken."""


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on and no other stack of this user takes.

    The claim is a lock on a file, which the system drops when this process ends in any way.

    Raises:
        NoFreePortError: every port of the range is taken.
    """
    # Two stacks that start at once should not try the same ports in the same order.
    start = secrets.randbelow(_LAST - _FIRST)
    for step in range(_LAST - _FIRST):
        port = _FIRST + (start + step) % (_LAST - _FIRST)
        if port not in _held and (claim := _claim(port)) is not None:
            if _is_free(port):
                _held[port] = claim
                return port
            claim.close()
    raise NoFreePortError(f"no free port on 127.0.0.1 between {_FIRST} and {_LAST}")


def _claim(port: int) -> IO[bytes] | None:
    folder = cache_folder() / "ports"
    folder.mkdir(parents=True, exist_ok=True)
    claim = (folder / str(port)).open("wb")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        return None
    return claim


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        # Connections in TIME_WAIT do not keep a server from the port: servers set this too.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

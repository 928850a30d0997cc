"""The server as a process: built from settings, announced, and ended by a signal."""

import gc
import signal
import socket
import sys
import time
from typing import Final

import uvicorn
from typing_extensions import override

from tradingapi.app import create_app
from tradingapi.connections import listen, protocol
from tradingapi.logs import configure_logging
from tradingapi.services import build_services
from tradingapi.settings import Settings
from tradingapi.sources import SourceError
from tradingapi.store.database import DataDirError

SHUTDOWN_SECONDS: Final = 5
"""How long open requests may go on after a SIGTERM."""


class StartError(Exception):
    """The server cannot start; the message is for the person who started it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.status = 2 if isinstance(error, SourceError) else 1
        """For the process: 2 if a setting is wrong, 1 if the machine is."""


def run(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. One line on stdout says when it listens.

    Raises:
        StartError: A price source, the data directory or the port cannot be had.
    """
    configure_logging()
    try:
        services = build_services(settings, time.time)
        listener = listen(host, port, settings.stall_seconds)
    except (SourceError, DataDirError, OSError) as error:
        raise StartError(error) from error
    config = uvicorn.Config(
        create_app(services),
        http=protocol(settings.slow_seconds),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    _leave_quietly()
    Server(config).run(sockets=[listener])


class Server(uvicorn.Server):
    """A server that says when it listens: scripts and tests wait for that line."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # What was imported stays for ever: no collection need look at it again in the middle of an
        # answer.
        gc.freeze()
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"tradingapi listens on http://{shown}:{port}\n")
            sys.stdout.flush()


def _leave_quietly() -> None:
    """End with status 0 when asked to: uvicorn raises the signal again once it has shut down."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))

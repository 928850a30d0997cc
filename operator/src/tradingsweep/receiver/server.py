"""Serving the receiver: granian in this process, with the limits that Starlette does not have.

granian cuts connections whose headers are slow; uvicorn and aiohttp leave them open for ever.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from typing import NoReturn

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette

from tradingsweep import logs
from tradingsweep.adapters.metrics.receiver import ReceiverMetrics
from tradingsweep.adapters.tracing import callbacks
from tradingsweep.errors import ConfigurationError, TradingSweepError
from tradingsweep.receiver.routes import app
from tradingsweep.receiver.settings import ReceiverSettings

_HEADER_BYTES = 16_384

_log = structlog.get_logger(__name__)


def serve(settings: ReceiverSettings) -> NoReturn:
    """Serve until SIGTERM or SIGINT; then answer the requests in flight, and end the process.

    Raises:
        ConfigurationError: the secrets or the DSN cannot be used, or the address is taken.
        TradingSweepError: the server ended without being asked to.
    """
    logs.configure()
    asyncio.run(_serve(settings))
    # Threads of granian outlive its server. One that asks for Python while the interpreter is torn
    # down aborts the process (its issue 846), and everything of ours is closed already.
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


async def _serve(settings: ReceiverSettings) -> None:
    where = f"{settings.receiver_host}:{settings.receiver_port}"
    try:
        _refuse_taken_address(settings.receiver_host, settings.receiver_port)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {where}: {error.strerror or error}") from error
    metrics = ReceiverMetrics()
    logging.getLogger("_granian").addFilter(_is_news)
    with callbacks.traced() as traces:
        server = _server(app(settings, metrics, traces), settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        _log.info("receiver", address=where, plain_callbacks=settings.plain_callbacks)
        with metrics.served(settings.receiver_host, settings.receiver_metrics_port):
            await server.serve()
    if not server.interrupt_signal:
        raise TradingSweepError("the receiver's server ended by itself; its last lines say why")
    _log.info("receiver stopped")


def _refuse_taken_address(host: str, port: int) -> None:
    """Bind as granian does not: it shares a port with whoever else shares it, and says nothing."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        # What a server of before left in TIME_WAIT does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what granian says at every start: we know (docs/decisions/callback-receiver.md)."""
    return "Embedded server is experimental" not in record.getMessage()


def _server(application: Starlette, settings: ReceiverSettings) -> Server:
    return Server(
        application,
        address=settings.receiver_host,
        port=settings.receiver_port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=settings.receiver_connections,
        backpressure=settings.receiver_connections,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(settings.receiver_header_seconds * 1000),
            max_buffer_size=_HEADER_BYTES,
        ),
        log_level=LogLevels.warning,
        # Through our own lines' handler; there is no access log: a path holds a token.
        log_dictconfig={"handlers": {}, "formatters": {}, "loggers": {"_granian": {}}},
        log_access=False,
    )

"""Logging: one JSON object a line on stderr, and nothing that holds a secret."""

import logging
import sys
from contextlib import suppress

import structlog
from typing_extensions import override


class Unfailing(structlog.PrintLogger):
    """A logger that loses a line rather than a request: a log on a full disk cannot be written."""

    @override
    def msg(self, message: str) -> None:
        """Write a line if it can be written."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def configure_logging() -> None:
    """Set logging up for the process.

    httpx logs every URL it calls, and a callback's URL is a secret: it is silenced.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: Unfailing(sys.stderr),
        cache_logger_on_first_use=True,
    )

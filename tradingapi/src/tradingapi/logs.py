"""Logging: one JSON object a line on stderr, and nothing that holds a secret."""

import logging
import sys

import structlog


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

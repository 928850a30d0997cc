"""JSON log lines on standard error, without callback tokens and passwords in any of them."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_TOKEN = re.compile(r"(/webhook/sweep-callback/[^/\s\"']+/)[^/\s\"'?]+")
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+(@)|(password=)\S+", re.IGNORECASE)


def redact(text: str) -> str:
    """Take tokens of callback URLs and passwords of DSNs out of a text."""
    text = _TOKEN.sub(r"\1[redacted]", text)
    return _PASSWORD.sub(lambda m: f"{m[1] or m[3]}[redacted]{m[2] or ''}", text)


def configure() -> None:
    """Send our own lines and those of the libraries the same way."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_values,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def _redact_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redact(value)
    return event

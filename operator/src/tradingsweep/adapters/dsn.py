"""A connection string of Postgres is read before it is used: no error may repeat a part of it."""

from typing import Any

import psycopg
from psycopg import conninfo

from tradingsweep.errors import ConfigurationError

_WANTED = "postgresql://USER:PASSWORD@HOST:5432/NAME, the password percent-encoded"


def parts_of(dsn: str, variable: str = "TRADINGSWEEP_DSN") -> dict[str, Any]:
    """Return what a connection string says.

    Raises:
        ConfigurationError: it cannot be read; the message names the variable alone.
    """
    try:
        parts = conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # Without the driver's words: they quote the DSN.
        parts = {}
    if not parts or not _is_a_place(str(parts.get("host", "")), str(parts.get("port", ""))):
        raise ConfigurationError(f"{variable}: the DSN of Postgres cannot be read: {_WANTED}")
    return parts


def _is_a_place(host: str, port: str) -> bool:
    """Whether it may be named: an @, / or : in a password that is not encoded moves its rest here.

    The driver's errors quote host and port.
    """
    return "@" not in host and all(one.isdecimal() for one in port.split(",") if one)


def one_line(error: Exception) -> str:
    """Return the driver's first line: those after it are advice for its own users."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

"""What each process is told by its environment; nothing else in `dev/` knows these names."""

import os
import subprocess
import sysconfig
from pathlib import Path

_MIGRATION_TIMEOUT = 60.0
"""Seconds; the whole schema takes less than one."""


def script(name: str) -> Path:
    """Return a console script of this Python's environment."""
    return Path(sysconfig.get_path("scripts")) / name


def migrate(dsn: str) -> None:
    """Bring a database to the newest schema, as an installation would.

    Raises:
        RuntimeError: the migration failed; the message is what it said.
    """
    answer = subprocess.run(
        [script("tradingsweep"), "migrate"],
        env={**os.environ, "TRADINGSWEEP_DSN": dsn},
        capture_output=True,
        text=True,
        timeout=_MIGRATION_TIMEOUT,
        check=False,
    )
    if answer.returncode != 0:
        raise RuntimeError(f"tradingsweep migrate failed: {answer.stderr.strip()}")

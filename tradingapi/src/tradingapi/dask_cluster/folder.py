"""A job's folder, which the server makes and takes away, and workers only write into.

A task that runs already cannot be cancelled: it may write after its job has ended. So a worker
makes no folder, and one that goes is renamed first: from then on nothing new can come into it.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def job_folder(path: Path) -> Iterator[None]:
    """Keep a folder for as long as its job is worked at."""
    path.mkdir(parents=True)
    try:
        yield
    finally:
        discard(path)


def discard(path: Path) -> None:
    """Remove a folder for good, whoever still writes into it."""
    going = path.with_name(f"{path.name}.{secrets.token_hex(4)}.going")
    with suppress(OSError):
        path.rename(going)
    shutil.rmtree(going, ignore_errors=True)

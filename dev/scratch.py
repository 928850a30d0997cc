"""Temporary folders that do not outlive their owner for long, even one that was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from dev.build import cache_folder

_PREFIX = "tradingsweep-"
_OWNER = ".owner"
"""A file in each folder, locked by the owner; the system drops the lock when the owner ends."""


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """Provide a private temporary folder, and remove it afterwards.

    An owner that was killed could not: folders whose owner has gone are removed on this occasion.
    """
    cache_folder().mkdir(parents=True, exist_ok=True)
    # Between its making and its lock a folder looks as if its owner had gone.
    with FileLock(cache_folder() / "scratch.lock"):
        for abandoned in filter(_is_abandoned, Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")):
            shutil.rmtree(abandoned, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-"))
        owner = (folder / _OWNER).open("wb")
        fcntl.flock(owner, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        owner.close()


def _is_abandoned(folder: Path) -> bool:
    """Whether it is a folder of this user's whose owner has gone."""
    try:
        with (folder / _OWNER).open("rb") as owner:
            if folder.is_symlink() or os.fstat(owner.fileno()).st_uid != os.geteuid():
                return False
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

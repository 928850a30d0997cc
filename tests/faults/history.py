"""The history of one run: a line of JSON for everything that happened, without a secret in any.

It is what a failing run is understood from, and what says which cells of the crash matrix were hit:
a cell that is not in a history was not tried, whatever the plan says.
"""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tradingsweep.logs import redact


class History:
    """Appends to one file, from any thread; every line is on disk before the next thing happens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def write(self, what: str, **about: Any) -> None:
        """Note that something happened; `at` is seconds since the run began."""
        at = round(time.monotonic() - self._began, 4)
        line = redact(json.dumps({"at": at, "what": what, **about}, default=str))
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")
                self._file.flush()

    def close(self) -> None:
        """End it; what comes later is not noted."""
        with self._lock:
            self._file.close()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a history, oldest first."""
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)

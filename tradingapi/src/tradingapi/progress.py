"""How far each running job is: written by workers, watched by event streams."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Progress(NamedTuple):
    """How far a job is."""

    percent: int
    message: str


WAITING = Progress(0, "Waiting to be processed")


class Board:
    """The latest progress of each job that has not ended. It is not stored: it is only a view."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, Progress] = {}
        self._watchers: dict[str, set[Watcher]] = {}

    def latest(self, job_id: str) -> Progress:
        """Return how far a job is."""
        with self._lock:
            return self._latest.get(job_id, WAITING)

    def publish(self, job_id: str, progress: Progress) -> None:
        """Tell how far a job is. May be called from any thread."""
        with self._lock:
            self._latest[job_id] = progress
        self.wake(job_id)

    def forget(self, job_id: str) -> None:
        """Drop a job that has ended; its watchers look at the store."""
        with self._lock:
            self._latest.pop(job_id, None)
        self.wake(job_id)

    def wake(self, job_id: str) -> None:
        """Make everyone who watches a job look again."""
        with self._lock:
            watchers = tuple(self._watchers.get(job_id, ()))
        for watcher in watchers:
            watcher.wake()

    @contextmanager
    def watch(self, job_id: str) -> Iterator["Watcher"]:
        """Be woken by news of a job, from inside an event loop."""
        watcher = Watcher()
        with self._lock:
            self._watchers.setdefault(job_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            with self._lock:
                remaining = self._watchers[job_id]
                remaining.discard(watcher)
                if not remaining:
                    del self._watchers[job_id]


class Watcher:
    """One event stream that waits for news."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Tell that there is news; from any thread."""
        self._loop.call_soon_threadsafe(self._news.set)

    async def news(self, within: float) -> None:
        """Wait for news, at most so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

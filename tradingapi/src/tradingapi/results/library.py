"""Everything that is kept of finished sweeps: contents, their files, and the bars behind them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tradingapi.engine import Bars
from tradingapi.prices.shelf import BarShelf
from tradingapi.results.files import ResultFiles
from tradingapi.results.memory import Indices, Loaded, Order, ResultMemory
from tradingapi.store.contents import Content, ContentStore
from tradingapi.store.jobs import Job, JobStore

News = Callable[[str], dict[str, Any]]
"""Writes the callback of a run, given its id."""


SPARE_SECONDS: Final = 600.0
"""What was used in these last seconds is not deleted, however little room there is."""


class PrunedMeanwhileError(Exception):
    """What was found has been deleted since."""


@dataclass(frozen=True)
class Fresh:
    """What a sweep has just found, in memory."""

    content: Content
    table: pa.Table
    history: Bars | None
    """The bars that it was measured on; None where they are on the shelf already."""
    report: str
    """What it says about itself, as JSON."""


class Library:
    """Stores results together with the ends of their jobs, and deletes them.

    A file and its row are two things. A file without a row is litter, found at the next start; a
    row without a file must not be. So the file is written first and deleted last, and a lock keeps
    the deleting of a name apart from the writing of it again.
    """

    def __init__(
        self, jobs: JobStore, contents: ContentStore, files: ResultFiles, bars: BarShelf, room: int
    ) -> None:
        """Open the shelves; `room` is how many bytes of results stay in memory."""
        self._jobs = jobs
        self._contents = contents
        self._files = files
        self._bars = bars
        self._memory = ResultMemory(files, room)
        self._writing = threading.Lock()
        self._used: dict[str, float] = {}

    def find(self, name: str) -> Content | None:
        """Find the answer to a question that was asked before."""
        content = self._contents.get(name)
        return content if content is not None and self._files.has(name) else None

    def end(self, job: Job, found: Fresh | Content, news: News, now: float) -> str | None:
        """Store what a job found, if it is fresh, and its end.

        Returns:
            The run id, or None if the job was cancelled in the meantime.

        Raises:
            OSError: The result cannot be written; nothing is stored.
            PrunedMeanwhileError: It was not fresh, and is gone.
        """
        with self._writing:
            if isinstance(found, Fresh):
                content, report = self._write(found), found.report
            elif self.find(found.name) is None:
                raise PrunedMeanwhileError
            else:
                content, report = found, None
            return self._jobs.complete(job, content, news, now, report=report)

    def load(self, name: str, now: float) -> Loaded | None:
        """Return a result's rows; None if they were pruned."""
        self._used[name] = now
        return self._memory.get(name)

    def order(self, loaded: Loaded, order: Order) -> Indices:
        """Return a result's rows in an order."""
        return self._memory.order(loaded, order)

    def file(self, name: str, now: float) -> Path | None:
        """Return a result's file; None if it was pruned."""
        self._used[name] = now
        return self._files.path(name) if self._files.has(name) else None

    def content(self, name: str) -> Content | None:
        """Return what a result's rows have in common; None if it was pruned."""
        return self._contents.get(name)

    def report(self, name: str, now: float) -> str | None:
        """Return what a result says about itself, as JSON; None if it was pruned."""
        self._used[name] = now
        return self._contents.report(name)

    def put_bars(self, bars: Bars) -> str:
        """Keep a series, and return its fingerprint.

        Raises:
            OSError: It cannot be written.
        """
        return self._bars.put(bars)

    def bars(self, sha256: str) -> Bars | None:
        """Return a series that a result was measured on; None if it was pruned."""
        return self._bars.get(sha256)

    def prune(self, most_bytes: int, oldest: float, now: float) -> int:
        """Delete results unused since `oldest`, and the least used of those beyond `most_bytes`."""
        used, self._used = self._used, {}
        self._contents.touch(used)
        doomed = self._contents.to_prune(most_bytes, oldest, now - SPARE_SECONDS)
        for name in doomed:
            with self._writing:
                self._contents.forget(name)
                self._memory.forget(name)
                self._files.delete(name)
        return len(doomed)

    def sweep_up(self, most_bar_bytes: int, now: float) -> None:
        """Delete files that no row names, and the oldest bars beyond `most_bar_bytes`."""
        with self._writing:
            known = self._contents.names()
            for name in set(self._files.names()) - known:
                self._files.delete(name)
        kept = 0
        for name, size, written in sorted(self._bars.sizes(), key=lambda found: -found[2]):
            kept += size
            if kept > most_bar_bytes and written < now - SPARE_SECONDS:
                self._bars.delete(name)

    def _write(self, fresh: Fresh) -> Content:
        if fresh.history is not None:
            self._bars.put(fresh.history)
        size = self._files.write(fresh.content.name, fresh.table)
        self._memory.keep(fresh.content.name, fresh.table)
        return replace(fresh.content, size=size + len(fresh.report))

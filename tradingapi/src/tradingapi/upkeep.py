"""Keeps the data directory small: what is old, or too much, is deleted."""

import threading
from dataclasses import dataclass
from typing import Final

import structlog

from tradingapi.clock import Clock
from tradingapi.results.library import Library
from tradingapi.store.jobs import JobStore

log = structlog.get_logger()

PAUSE: Final = 600.0
"""Seconds between two rounds."""


@dataclass(frozen=True)
class Limits:
    """How much is kept. Ages are in seconds, sizes in bytes of files."""

    jobs_age: float
    """Of jobs that have ended, with their runs and deliveries."""
    results_age: float
    """Since somebody wanted a result last."""
    results_size: int
    bars_size: int


class Upkeep:
    """A thread that looks every ten minutes, and once at the start."""

    def __init__(self, jobs: JobStore, library: Library, limits: Limits, clock: Clock) -> None:
        self._jobs = jobs
        self._library = library
        self._limits = limits
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is going on."""
        self._stopping.set()
        self._thread.join()

    def tidy(self) -> None:
        """Delete what is beyond the limits now."""
        now, limits = self._clock(), self._limits
        self._jobs.prune_keys(now)
        jobs = self._jobs.prune(now - limits.jobs_age)
        results = self._library.prune(limits.results_size, now - limits.results_age, now)
        self._library.sweep_up(limits.bars_size, now)
        if jobs or results:
            log.info("pruned", jobs=jobs, results=results)

    def _run(self) -> None:
        while True:
            try:
                self.tidy()
            except Exception:
                # A full disk, a file that is not ours: the next round may have more luck.
                log.exception("upkeep failed")
            if self._stopping.wait(PAUSE):
                return

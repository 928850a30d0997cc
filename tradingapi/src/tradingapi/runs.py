"""Workers: they take accepted jobs in order and do them."""

import math
import sqlite3
import threading
from typing import Final

import structlog

from tradingapi.clock import Clock
from tradingapi.honesty import warm_up
from tradingapi.progress import Board
from tradingapi.store.jobs import Job, JobStore
from tradingapi.work import Work

log = structlog.get_logger()

IDLE_SECONDS: Final = 30.0
"""A worker without news looks again after so long."""

STORE_AWAY_SECONDS: Final = 2.0
"""Pause after the store failed (a full disk) before the job is put back."""

FIRST_GUESS: Final = 2e-6
"""Seconds that an effort of 1 is thought to take before one was measured."""


class Runner:
    """A fixed number of worker threads over the durable queue."""

    def __init__(
        self,
        jobs: JobStore,
        work: Work,
        board: Board,
        clock: Clock,
        *,
        workers: int,
        min_job_seconds: float,
    ) -> None:
        self._jobs = jobs
        self._work = work
        self._board = board
        self._clock = clock
        self._min_job_seconds = min_job_seconds
        self._pace = FIRST_GUESS
        self._stopping = threading.Event()
        self._news = threading.Condition()
        self._arrivals = 0
        self._halts: dict[str, threading.Event] = {}
        self._threads = [
            threading.Thread(target=self._work_on, name=f"sweep-{n}", daemon=True)
            for n in range(workers)
        ]

    def start(self) -> None:
        """Begin with what an earlier process left."""
        self._jobs.recover()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End between two chunks; interrupted jobs go back to the queue."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()
        for halt in tuple(self._halts.values()):
            halt.set()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Tell that a job was accepted."""
        with self._news:
            self._arrivals += 1
            self._news.notify()

    def halt(self, job_id: str) -> None:
        """Make the worker of a cancelled job notice soon."""
        halt = self._halts.get(job_id)
        if halt is not None:
            halt.set()
        self._board.wake(job_id)

    def estimate(self, effort: int) -> int:
        """Estimate the seconds until a job that is accepted now has ended, at least 1.

        Half a second for the rest, and the effort before it shared by all workers, at the pace
        of the last jobs.
        """
        before = self._jobs.waiting_effort() / len(self._threads)
        work = (before + effort) * self._pace
        return math.ceil(0.5 + max(work, self._min_job_seconds))

    def _work_on(self) -> None:
        # Else the first job would wait for the kernels, and its progress with it.
        warm_up()
        while not self._stopping.is_set():
            seen = self._arrivals
            try:
                job = self._jobs.claim(self._clock())
                pause = IDLE_SECONDS if job is not None else self._pause()
            except sqlite3.Error:
                log.exception("the store failed")
                self._stopping.wait(STORE_AWAY_SECONDS)
                continue
            if job is not None:
                self._do(job)
                continue
            with self._news:
                if self._arrivals == seen:
                    self._news.wait(pause)

    def _pause(self) -> float:
        """Return how long an idle worker may wait: a postponed job wakes nobody."""
        next_at = self._jobs.next_at()
        if next_at is None:
            return IDLE_SECONDS
        return min(max(next_at - self._clock(), 0.0), IDLE_SECONDS)

    def _do(self, job: Job) -> None:
        """Do a job; whatever goes wrong with the store, the job is not lost."""
        halt = self._halts[job.job_id] = threading.Event()
        if self._stopping.is_set():
            # `stop` may have gone through `_halts` just before.
            halt.set()
        try:
            seconds = self._work.do(job, halt)
            if seconds is not None:
                self._learn(seconds / job.effort)
        except sqlite3.Error:
            log.exception("a job's end could not be stored", job_id=job.job_id)
            self._put_back(job)
        finally:
            del self._halts[job.job_id]
            self._board.forget(job.job_id)

    def _put_back(self, job: Job) -> None:
        """Try until the store takes it; at the next start the job is found as running anyway."""
        while not self._stopping.wait(STORE_AWAY_SECONDS):
            try:
                return self._jobs.release(job.job_id)
            except sqlite3.Error:
                log.warning("the store still fails", job_id=job.job_id)
        return None

    def _learn(self, pace: float) -> None:
        """Follow the pace of the last jobs, each new one counting a fifth."""
        self._pace += (pace - self._pace) / 5

"""Workers: they take accepted jobs in order, run the sweep, and store its end."""

import math
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import structlog

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.engine import (
    BadBarsError,
    InsufficientDataError,
    SweepResult,
    sweep,
)
from tradingapi.prices.source import (
    DataQualityError,
    PriceSource,
    SourceUnavailableError,
    SymbolNotFoundError,
    finished,
)
from tradingapi.progress import Board, Progress
from tradingapi.store.jobs import MOST_STARTS, Found, Job, JobStore
from tradingapi.wire import row_on_the_wire, summary_on_the_wire, timestamp

log = structlog.get_logger()

IDLE_SECONDS: Final = 30.0
"""A worker without news looks again after so long."""

STORE_AWAY_SECONDS: Final = 2.0
"""Pause after the store failed (a full disk) before the job is put back."""

FIRST_GUESS: Final = 0.0005
"""Seconds a pair is thought to take before one was measured."""


class HaltedError(Exception):
    """The job is to stop: it was cancelled, or the server is stopping."""


class Runner:
    """A fixed number of worker threads over the durable queue."""

    def __init__(
        self,
        jobs: JobStore,
        prices: PriceSource,
        board: Board,
        clock: Clock,
        on_ended: Callable[[], None],
        *,
        workers: int,
        min_job_seconds: float,
    ) -> None:
        self._jobs = jobs
        self._prices = prices
        self._board = board
        self._clock = clock
        self._on_ended = on_ended
        self._min_job_seconds = min_job_seconds
        self._seconds_per_pair = FIRST_GUESS
        self._stopping = threading.Event()
        self._work = threading.Condition()
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
        self.wake()
        for halt in tuple(self._halts.values()):
            halt.set()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Tell that a job was accepted."""
        with self._work:
            self._arrivals += 1
            self._work.notify_all()

    def halt(self, job_id: str) -> None:
        """Make the worker of a cancelled job notice soon."""
        halt = self._halts.get(job_id)
        if halt is not None:
            halt.set()
        self._board.wake(job_id)

    def estimate(self, pairs: int) -> int:
        """Estimate the seconds until a job that is accepted now has ended, at least 1.

        Half a second for the rest, and the pairs before it shared by all workers, at the speed
        of the last jobs.
        """
        before = self._jobs.waiting_pairs() / len(self._threads)
        work = (before + pairs) * self._seconds_per_pair
        return math.ceil(0.5 + max(work, self._min_job_seconds))

    def _work_on(self) -> None:
        while not self._stopping.is_set():
            seen = self._arrivals
            try:
                job = self._jobs.claim(self._clock())
            except sqlite3.Error:
                log.exception("the store failed")
                self._stopping.wait(STORE_AWAY_SECONDS)
                continue
            if job is not None:
                self._run_and_record(job)
                continue
            with self._work:
                if self._arrivals == seen:
                    self._work.wait(IDLE_SECONDS)

    def _run_and_record(self, job: Job) -> None:
        """Run a job; whatever goes wrong with the store, the job is not lost."""
        halt = self._halts[job.job_id] = threading.Event()
        if self._stopping.is_set():
            # `stop` may have gone through `_halts` just before.
            halt.set()
        try:
            self._run(job, halt)
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

    def _run(self, job: Job, halt: threading.Event) -> None:
        begun = time.monotonic()
        try:
            if job.starts > MOST_STARTS:
                return self._fail(job, f"The server stopped {MOST_STARTS} times during this job")
            stored = self._jobs.get(job.job_id)
            if stored is None or stored.state.final:
                # Cancelled between the claim and `_halts`, where `halt` could not find it.
                return None
            result = self._sweep(job, halt)
        except HaltedError:
            # A cancelled job is final already, and then this changes nothing.
            return self._jobs.release(job.job_id)
        except (SymbolNotFoundError, InsufficientDataError) as error:
            return self._fail(job, insufficient(job.request["ticker"], error))
        except (DataQualityError, BadBarsError) as error:
            return self._fail(job, f"Bad historical data for ticker {_ticker(job)}: {error}")
        except SourceUnavailableError as error:
            return self._fail(job, f"No historical data for ticker {_ticker(job)} now: {error}")
        except Exception:
            log.exception("a job failed unexpectedly", job_id=job.job_id)
            return self._fail(job, "Internal error while running the sweep")
        seconds = time.monotonic() - begun
        self._learn(seconds / len(result.rows))
        return self._complete(job, result, seconds)

    def _sweep(self, job: Job, halt: threading.Event) -> SweepResult:
        request = SweepRequest.model_validate(job.request)
        begun = time.monotonic()

        def on_progress(done: int, total: int) -> None:
            self._board.publish(
                job.job_id, Progress(100 * done // total, f"Processing {done}/{total}")
            )
            planned = begun + self._min_job_seconds * done / total
            if halt.wait(max(planned - time.monotonic(), 0)) or self._stopping.is_set():
                raise HaltedError

        bars = finished(self._prices.fetch(request.ticker, request.interval), self._clock())
        return sweep(bars, request.to_spec(), on_progress)

    def _complete(self, job: Job, result: SweepResult, seconds: float) -> None:
        now = self._clock()
        found = Found(
            summary=summary_on_the_wire(result),
            rows=((row.qualified, row_on_the_wire(row, result)) for row in result.rows),
        )

        def news(run_id: str) -> dict[str, Any]:
            return completed_news(job, run_id, len(result.rows), seconds, now)

        run_id = self._jobs.complete(job, found, news, now)
        if run_id is not None:
            log.info("job completed", job_id=job.job_id, run_id=run_id, seconds=round(seconds, 3))
            self._on_ended()

    def _fail(self, job: Job, message: str) -> None:
        now = self._clock()
        if self._jobs.fail(job, message, failed_news(job, message, now), now):
            log.info("job failed", job_id=job.job_id, reason=message)
            self._on_ended()

    def _learn(self, seconds_per_pair: float) -> None:
        """Follow the speed of the last jobs, each new one counting a fifth."""
        self._seconds_per_pair += (seconds_per_pair - self._seconds_per_pair) / 5


def insufficient(ticker: str, error: Exception) -> str:
    """Say that there are no prices, or too few; the numbers follow where there are any."""
    sentence = f"Insufficient historical data for ticker {ticker}"
    return sentence if isinstance(error, SymbolNotFoundError) else f"{sentence}: {error}"


def completed_news(job: Job, run_id: str, pairs: int, seconds: float, now: float) -> dict[str, Any]:
    """Write the callback of a completed job."""
    return {
        "event_type": "sweep.completed",
        "job_id": job.job_id,
        "sweep_run_id": run_id,
        "status": "completed",
        "ticker": _ticker(job),
        "result_data": {
            "sweep_run_id": run_id,
            "total_combinations": pairs,
            "execution_time_seconds": round(seconds, 3),
            "completed_at": timestamp(now),
        },
        "timestamp": timestamp(now),
    }


def failed_news(job: Job, message: str, now: float) -> dict[str, Any]:
    """Write the callback of a failed job."""
    return {
        "event_type": "sweep.failed",
        "job_id": job.job_id,
        "status": "failed",
        "error_message": message,
        "timestamp": timestamp(now),
    }


def _ticker(job: Job) -> str:
    return str(job.request["ticker"])

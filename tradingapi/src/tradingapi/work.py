"""One job from its start to its end: an answer, a failure in words, or another time."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from tradingapi.clock import Clock
from tradingapi.contract import SweepRequest
from tradingapi.engine import BadBarsError, InsufficientDataError
from tradingapi.gathering import BadTickersError, ClusterAwayError, ClusterError
from tradingapi.honesty import ReportCancelledError
from tradingapi.news import completed_news, failed_news
from tradingapi.prices.source import (
    DataQualityError,
    PriceError,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
)
from tradingapi.progress import Board, Progress
from tradingapi.results.library import Fresh, Library, PrunedMeanwhileError
from tradingapi.store.contents import Content
from tradingapi.store.jobs import MOST_STARTS, Job, JobStore
from tradingapi.sweeping import Halted, Sweeper, Tell
from tradingapi.sweeping_many import ManySweeper
from tradingapi.tickers import BadTickerError

log = structlog.get_logger()

MOST_POSTPONED: Final = 5
"""A job whose source wants to be asked later so often is failed."""

MOST_NAMED: Final = 10
"""Of the other tickers that are wrong too."""

LONGEST_POSTPONEMENT: Final = 900.0
"""Seconds, whatever the source says."""


class HaltedError(Exception):
    """The job is to stop: it was cancelled, or the server is stopping."""


class KilledTooOftenError(Exception):
    """The server died in the middle of this job again and again."""

    def __init__(self) -> None:
        super().__init__(f"The server stopped {MOST_STARTS} times during this job")


SAID: Final = (
    PriceError,
    InsufficientDataError,
    BadBarsError,
    BadTickerError,
    BadTickersError,
    ClusterError,
    KilledTooOftenError,
)
"""Failures that are told as they are."""


@dataclass(frozen=True)
class Sweepers:
    """Who answers what."""

    one: Sweeper
    many: ManySweeper

    def answer(
        self, request: SweepRequest, tell: Tell, halted: Halted, *, anew: bool = False
    ) -> Fresh | Content:
        """Answer a request; what is raised is said of each of them."""
        if request.tickers is not None:
            return self.many.answer(request, tell, anew=anew)
        return self.one.answer(request, tell, halted, anew=anew)


class Work:
    """Does jobs, one at a time for each thread that calls."""

    def __init__(
        self,
        jobs: JobStore,
        sweepers: Sweepers,
        library: Library,
        board: Board,
        clock: Clock,
        *,
        on_ended: Callable[[], None],
        min_job_seconds: float,
    ) -> None:
        self._jobs = jobs
        self._sweepers = sweepers
        self._library = library
        self._board = board
        self._clock = clock
        self._on_ended = on_ended
        self._min_job_seconds = min_job_seconds

    def do(self, job: Job, halt: threading.Event) -> float | None:
        """Do a job and store its end, unless `halt` is set before.

        Returns:
            The seconds that it took, if anything was computed.

        Raises:
            sqlite3.Error: The end could not be stored.
        """
        try:
            return self._answer(job, halt)
        except (HaltedError, ReportCancelledError):
            # A cancelled job is final already, and then this changes nothing.
            self._jobs.release(job.job_id)
        except RateLimitedError as error:
            self._postpone(job, error)
        except sqlite3.Error:
            raise
        except SAID as error:
            self._fail(job, words_of(job, error))
        except OSError as error:
            log.exception("a result could not be written", job_id=job.job_id)
            # Arrow's own text holds a path of the server.
            why = os.strerror(error.errno) if error.errno else type(error).__name__
            self._fail(job, f"The result could not be stored: {why}")
        except Exception:
            log.exception("a job failed unexpectedly", job_id=job.job_id)
            self._fail(job, "Internal error while running the sweep")
        return None

    def _answer(self, job: Job, halt: threading.Event) -> float | None:
        if job.starts > MOST_STARTS:
            raise KilledTooOftenError
        stored = self._jobs.get(job.job_id)
        if stored is None or stored.state.final:
            # Cancelled after the claim, when there was no `halt` to set yet.
            return None
        begun = time.monotonic()
        request = SweepRequest.model_validate(job.request)

        def tell(part: float, words: str) -> None:
            self._board.publish(job.job_id, Progress(int(100 * part), words))
            planned = begun + self._min_job_seconds * part
            if halt.wait(max(planned - time.monotonic(), 0)):
                raise HaltedError

        found = self._sweepers.answer(request, tell, halt.is_set)
        try:
            self._complete(job, found, time.monotonic() - begun)
        except PrunedMeanwhileError:
            found = self._sweepers.answer(request, tell, halt.is_set, anew=True)
            self._complete(job, found, time.monotonic() - begun)
        return time.monotonic() - begun if isinstance(found, Fresh) else None

    def _complete(self, job: Job, found: Fresh | Content, seconds: float) -> None:
        now = self._clock()
        fresh = isinstance(found, Fresh)
        pairs = found.content.pairs if isinstance(found, Fresh) else found.pairs

        def news(run_id: str) -> dict[str, Any]:
            return completed_news(job, run_id, pairs, seconds, now)

        run_id = self._library.end(job, found, news, now)
        if run_id is not None:
            spent = round(seconds, 3)
            log.info("job completed", job_id=job.job_id, run_id=run_id, seconds=spent, fresh=fresh)
            self._on_ended()

    def _postpone(self, job: Job, error: RateLimitedError) -> None:
        if job.postponed >= MOST_POSTPONED:
            self._fail(job, words_of(job, error))
            return
        pause = min(max(error.retry_after, 1.0), LONGEST_POSTPONEMENT)
        log.info("job postponed", job_id=job.job_id, seconds=pause, reason=str(error))
        self._jobs.postpone(job.job_id, self._clock() + pause)

    def _fail(self, job: Job, message: str) -> None:
        now = self._clock()
        if self._jobs.fail(job, message, failed_news(job, message, now), now):
            log.info("job failed", job_id=job.job_id, reason=message)
            self._on_ended()


def words_of(job: Job, error: Exception) -> str:
    """Say to the person who asked why their job failed: of many tickers, which ones are wrong."""
    match error:
        case BadTickersError():
            return _words(error.ticker, error.why) + _others(error.others)
        case BadTickerError():
            return _words(error.ticker, error.why)
        case ClusterAwayError() | ClusterError():
            return str(error)
        case SourceUnavailableError() if job.tickers is not None:
            return f"No historical data for one of {len(job.tickers)} tickers now: {error}"
        case _:
            return _words(str(job.request["ticker"]), error)


def _others(tickers: list[str]) -> str:
    if not tickers:
        return ""
    named = ", ".join(tickers[:MOST_NAMED]) + (", ..." if len(tickers) > MOST_NAMED else "")
    return f" (and for {len(tickers)} more: {named})"


def _words(ticker: str, error: Exception) -> str:
    match error:
        case SymbolNotFoundError():
            return f"Insufficient historical data for ticker {ticker}"
        case InsufficientDataError():
            return f"Insufficient historical data for ticker {ticker}: {error}"
        case DataQualityError() | BadBarsError():
            return f"Bad historical data for ticker {ticker}: {error}"
        case SourceUnavailableError():
            return f"No historical data for ticker {ticker} now: {error}"
        case _:
            return str(error)

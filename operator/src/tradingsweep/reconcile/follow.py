"""Following jobs by their streams: questions, not subscriptions.

At most so many streams are open, each for a few seconds; the job that was asked about longest ago
is next. What is heard stays in this process: a crash forgets it and the next visit hears it again.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from tradingsweep.domain.answers import Broken, Done, News, NoSuchJob, Progress
from tradingsweep.domain.facts import Heard, Submission
from tradingsweep.domain.policy import Policy
from tradingsweep.errors import TradingApiUnavailable
from tradingsweep.reconcile.naming import about
from tradingsweep.reconcile.ports import Key, TradingApi
from tradingsweep.reconcile.queue import Bell

log = structlog.get_logger()


@dataclass(slots=True)
class _Followed:
    key: Key
    submission_key: str
    job_id: str
    due: float
    """When the next visit may begin, on the loop's clock."""
    visited: float = 0.0
    visiting: bool = False
    hinted: bool = False
    """Somebody says that there is news: it is next, before all that were not hinted at."""
    resting_until: float = 0.0
    """The API asked to be left alone until then, hint or not."""
    heard: Heard | None = None
    broken_at: float | None = None
    """When its stream first said that it failed."""


class Follower:
    """Visits the streams of the jobs that are wanted."""

    def __init__(
        self,
        api: TradingApi,
        policy: Callable[[], Policy],
        news_of: Callable[[Key], None],
        *,
        max_streams: int = 16,
    ) -> None:
        self._api, self._policy, self._news_of = api, policy, news_of
        self._room = max_streams
        self._followed: dict[str, _Followed] = {}
        self._visits: set[asyncio.Task[None]] = set()
        self._bell = Bell()

    def want(self, key: Key, submission: Submission) -> None:
        """Follow a submission's job from now on."""
        if not submission.job_ids:
            return
        now = asyncio.get_running_loop().time()
        known = self._followed.get(key.uid)
        if known is None or known.submission_key != submission.key:
            due = now + self._policy().delays.first_look.total_seconds()
            self._followed[key.uid] = _Followed(
                key, submission.key, submission.job_ids[0], due, visited=now
            )
            self._bell.ring()

    def hurry(self, key: Key, submission: Submission) -> None:
        """Visit a submission's job next, and at once where a stream is free.

        A visit that is going on may have asked before the news: another one follows it.
        """
        self.want(key, submission)
        followed = self._followed.get(key.uid)
        if followed is not None:
            now = asyncio.get_running_loop().time()
            followed.hinted = True
            followed.due = min(followed.due, max(now, followed.resting_until))
            self._bell.ring()

    def heard(self, uid: str, submission_key: str) -> Heard | None:
        """Return the latest news of a sweep's job, where it is this submission's."""
        followed = self._followed.get(uid)
        return followed.heard if followed and followed.submission_key == submission_key else None

    def drop(self, uid: str) -> None:
        """Follow a sweep no longer."""
        self._followed.pop(uid, None)

    async def run(self) -> None:
        """Visit streams until cancelled."""
        try:
            while True:
                await self._bell.wait(self._start_visits())
        finally:
            for visit in self._visits:
                visit.cancel()
            await asyncio.gather(*self._visits, return_exceptions=True)

    def _start_visits(self) -> float:
        """Begin the visits that are due; returns the seconds until another one may be."""
        now = asyncio.get_running_loop().time()
        idle = sorted(
            (f for f in self._followed.values() if not f.visiting),
            key=lambda f: (not f.hinted, f.visited),
        )
        due = [f for f in idle if f.due <= now]
        for followed in due[: self._room - len(self._visits)]:
            followed.visiting, followed.hinted = True, False
            visit = asyncio.create_task(self._visit(followed))
            self._visits.add(visit)
            visit.add_done_callback(self._ended)
        waiting = [f.due - now for f in idle if f.due > now]
        return max(0.01, min([1.0, *waiting]))

    def _ended(self, visit: asyncio.Task[None]) -> None:
        self._visits.discard(visit)
        self._bell.ring()

    async def _visit(self, followed: _Followed) -> None:
        """Ask one stream, for a few seconds."""
        delays = self._policy().delays
        pause = 0.0
        try:
            within = delays.stream_visit.total_seconds()
            async with aclosing(self._api.follow(followed.job_id, within)) as stream:
                async for news in stream:
                    await self._take(followed, news)
        except TradingApiUnavailable as error:
            pause = error.retry_after or delays.api_retry.total_seconds()
            with about(followed.key):
                log.info("stream_unavailable", job_id=followed.job_id, error=str(error))
        except Exception:
            pause = delays.api_retry.total_seconds()
            with about(followed.key):
                log.exception("stream_failed", job_id=followed.job_id)
        finally:
            now = asyncio.get_running_loop().time()
            followed.visiting, followed.visited = False, now
            followed.resting_until = now + pause
            between = 0.0 if followed.hinted else delays.tick.total_seconds() / 4
            followed.due = max(followed.due, now + max(pause, between))

    async def _take(self, followed: _Followed, news: News) -> None:
        before = followed.heard
        match news:
            case Progress(percent, message):
                followed.heard = Heard(news, percent, message)
                followed.broken_at = None
            case Broken():
                followed.heard = _with(before, await self._confirmed(followed, news))
            case Done() | NoSuchJob():
                followed.heard = _with(before, news)
        if followed.heard != before:
            self._news_of(followed.key)

    async def _confirmed(self, followed: _Followed, broken: Broken) -> News:
        """A stream's error may be the stream's own: ask the status, or the stream again later."""
        if broken.confirmed:
            return broken
        if self._policy().knows_status:
            return await self._api.status(followed.job_id) or Progress(0.0)
        now = asyncio.get_running_loop().time()
        patience = self._policy().delays.confirm_failure.total_seconds()
        if followed.broken_at is None:
            followed.broken_at = now
        followed.due = followed.broken_at + patience
        return replace(broken, confirmed=now >= followed.due)


def _with(before: Heard | None, news: News) -> Heard:
    """Keep the progress that was seen last beside the news."""
    return replace(before, news=news) if before else Heard(news)

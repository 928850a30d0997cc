"""A job's progress as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse

from tradingapi.answers import JobState
from tradingapi.problems import NotFound, ProblemBody
from tradingapi.progress import WAITING, Progress
from tradingapi.routes.access import SessionRequired
from tradingapi.services import Served, Services
from tradingapi.store.jobs import Job
from tradingapi.wire import timestamp

router = APIRouter(tags=["stream"], dependencies=[SessionRequired])

PAUSE: Final = 0.125
"""Seconds between two progress events: with the last two, at most ten a second."""

LOOK_AGAIN: Final = 5.0
"""Seconds without news after which the store is asked anyway."""

SEND_TIMEOUT: Final = 10.0
"""A client that reads nothing for so many seconds is dropped."""

FINISHED: Final = Progress(100, "Completed")


@router.get(
    "/sse-proxy/jobs/{job_id}/stream",
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Events until the job ends."},
        "4XX": {"model": ProblemBody},
    },
)
async def stream(job_id: str, served: Served) -> EventSourceResponse:
    """Follow a job until it ends; log in first.

    Events are `{percent, message, timestamp}`, then `{done, status, sweep_run_id}` or
    `{error, message, timestamp}`. The first says 0 %, and 100 % comes before `done`. A job that
    has ended already answers with its last event at once.
    """
    job = await run_in_threadpool(served.jobs.get, job_id)
    if job is None:
        raise NotFound("There is no job with this id")
    return EventSourceResponse(_events(job, served), send_timeout=SEND_TIMEOUT, sep="\n")


async def _events(job: Job, served: Services) -> AsyncIterator[dict[str, str]]:
    if not job.state.final:
        with served.board.watch(job.job_id) as watcher:
            shown = WAITING
            yield _progress(shown, served)
            while True:
                await asyncio.sleep(PAUSE)
                job = await run_in_threadpool(_look, job, served)
                if job.state.final:
                    break
                latest = served.board.latest(job.job_id)
                if latest == shown:
                    await watcher.news(LOOK_AGAIN)
                elif latest.percent >= shown.percent:
                    shown = latest
                    yield _progress(shown, served)
        if job.state is JobState.COMPLETED and shown.percent != FINISHED.percent:
            yield _progress(FINISHED, served)
    yield _end(job, served)


def _look(job: Job, served: Services) -> Job:
    """Read the job again; one that the store lost stays what it was."""
    return served.jobs.get(job.job_id) or job


def _progress(progress: Progress, served: Services) -> dict[str, str]:
    return _event({"percent": progress.percent, "message": progress.message}, served)


def _end(job: Job, served: Services) -> dict[str, str]:
    if job.state is JobState.COMPLETED:
        body = {"done": True, "status": "completed", "sweep_run_id": job.sweep_run_id}
        return {"data": json.dumps(body)}
    message = "Job cancelled" if job.state is JobState.CANCELLED else job.error_message
    return _event({"error": True, "message": message}, served)


def _event(body: dict[str, Any], served: Services) -> dict[str, str]:
    return {"data": json.dumps({**body, "timestamp": timestamp(served.clock())})}

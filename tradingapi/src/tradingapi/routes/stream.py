"""A job's progress as server-sent events."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Response
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

LAST: Final = "end"
"""Id of a stream's last event; a progress event has its percentage."""

PERCENT: Final = re.compile(r"[0-9]{1,3}")

PING_SECONDS: Final = 15
"""Between two comments that keep proxies from closing a quiet stream."""

FINISHED: Final = Progress(100, "Completed")


@router.get(
    "/sse-proxy/jobs/{job_id}/stream",
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Events until the job ends."},
        204: {"description": "Nothing comes after the last event."},
        "4XX": {"model": ProblemBody},
    },
)
async def stream(
    job_id: str,
    served: Served,
    last_event_id: Annotated[str | None, Header(description="Of the last event seen.")] = None,
) -> Response:
    """Follow a job until it ends; log in first.

    Events are `{percent, message, timestamp}`, then `{done, status, sweep_run_id}` or
    `{error, message, timestamp}`. The first says 0 %, and 100 % comes before `done`. A job that
    has ended already answers with its last event at once.

    With `Last-Event-ID` the stream goes on after that event: nothing that was seen comes again.
    After the last event there is nothing: 204, on which a browser stops to reconnect.
    """
    job = await run_in_threadpool(served.jobs.get, job_id)
    if job is None:
        raise NotFound("There is no job with this id")
    if job.state.final and last_event_id == LAST:
        return Response(status_code=204)
    events = _events(job, _seen(last_event_id), served)
    return EventSourceResponse(events, sep="\n", ping=PING_SECONDS)


def _seen(last_event_id: str | None) -> int | None:
    """Return the percentage that a client saw last; None if it is new here."""
    if last_event_id is None or PERCENT.fullmatch(last_event_id) is None:
        return None
    return int(last_event_id)


async def _events(job: Job, seen: int | None, served: Services) -> AsyncIterator[dict[str, str]]:
    if not job.state.final:
        # A job that runs again after a restart begins at 0: its client is told when it is beyond
        # what was seen.
        least = 0 if seen is None else seen + 1
        with served.board.watch(job.job_id) as watcher:
            shown = WAITING
            if seen is None:
                yield _progress(shown, served)
            while True:
                await asyncio.sleep(PAUSE)
                job = await run_in_threadpool(_look, job, served)
                if job.state.final:
                    break
                latest = served.board.latest(job.job_id)
                if latest != shown and latest.percent >= max(shown.percent, least):
                    shown = latest
                    yield _progress(shown, served)
                else:
                    await watcher.news(LOOK_AGAIN)
        reached = max(shown.percent, least - 1)
        if job.state is JobState.COMPLETED and reached < FINISHED.percent:
            yield _progress(FINISHED, served)
    yield _end(job, served)


def _look(job: Job, served: Services) -> Job:
    """Read the job again; one that the store lost stays what it was."""
    return served.jobs.get(job.job_id) or job


def _progress(progress: Progress, served: Services) -> dict[str, str]:
    body = {"percent": progress.percent, "message": progress.message}
    return _event(str(progress.percent), {**body, "timestamp": timestamp(served.clock())})


def _end(job: Job, served: Services) -> dict[str, str]:
    if job.state is JobState.COMPLETED:
        done = {"done": True, "status": "completed", "sweep_run_id": job.sweep_run_id}
        return _event(LAST, done)
    message = "Job cancelled" if job.state is JobState.CANCELLED else job.error_message
    return _event(LAST, {"error": True, "message": message, "timestamp": timestamp(served.clock())})


def _event(name: str, body: dict[str, Any]) -> dict[str, str]:
    return {"id": name, "data": json.dumps(body)}

"""Ask about a job, and cancel it. Both are features that can be switched off."""

from fastapi import APIRouter

from tradingapi.answers import JobState, JobStatus
from tradingapi.problems import Conflict, NotFound, ProblemBody
from tradingapi.routes.access import KeyRequired
from tradingapi.services import Served, Services
from tradingapi.store.jobs import Job

status_router = APIRouter(
    tags=["jobs"], dependencies=[KeyRequired], responses={"4XX": {"model": ProblemBody}}
)
cancel_router = APIRouter(
    tags=["jobs"], dependencies=[KeyRequired], responses={"4XX": {"model": ProblemBody}}
)


@status_router.get("/api/v1/jobs/{job_id}", response_model_exclude_none=True)
def status(job_id: str, served: Served) -> JobStatus:
    """Say where a job is."""
    return _status(_find(job_id, served), served)


@cancel_router.post(
    "/api/v1/jobs/{job_id}/cancel",
    status_code=202,
    response_model_exclude_none=True,
)
def cancel(job_id: str, served: Served) -> JobStatus:
    """Cancel a job that has not ended. It sends no callback, and its stream ends in an error."""
    before = served.jobs.cancel(job_id, served.clock())
    if before is None:
        raise NotFound("There is no job with this id")
    if before.final:
        raise Conflict(f"The job has ended already: {before.value}")
    served.runner.halt(job_id)
    return JobStatus(
        job_id=job_id,
        status=JobState.CANCELLED,
        percent=served.board.latest(job_id).percent,
    )


def _find(job_id: str, served: Services) -> Job:
    job = served.jobs.get(job_id)
    if job is None:
        raise NotFound("There is no job with this id")
    return job


def _status(job: Job, served: Services) -> JobStatus:
    done = job.state is JobState.COMPLETED
    return JobStatus(
        job_id=job.job_id,
        status=job.state,
        percent=100 if done else served.board.latest(job.job_id).percent,
        sweep_run_id=job.sweep_run_id,
        error_message=job.error_message,
    )

"""From a run's id to what it found, or to a refusal."""

import json
from typing import Any

from tradingapi.problems import Gone, NotFound
from tradingapi.results.memory import Loaded
from tradingapi.services import Services
from tradingapi.store.contents import Content
from tradingapi.store.jobs import Job


def find_run(run_id: str, served: Services) -> Job:
    """Find the job of a run.

    Raises:
        NotFound: No finished job has this run.
    """
    job = served.jobs.by_run(run_id)
    if job is None:
        raise NotFound("There is no finished run with this id")
    return job


def find_rows(job: Job, served: Services) -> Loaded:
    """Find a run's rows.

    Raises:
        Gone: They are not kept any more.
    """
    found = None if job.content is None else served.library.load(job.content, served.clock())
    if found is None:
        raise gone()
    return found


def find_content(job: Job, served: Services) -> Content:
    """Find what a run's rows have in common.

    Raises:
        Gone: It is not kept any more.
    """
    found = None if job.content is None else served.library.content(job.content)
    if found is None:
        raise gone()
    return found


def find_many(job: Job, served: Services) -> dict[str, Any]:
    """Find what a run over many tickers says beside its rows: `portfolio` and `tickers`.

    Raises:
        NotFound: It is of one ticker.
        Gone: It is not kept any more.
    """
    if job.tickers is None:
        raise NotFound(f"This run is of ticker {job.request['ticker']} alone")
    found = None if job.content is None else served.library.report(job.content, served.clock())
    if found is None:
        raise gone()
    report: dict[str, Any] = json.loads(found)
    return report


def gone() -> Gone:
    """Say that a result was pruned."""
    return Gone("The results of this run are not kept any more; run the sweep again")

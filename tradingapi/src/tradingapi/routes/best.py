"""The best pairs of a finished run, as the seed shows them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from tradingapi.answers import BestResults
from tradingapi.answers_many import BestPlaces
from tradingapi.news import subject_of, told_of
from tradingapi.problems import NotFound, ProblemBody
from tradingapi.results.places import rows_of_places
from tradingapi.results.table import rows_of
from tradingapi.routes.access import KeyRequired
from tradingapi.routes.found import find_content, find_rows, find_run
from tradingapi.routes.quick import QuickJson
from tradingapi.services import Served
from tradingapi.store.contents import Content
from tradingapi.store.jobs import Job
from tradingapi.wire import timestamp

router = APIRouter(
    tags=["sweeps"], dependencies=[KeyRequired], responses={"4XX": {"model": ProblemBody}}
)

MOST_RESULTS: Final = 10_000
RESULTS: Final = 10
"""Rows of an answer where no limit is given."""


@router.get("/api/v1/sweeps/{sweep_run_id}/best", response_model=BestResults | BestPlaces)
def best(
    sweep_run_id: str,
    served: Served,
    ticker: Annotated[str | None, Query(description="Must be the run's own.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_RESULTS)] = RESULTS,
    include_excluded: Annotated[
        bool, Query(description="Show pairs below min_trades too, flagged.")
    ] = False,
) -> Response:
    """List the best pairs of a finished run; `limit` of them, 10 if not said.

    Of one ticker by score, of many by their places.
    """
    job = find_run(sweep_run_id, served)
    if ticker is not None and ticker != job.request["ticker"]:
        raise NotFound(f"This run is of {told_of(job)}")
    loaded, content = find_rows(job, served), find_content(job, served)
    rows = (
        loaded.table.slice(0, limit)
        if include_excluded
        else loaded.table.take(loaded.qualified(limit))
    )
    write = rows_of if job.tickers is None else rows_of_places
    return QuickJson(_body(sweep_run_id, job, write(rows, ranked=False), content, served.clock()))


def _body(
    run_id: str, job: Job, rows: list[dict[str, Any]], content: Content, now: float
) -> dict[str, Any]:
    excluded = content.pairs - content.qualified
    by = "min_trades" if job.tickers is None else "tickers"
    body = {
        "sweep_run_id": run_id,
        **subject_of(job),
        "results": rows,
        "total_results": content.pairs,
        "returned": len(rows),
        "query_timestamp": timestamp(now),
        "computed_at": timestamp(content.created_at),
        f"excluded_by_{by}": excluded,
        **content.summary,
    }
    if excluded == content.pairs:
        body["reason"] = "no_pair_reached_min_trades"
    return body

"""What a finished run says about itself: is its best pair more than luck?"""

from fastapi import APIRouter, Response

from tradingapi.body import JSON
from tradingapi.honesty import HonestyReport
from tradingapi.problems import NotFound, ProblemBody
from tradingapi.routes.access import KeyRequired
from tradingapi.routes.found import find_run, gone
from tradingapi.services import Served

router = APIRouter(
    tags=["results"], dependencies=[KeyRequired], responses={"4XX": {"model": ProblemBody}}
)


@router.get("/api/v1/sweeps/{sweep_run_id}/report", response_model=HonestyReport)
def report(sweep_run_id: str, served: Served) -> Response:
    """Show every check on the best pair, the verdict that they lead to, and a reproducible stamp.

    Figures are as in the engine: fractions, a year's ratios, costs in basis points a side, times in
    UTC nanoseconds. The same question has the same report, to the byte.
    """
    job = find_run(sweep_run_id, served)
    if job.tickers is not None:
        raise NotFound("No report is made for many tickers; there are portfolio and tickers")
    found = None if job.content is None else served.library.report(job.content, served.clock())
    if found is None:
        raise gone()
    return Response(found, media_type=JSON)

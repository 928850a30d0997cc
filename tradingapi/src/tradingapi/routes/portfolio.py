"""A finished run over many tickers: the best pair's portfolio, and each ticker's own part."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tradingapi.answers_many import PortfolioAnswer, TickersAnswer
from tradingapi.problems import NotFound, ProblemBody
from tradingapi.routes.access import KeyRequired
from tradingapi.routes.found import find_content, find_many, find_run
from tradingapi.routes.quick import QuickJson
from tradingapi.services import Served
from tradingapi.tickers.part import TOP

router = APIRouter(
    prefix="/api/v1/sweeps/{sweep_run_id}",
    tags=["many tickers"],
    dependencies=[KeyRequired],
    responses={"4XX": {"model": ProblemBody}},
)


@router.get("/portfolio", response_model=PortfolioAnswer)
def portfolio(sweep_run_id: str, served: Served) -> Response:
    """Show the best pair on all tickers in equal parts, beside the same tickers held.

    Parts are made equal each month, with the run's costs; the calendar is the union of all bars. At
    most 5,000 bars are shown, with both ends and the bottom of the largest drawdown.
    """
    job = find_run(sweep_run_id, served)
    found = find_many(job, served)
    if found["portfolio"] is None:
        raise NotFound("No pair of this run closed enough trades on enough tickers")
    return QuickJson(
        {
            "sweep_run_id": sweep_run_id,
            "ticker_count": len(found["tickers"]),
            "synthetic": find_content(job, served).summary["synthetic"],
            **found["portfolio"],
        }
    )


@router.get("/tickers", response_model=TickersAnswer)
def tickers(
    sweep_run_id: str,
    served: Served,
    top: Annotated[int, Query(ge=0, le=TOP, description="Best pairs of each ticker.")] = 0,
) -> Response:
    """List the tickers, each with what it was measured on, its own best pair, and holding it."""
    found = find_many(find_run(sweep_run_id, served), served)["tickers"]
    shown = [{**part, "top": part["top"][:top]} for part in found]
    return QuickJson({"sweep_run_id": sweep_run_id, "ticker_count": len(found), "tickers": shown})

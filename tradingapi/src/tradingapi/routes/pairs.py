"""One pair of a finished run: its trades and its equity."""

from datetime import datetime
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Path, Query, Response

from tradingapi.answers import EquityAnswer, TradesAnswer
from tradingapi.contract import SweepRequest, nanoseconds
from tradingapi.engine.grid import Pair
from tradingapi.problems import Gone, NotFound, ProblemBody
from tradingapi.results.path import Run, curves, follow_pair, trades
from tradingapi.routes.access import KeyRequired
from tradingapi.routes.found import find_content, find_rows, find_run
from tradingapi.routes.quick import QuickJson
from tradingapi.services import Served, Services

router = APIRouter(
    prefix="/api/v1/sweeps/{sweep_run_id}/pairs/{fast}/{slow}",
    tags=["results"],
    dependencies=[KeyRequired],
    responses={"4XX": {"model": ProblemBody}},
)

POINTS: Final = 5_000
MOST_POINTS: Final = 100_000

Period = Annotated[int, Path(ge=1, le=500)]


@router.get("/trades", response_model=TradesAnswer)
def trades_of(sweep_run_id: str, fast: Period, slow: Period, served: Served) -> Response:
    """List a pair's trades, oldest first; one that is still open has no exit."""
    head, run = _follow(sweep_run_id, Pair(fast, slow), served)
    found = trades(run)
    return QuickJson({**head, "trades": found, "returned": len(found)})


@router.get("/equity", response_model=EquityAnswer)
def equity_of(
    sweep_run_id: str,
    fast: Period,
    slow: Period,
    served: Served,
    points: Annotated[int, Query(ge=3, le=MOST_POINTS, description="Most bars to show.")] = POINTS,
) -> Response:
    """Show equity, drawdown and position at each close, with buy-and-hold on the same bars."""
    head, run = _follow(sweep_run_id, Pair(fast, slow), served)
    return QuickJson({**head, **curves(run, points)})


def _follow(run_id: str, pair: Pair, served: Services) -> tuple[dict[str, Any], Run]:
    """Run a pair again on the bars that its sweep saw."""
    job = find_run(run_id, served)
    content, rows = find_content(job, served), find_rows(job, served)
    tested = (rows.column("fast_period") == pair.fast) & (rows.column("slow_period") == pair.slow)
    if not np.any(tested):
        raise NotFound(f"This run has no pair {pair.fast}/{pair.slow}")
    bars = served.library.bars(content)
    if bars is None:
        raise Gone("The prices of this run are not kept any more; run the sweep again")
    spec = SweepRequest.model_validate(job.request).to_spec()
    start = nanoseconds(datetime.fromisoformat(content.summary["settings"]["start"]))
    head = {
        "sweep_run_id": run_id,
        "ticker": job.request["ticker"],
        "fast_period": pair.fast,
        "slow_period": pair.slow,
        "synthetic": bars.origin.synthetic,
    }
    return head, follow_pair(bars, spec, pair, start)

"""One pair of a finished run: its trades and its equity."""

from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Response
from typing_extensions import override

from tradingapi.answers import EquityAnswer, TradesAnswer
from tradingapi.contract import SweepRequest
from tradingapi.engine.grid import Choice, Pair, Triple
from tradingapi.fields import nanoseconds
from tradingapi.problems import Gone, InvalidParameters, NotFound, ProblemBody
from tradingapi.results.memory import Loaded
from tradingapi.results.path import Run, curves, follow_pair, trades
from tradingapi.routes.access import KeyRequired
from tradingapi.routes.found import find_content, find_many, find_rows, find_run
from tradingapi.routes.quick import QuickJson
from tradingapi.services import Served, Services
from tradingapi.store.contents import Content
from tradingapi.store.jobs import Job

router = APIRouter(
    prefix="/api/v1/sweeps/{sweep_run_id}/pairs/{fast}/{slow}",
    tags=["results"],
    dependencies=[KeyRequired],
    responses={"4XX": {"model": ProblemBody}},
)

POINTS: Final = 5_000
MOST_POINTS: Final = 100_000

Period = Annotated[int, Path(ge=1, le=500)]


class Asked(NamedTuple):
    """Which combination is meant."""

    fast: int
    slow: int
    signal: int | None
    ticker: str | None

    @override
    def __str__(self) -> str:
        return "/".join(str(period) for period in self[:3] if period is not None)


def asked_for(
    fast: Period,
    slow: Period,
    signal_period: Annotated[
        int | None, Query(ge=2, le=50, description="Where several signal lines were tested: which.")
    ] = None,
    ticker: Annotated[
        str | None, Query(max_length=20, description="Of a run of many tickers: which.")
    ] = None,
) -> Asked:
    """Read it from the address."""
    return Asked(fast, slow, signal_period, ticker)


Wanted = Annotated[Asked, Depends(asked_for)]


@router.get("/trades", response_model=TradesAnswer)
def trades_of(sweep_run_id: str, asked: Wanted, served: Served) -> Response:
    """List a pair's trades, oldest first; one that is still open has no exit."""
    head, run = _follow(sweep_run_id, asked, served)
    found = trades(run)
    return QuickJson({**head, "trades": found, "returned": len(found)})


@router.get("/equity", response_model=EquityAnswer)
def equity_of(
    sweep_run_id: str,
    asked: Wanted,
    served: Served,
    points: Annotated[int, Query(ge=3, le=MOST_POINTS, description="Most bars to show.")] = POINTS,
) -> Response:
    """Show equity, drawdown and position at each close, with buy-and-hold on the same bars."""
    head, run = _follow(sweep_run_id, asked, served)
    return QuickJson({**head, **curves(run, points)})


def _follow(run_id: str, asked: Asked, served: Services) -> tuple[dict[str, Any], Run]:
    """Run a pair again on the bars that its sweep saw."""
    job = find_run(run_id, served)
    content, rows = find_content(job, served), find_rows(job, served)
    spec = SweepRequest.model_validate(job.request).to_spec()
    pair = _tested(asked, rows, several=spec.signal_periods is not None)
    ticker, sha256, begin = _measured(asked.ticker, job, content, served)
    bars = served.library.bars(sha256)
    if bars is None:
        raise Gone("The prices of this run are not kept any more; run the sweep again")
    start = nanoseconds(datetime.fromisoformat(begin))
    head = {
        "sweep_run_id": run_id,
        "ticker": ticker,
        "fast_period": pair.fast,
        "slow_period": pair.slow,
        **({"signal_period": pair.signal} if isinstance(pair, Triple) else {}),
        "synthetic": bars.origin.synthetic,
    }
    return head, follow_pair(bars, spec, pair, start)


def _measured(
    ticker: str | None, job: Job, content: Content, served: Services
) -> tuple[str, str, str]:
    """Return which ticker is meant, its bars' fingerprint, and its window's first moment.

    Raises:
        InvalidParameters: The run has many, and none is named.
        NotFound: The run has not this one.
    """
    if job.tickers is None:
        own = str(job.request["ticker"])
        if ticker not in {None, own}:
            raise NotFound(f"This run is of ticker {own}")
        return own, content.data_sha256, content.summary["settings"]["start"]
    if ticker is None:
        raise InvalidParameters.of("ticker", "this run is of many: say which")
    for part in find_many(job, served)["tickers"]:
        if part["ticker"] == ticker:
            return ticker, part["data_sha256"], part["start"]
    raise NotFound("This run has no such ticker")


def _tested(asked: Asked, rows: Loaded, *, several: bool) -> Choice:
    """Find the combination that is meant.

    Raises:
        InvalidParameters: Several signal lines were tested, and none is named.
        NotFound: It was not tested.
    """
    fast, slow, signal = asked[:3]
    if several and signal is None:
        raise InvalidParameters.of("signal_period", "this run tested several: say which")
    tested = (rows.column("fast_period") == fast) & (rows.column("slow_period") == slow)
    if signal is not None:
        tested &= rows.column("signal_period") == signal
    if not np.any(tested):
        raise NotFound(f"This run has no pair {asked}")
    return Triple(fast, slow, signal) if several and signal is not None else Pair(fast, slow)

"""All pairs of a finished run: pages, downloads, a heat map."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from tradingapi.answers import HeatmapAnswer, ResultPage
from tradingapi.answers_many import PlaceMap, PlacePage
from tradingapi.news import subject_of, told_of
from tradingapi.problems import InvalidParameters, ProblemBody
from tradingapi.results.cursor import LONGEST_CURSOR, BadCursorError, CursorSeal
from tradingapi.results.export import csv_pieces
from tradingapi.results.heatmap import UntestedSignalError, heatmap
from tradingapi.results.memory import Order
from tradingapi.results.metric import Figure, Metric, Place, figure
from tradingapi.results.places import rows_of_places
from tradingapi.results.table import rows_of
from tradingapi.routes.access import KeyRequired
from tradingapi.routes.found import find_rows, find_run, gone
from tradingapi.routes.quick import QuickJson
from tradingapi.services import Served
from tradingapi.store.jobs import Job

router = APIRouter(
    prefix="/api/v1/sweeps/{sweep_run_id}",
    tags=["results"],
    dependencies=[KeyRequired],
    responses={"4XX": {"model": ProblemBody}},
)

PAGE: Final = 100
LARGEST_PAGE: Final = 1_000

MOST_TRADES: Final = 2**31 - 1
SIGNAL: Final = "MACD with several signal lines: which one; the best combination's if not said."
BELOW: Final = "Leave out pairs with fewer closed trades."


NAMES: Final = [*(each.value for each in Metric), *(each.value for each in Place)]


def read_figure(name: object) -> Figure:
    """Read the name of a figure, of pairs of one ticker or of many."""
    try:
        return figure(str(name))
    except ValueError:
        raise PydanticCustomError("enum", "Input should be {names}", {"names": NAMES}) from None


AnyFigure = Annotated[
    Figure, PlainValidator(read_figure), WithJsonSchema({"type": "string", "enum": NAMES})
]


def check_figure(field: str, asked: Figure, job: Job) -> None:
    """Refuse a figure that the run does not have."""
    kind: type[Metric | Place] = Metric if job.tickers is None else Place
    if asked not in set(kind):
        names = ", ".join(each.value for each in kind)
        raise InvalidParameters.of(field, f"a run of {told_of(job)} has {names}")


def check_trades(min_trades: int, job: Job) -> None:
    """Refuse to count the trades of many tickers."""
    if min_trades > 0 and job.tickers is not None:
        raise InvalidParameters.of("min_trades", "only for runs of one ticker")


class Listing(BaseModel):
    """Which page of which listing."""

    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before."
    )
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)
    sort: AnyFigure | None = None
    order: Literal["asc", "desc"] | None = None
    min_trades: int | None = Field(None, ge=0, le=MOST_TRADES, description=BELOW)

    def start(self, run_id: str, seal: CursorSeal, job: Job) -> tuple[Order, int]:
        """Return the order, and the offset of the page in it."""
        if self.cursor is None:
            if self.sort is not None:
                check_figure("sort", self.sort, job)
            check_trades(self.min_trades or 0, job)
            first = "desc" if job.tickers is None or self.sort else "asc"
            sort = self.sort or (Metric.SCORE if job.tickers is None else Place.RANK)
            return Order(sort, (self.order or first) == "desc", self.min_trades or 0), 0
        try:
            sealed, offset = seal.open(run_id, self.cursor)
        except BadCursorError:
            raise InvalidParameters.of("cursor", "is not one of this run's") from None
        same = (
            self.sort in {None, sealed.sort}
            and self.order in {None, "desc" if sealed.descending else "asc"}
            and self.min_trades in {None, sealed.min_trades}
        )
        if not same:
            raise InvalidParameters.of("cursor", "is of another sort, order or min_trades")
        return sealed, offset


@router.get("/results", response_model=ResultPage | PlacePage)
def results(sweep_run_id: str, served: Served, listing: Annotated[Listing, Query()]) -> Response:
    """List pairs, 100 a page, in any order; by rank, the best first, if not said.

    A cursor goes on where a page ended, in that page's order: `sort`, `order` and `min_trades` may
    be left out with it, and may not differ. Ties are in the order of rank, null comes last.
    Pairs below the run's own `min_trades` are listed too, and flagged `excluded`.
    """
    job = find_run(sweep_run_id, served)
    asked, offset = listing.start(sweep_run_id, served.cursors, job)
    loaded = find_rows(job, served)
    sequence = served.library.order(loaded, asked)
    end = offset + listing.limit
    write = rows_of if job.tickers is None else rows_of_places
    rows = write(loaded.table.take(sequence[offset:end]), ranked=True)
    more = end < len(sequence)
    return QuickJson(
        {
            "sweep_run_id": sweep_run_id,
            **subject_of(job),
            "results": rows,
            "returned": len(rows),
            "total": len(sequence),
            "sort": asked.sort.value,
            "order": "desc" if asked.descending else "asc",
            "min_trades": asked.min_trades,
            "next_cursor": served.cursors.seal(sweep_run_id, asked, end) if more else None,
        }
    )


@router.get(
    "/results.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "All pairs by rank."}},
)
def results_csv(sweep_run_id: str, served: Served) -> StreamingResponse:
    """Download all pairs as CSV, best first; null is an empty field."""
    loaded = find_rows(find_run(sweep_run_id, served), served)
    return StreamingResponse(
        csv_pieces(loaded.table),
        media_type="text/csv",
        headers=_attachment(f"{sweep_run_id}.csv"),
    )


@router.get(
    "/results.parquet",
    response_class=FileResponse,
    responses={
        200: {
            "content": {"application/vnd.apache.parquet": {}},
            "description": "All pairs by rank.",
        }
    },
)
def results_parquet(sweep_run_id: str, served: Served) -> FileResponse:
    """Download all pairs as Parquet, best first."""
    job = find_run(sweep_run_id, served)
    path = None if job.content is None else served.library.file(job.content, served.clock())
    if path is None:
        raise gone()
    return FileResponse(
        path,
        media_type="application/vnd.apache.parquet",
        headers=_attachment(f"{sweep_run_id}.parquet"),
    )


@router.get("/heatmap", response_model=HeatmapAnswer | PlaceMap)
def heatmap_of(
    sweep_run_id: str,
    served: Served,
    metric: AnyFigure | None = None,
    min_trades: Annotated[int, Query(ge=0, le=MOST_TRADES, description=BELOW)] = 0,
    signal_period: Annotated[int | None, Query(ge=2, le=50, description=SIGNAL)] = None,
) -> Response:
    """Lay a metric out over the grid of periods; what a search left untested is null.

    The score is shown if not said, and the median place in a run of many tickers.
    """
    job = find_run(sweep_run_id, served)
    shown = metric or (Metric.SCORE if job.tickers is None else Place.MEDIAN)
    check_figure("metric", shown, job)
    check_trades(min_trades, job)
    try:
        found = heatmap(find_rows(job, served), shown, min_trades, signal_period)
    except UntestedSignalError:
        raise InvalidParameters.of("signal_period", "was not tested in this run") from None
    return QuickJson(
        {
            "sweep_run_id": sweep_run_id,
            **subject_of(job),
            "metric": shown.value,
            "min_trades": min_trades,
            **found._asdict(),
        }
    )


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}

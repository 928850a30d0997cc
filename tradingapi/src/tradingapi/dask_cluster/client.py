"""The server's side of a cluster: orders out, places in, and nothing believed unseen."""

import hashlib
import queue
import secrets
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from distributed import Client, Future, KilledWorker, Security
from distributed.comm.core import CommClosedError

from tradingapi.contract import SECRET_FIELDS, SweepRequest
from tradingapi.dask_cluster.folder import discard, job_folder
from tradingapi.dask_cluster.task import (
    KINDS,
    PLACES,
    Done,
    Order,
    Refused,
    computing,
    sweep_ticker,
)
from tradingapi.engine import SweepSpec
from tradingapi.engine.grid import Grid, grid
from tradingapi.gathering import (
    SWEPT,
    BadTickersError,
    ClusterAwayError,
    ClusterError,
    Ready,
    Shelved,
)
from tradingapi.prices.source import PriceError, RateLimitedError
from tradingapi.results.library import Library
from tradingapi.results.question import ManyQuestion
from tradingapi.settings import Settings
from tradingapi.sources import SourceSettings
from tradingapi.sweeping import Tell
from tradingapi.tickers import BadTickerError, ManyResult
from tradingapi.tickers.ranks import Places, PlaceTable, place_table

log = structlog.get_logger()

Answered: TypeAlias = Future[Done | Refused]

CONNECTING: Final = 10.0
"""Seconds until a scheduler that does not answer is away."""

PAUSE: Final = 0.25
"""Seconds after which a waiting job looks whether it is still wanted."""

LARGEST_FILE: Final = 64 * 2**20
"""Bytes of one ticker's places: five million take ten."""


NOT_SHARED: Final = "dask_dir: must be one folder for the server and all workers"
"""A worker did not find what the server made, or the other way round."""


@dataclass(frozen=True)
class Found:
    """All tickers, swept."""

    done: list[Done]
    result: ManyResult


class DaskTickers:
    """Sweeps many tickers on a cluster."""

    def __init__(
        self, settings: Settings, sources: SourceSettings, library: Library, *, owner: str
    ) -> None:
        """Prepare; nothing is connected before a job needs it.

        `owner` names this server's folder among others' in the shared one.
        """
        assert settings.dask is not None
        self._address = settings.dask
        self._security = _security(settings)
        self._shared = settings.shared_dir
        self._sources = sources
        self._library = library
        self._folder = f"parts/{owner}"
        self._client: Client | None = None
        self._connecting = threading.Lock()
        # What a killed server left: its jobs begin anew.
        discard(self._shared / self._folder)

    def ready(self, request: SweepRequest, tell: Tell) -> Ready:
        """Sweep all tickers; then the question is known, and its answer nearly.

        Raises:
            ClusterAwayError: There is no scheduler, or it was lost.
            ClusterError: A worker is of another version, shares no folder, or dies of a ticker.
            BadTickersError, BadTickerError, RateLimitedError: As of any tickers.
        """
        found, spec = self._swept(request, tell), request.to_spec()
        question, prices = ManyQuestion(spec), Shelved(self._library)
        for done in found.done:
            question.data.append(dict(done.measured))
            prices.know(done.part.ticker, done.part.data_sha256)
        return Ready(question.fingerprint(), prices, SWEPT, lambda _tell: found.result)

    def close(self) -> None:
        """Leave the cluster."""
        with self._connecting:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _swept(self, request: SweepRequest, tell: Tell) -> Found:
        assert request.tickers is not None
        spec, job = request.to_spec(), f"{self._folder}/{secrets.token_hex(8)}"
        wanted, orders = grid(spec), self._orders(request, request.tickers, job)
        answers: dict[int, Done | Refused] = {}
        with (
            job_folder(self._shared / job),
            place_table(len(orders), len(wanted)) as table,
            closing(self._answers(orders, tell)) as found,
        ):
            for number, answer in found:
                answers[number] = answer
                if isinstance(answer, Done):
                    _check(answer)
                    table.put(number, self._places(orders[number], answer, len(wanted)))
            return _together(request.tickers, answers, spec, wanted, table)

    def _orders(
        self, request: SweepRequest, tickers: tuple[str, ...], job: str
    ) -> dict[int, Order]:
        # A callback may hold a token, and the cluster has no use for it.
        asked = request.model_dump(mode="json", exclude=set(SECRET_FIELDS))
        asked["webhook_url"] = "http://localhost/"
        return {
            number: Order(ticker, asked, self._sources, self._shared, f"{job}/{number:04}.parquet")
            for number, ticker in enumerate(tickers)
        }

    def _answers(
        self, orders: Mapping[int, Order], tell: Tell
    ) -> Generator[tuple[int, Done | Refused]]:
        """Give out the orders, and yield answers as they come; `tell` may end it."""
        client, token = self._connected(), secrets.token_hex(8)
        with _lost_is_away(client):
            open_ = {
                f"{token}-{number}": client.submit(
                    sweep_ticker, order, key=f"{token}-{number}", pure=False
                )
                for number, order in orders.items()
            }
            news: queue.SimpleQueue[Answered] = queue.SimpleQueue()
            for future in open_.values():
                future.add_done_callback(news.put)
            try:
                while open_:
                    done = len(orders) - len(open_)
                    tell(SWEPT * done / len(orders), f"Sweeping tickers {done}/{len(orders)}")
                    ended = _next(news, client)
                    if ended is not None:
                        answer = _answer(ended)
                        # Held, it would be computed again if its worker were lost.
                        del open_[str(ended.key)]
                        ended.release()
                        yield int(str(ended.key).rpartition("-")[2]), answer
            finally:
                if client.status == "running":
                    client.cancel(list(open_.values()))

    def _connected(self) -> Client:
        with self._connecting:
            if self._client is not None and self._client.status != "running":
                self._client.close()
                self._client = None
            if self._client is None:
                try:
                    self._client = Client(
                        self._address,
                        security=self._security,
                        timeout=CONNECTING,
                        set_as_default=False,
                        name="tradingapi",
                    )
                except (OSError, TimeoutError) as error:
                    raise ClusterAwayError(type(error).__name__) from error
            return self._client

    def _places(self, order: Order, answer: Done, pairs: int) -> Places:
        """Read a ticker's places, if they are what the worker said that it wrote."""
        path = self._shared / order.file
        raw = _read(path)
        if hashlib.sha256(raw).hexdigest() != answer.sha256:
            raise ClusterError(f"{order.ticker}: its file is not the one that a worker wrote")
        column = pq.ParquetFile(pa.BufferReader(raw)).read().column(PLACES)
        if column.type != pa.uint16() or len(column) != pairs:
            raise ClusterError(f"{order.ticker}: its file has no places of these pairs")
        return cast("Places", column.to_numpy().astype(np.uint16))


def _security(settings: Settings) -> Security | None:
    if not str(settings.dask).startswith("tls:"):
        return None
    return Security(
        tls_ca_file=str(settings.dask_ca_file),
        tls_client_cert=str(settings.dask_cert_file),
        tls_client_key=str(settings.dask_key_file),
        require_encryption=True,
    )


def _next(news: queue.SimpleQueue[Answered], client: Client) -> Answered | None:
    """Wait for an answer for a moment; None if there is none yet."""
    try:
        return news.get(timeout=PAUSE)
    except queue.Empty:
        if client.status != "running":
            raise ClusterAwayError(client.status) from None
        return None


def _answer(future: Answered) -> Done | Refused:
    if future.status in {"cancelled", "lost"}:
        raise ClusterAwayError(future.status)
    try:
        return future.result()
    except KilledWorker as error:
        raise ClusterError("a ticker killed every worker that it was given to") from error
    except FileNotFoundError as error:
        raise ClusterError(NOT_SHARED) from error
    except ImportError as error:
        raise ClusterError("workers need the tradingapi of this server installed") from error


@contextmanager
def _lost_is_away(client: Client) -> Iterator[None]:
    """Say of a connection that broke that the cluster is away."""
    try:
        yield
    except (CommClosedError, TimeoutError) as error:
        log.warning("the cluster was lost", reason=type(error).__name__, status=client.status)
        raise ClusterAwayError(type(error).__name__) from error


def _check(answer: Done) -> None:
    """Refuse a worker that would compute other digits."""
    here = computing()
    for name, there in answer.versions.items():
        if here.get(name) != there:
            raise ClusterError(f"a worker has {name} {there}, and this server {here.get(name)}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except FileNotFoundError as error:
        raise ClusterError(NOT_SHARED) from error


def _together(
    tickers: tuple[str, ...],
    answers: Mapping[int, Done | Refused],
    spec: SweepSpec,
    wanted: Grid,
    table: PlaceTable,
) -> Found:
    """Put answers together in the order of the tickers, or say which of them are wrong."""
    done, bad = list[Done](), dict[str, Exception]()
    for number, ticker in enumerate(tickers):
        answer = answers[number]
        if isinstance(answer, Done):
            done.append(answer)
        elif answer.kind == RateLimitedError.__name__:
            raise RateLimitedError(f"{ticker}: {answer.message}", answer.retry_after)
        else:
            bad[ticker] = KINDS[answer.kind](answer.message)
    prices: dict[str, Any] = {
        ticker: error for ticker, error in bad.items() if isinstance(error, PriceError)
    }
    if prices:
        raise BadTickersError(prices)
    for ticker, error in bad.items():
        raise BadTickerError(ticker, error) from error
    parts = tuple(each.part for each in done)
    return Found(done, ManyResult(spec, wanted, parts, table.standing()))

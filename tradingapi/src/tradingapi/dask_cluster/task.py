"""What a worker does with one ticker: fetch, sweep, write the places, say where they are.

The same order gives the same bytes on any worker, as often as it is given: a task whose worker was
lost is simply done again.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tradingapi.contract import SweepRequest
from tradingapi.engine import BadBarsError, InsufficientDataError
from tradingapi.gathering import history_of
from tradingapi.honesty.stamp import versions
from tradingapi.prices.shelf import BarShelf
from tradingapi.prices.source import (
    DataQualityError,
    PriceError,
    PriceSource,
    RateLimitedError,
    SourceUnavailableError,
    SymbolNotFoundError,
)
from tradingapi.results.question import ManyQuestion
from tradingapi.sources import SourceSettings, build_source
from tradingapi.tickers import BadTickerError, TickerPart
from tradingapi.tickers.part import examine

PLACES: Final = "place"
"""The column of the file."""


@dataclass(frozen=True)
class Order:
    """One ticker to be swept. It holds no secret: anybody in the cluster can read it."""

    ticker: str
    request: Mapping[str, Any]
    """The sweep's, without its callback."""
    sources: SourceSettings
    shared: Path
    """The folder that the server sees too."""
    file: str
    """Where in it the places go."""


@dataclass(frozen=True)
class Done:
    """A ticker that was swept."""

    part: TickerPart
    measured: Mapping[str, Any]
    """The ticker's piece of the question."""
    sha256: str
    """Of the file with the places."""
    versions: Mapping[str, str]
    """Of what computes, on this worker."""


@dataclass(frozen=True)
class Refused:
    """A ticker that cannot be swept. An exception of its own might not survive the way back."""

    kind: str
    message: str
    retry_after: float = 0.0


KINDS: Final[dict[str, type[Exception]]] = {
    kind.__name__: kind
    for kind in (
        SymbolNotFoundError,
        DataQualityError,
        SourceUnavailableError,
        BadBarsError,
        InsufficientDataError,
    )
}
"""What a refusal can be, but for a source that wants to be asked later."""


def sweep_ticker(order: Order) -> Done | Refused:
    """Sweep one ticker on one thread: a worker's own threads are the cluster's matter.

    Raises:
        FileNotFoundError: The job has no folder any more, or never had one here.
        OSError: The shared folder cannot be written.
    """
    request = SweepRequest.model_validate(order.request)
    shelf = BarShelf(order.shared / "bars")
    try:
        history = history_of(order.ticker, request, _source(order), time.time())
        found = examine(order.ticker, history, request.to_spec(), threads=1)
    except RateLimitedError as error:
        return Refused(RateLimitedError.__name__, str(error), error.retry_after)
    except PriceError as error:
        return _refused(error)
    except BadTickerError as error:
        return _refused(error.why)
    shelf.put(history)
    question = ManyQuestion(request.to_spec())
    question.add(order.ticker, history)
    sha256 = _write(order.shared / order.file, pa.table({PLACES: pa.array(found.places)}))
    return Done(found.part, question.data[0], sha256, computing())


@cache
def computing() -> Mapping[str, str]:
    """Return the versions of what computes in this process; looking them up takes milliseconds."""
    return versions()


def _refused(error: Exception) -> Refused:
    kind = next((name for name in KINDS if name == type(error).__name__), "SourceUnavailableError")
    return Refused(kind, str(error))


def _source(order: Order) -> PriceSource:
    return _kept(order.sources, order.shared)


@lru_cache(maxsize=8)
def _kept(sources: SourceSettings, shared: Path) -> PriceSource:
    return build_source(sources, BarShelf(shared / "bars"), time.time)


def _write(path: Path, table: pa.Table) -> str:
    """Write a file whole or not at all, and return its fingerprint."""
    unfinished = path.with_suffix(f".{time.monotonic_ns():x}.unfinished")
    try:
        pq.write_table(table, unfinished, compression="zstd", use_dictionary=False)
        digest = hashlib.sha256(unfinished.read_bytes()).hexdigest()
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return digest

"""A real Dask cluster on this machine, and a server's parts that sweep many tickers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed import LocalCluster

from tests.tradingapi.server import SEEDS_FORM
from tradingapi.contract import SweepRequest
from tradingapi.results.library import Fresh
from tradingapi.services import Services, build_services
from tradingapi.settings import Settings
from tradingapi.sweeping import Tell

GRID: dict[str, Any] = {
    "fast_range": "[2, 60]",
    "slow_range": "[5, 160]",
    "step": "1",
    "min_trades": "20",
}


def asked(count: int, **changes: Any) -> SweepRequest:
    """Ask for so many synthetic tickers."""
    form = {**SEEDS_FORM, **GRID, "tickers": [f"SYN:{n:03}" for n in range(count)], **changes}
    return SweepRequest.model_validate({k: v for k, v in form.items() if k != "ticker"})


@contextmanager
def built(folder: Path, **settings: Any) -> Iterator[Services]:
    """Build a server's parts; no job runs."""
    services = build_services(Settings(dev=True, data_dir=folder, **settings), time.time)
    try:
        yield services
    finally:
        services.many.close()
        services.database.close()


@contextmanager
def a_cluster(folder: Path, workers: int = 2, **options: Any) -> Iterator[LocalCluster]:
    """Run a scheduler and worker processes of one thread each, on 127.0.0.1."""
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        local_directory=str(folder),
        **options,
    ) as cluster:
        yield cluster


def silent(_part: float, _words: str) -> None:
    """Want to hear nothing."""


def answered(services: Services, request: SweepRequest, tell: Tell = silent) -> Fresh:
    """Compute an answer."""
    found = services.many.answer(request, tell, anew=True)
    assert isinstance(found, Fresh)
    return found


def same(one: Fresh, other: Fresh) -> bool:
    """Compare to the byte, but for the moment of computing."""
    return (one.content.name, one.report, one.content.summary, one.table) == (
        other.content.name,
        other.report,
        other.content.summary,
        other.table,
    )

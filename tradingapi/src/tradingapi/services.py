"""Build the server's parts from its settings, start them, and stop them in reverse."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tradingapi.auth import KeyRing
from tradingapi.callbacks import Courier, DeliveryRules
from tradingapi.clock import Clock
from tradingapi.egress.guard import Guard
from tradingapi.gathering import LocalTickers, Tickers
from tradingapi.prices.shelf import BarShelf
from tradingapi.progress import Board
from tradingapi.results.cursor import CursorSeal
from tradingapi.results.files import ResultFiles
from tradingapi.results.library import Library
from tradingapi.runs import Runner
from tradingapi.settings import Settings
from tradingapi.sources import SourceSettings, build_source
from tradingapi.store.contents import ContentStore
from tradingapi.store.database import Database
from tradingapi.store.deliveries import DeliveryStore
from tradingapi.store.jobs import JobStore
from tradingapi.sweeping import Sweeper
from tradingapi.sweeping_many import ManySweeper
from tradingapi.upkeep import Limits, Upkeep
from tradingapi.work import Sweepers, Work

MIB = 2**20
DAY = 86_400.0


@dataclass(frozen=True)
class Services:
    """What the routes use."""

    settings: Settings
    clock: Clock
    keys: KeyRing
    database: Database
    jobs: JobStore
    board: Board
    guard: Guard
    courier: Courier
    runner: Runner
    library: Library
    cursors: CursorSeal
    upkeep: Upkeep
    many: ManySweeper

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run workers and deliveries. The store is closed at the end."""
        await self.courier.recover()
        self.runner.start()
        self.upkeep.start()
        courier = asyncio.create_task(self.courier.run())
        try:
            yield
        finally:
            await asyncio.to_thread(self.runner.stop)
            await asyncio.to_thread(self.upkeep.stop)
            await asyncio.to_thread(self.many.close)
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier
            self.database.close()


def build_services(settings: Settings, clock: Clock) -> Services:
    """Build everything; nothing runs yet.

    Raises:
        DataDirError: The data directory cannot be used.
        SourceError: A price source cannot be had.
    """
    database = Database(settings.data_dir)
    jobs, board = JobStore(database), Board()
    rules = DeliveryRules(
        timeout=settings.webhook_timeout_seconds,
        horizon=settings.webhook_horizon_seconds,
        scale=settings.webhook_time_scale,
    )
    guard = Guard(settings.allowed, settings.denied)
    courier = Courier(DeliveryStore(database), rules, guard, settings.signing_secrets, clock)
    bars = BarShelf(settings.shared_dir / "bars")
    library = build_library(settings, database, jobs, bars)
    sources = SourceSettings.of(settings)
    source = build_source(sources, bars, clock)
    many = ManySweeper(
        LocalTickers(source, library, clock)
        if settings.dask is None
        else on_dask(settings, sources, library, database),
        library,
        clock,
    )
    sweepers = Sweepers(Sweeper(source, library, clock), many)
    least = settings.min_job_seconds
    work = Work(jobs, sweepers, library, board, clock, on_ended=courier.wake, min_job_seconds=least)
    return Services(
        settings=settings,
        clock=clock,
        keys=KeyRing(settings.accepted_keys, settings.session_seconds),
        database=database,
        jobs=jobs,
        board=board,
        guard=guard,
        courier=courier,
        runner=Runner(jobs, work, board, clock, workers=settings.workers, min_job_seconds=least),
        library=library,
        cursors=CursorSeal(database.secret("cursors")),
        upkeep=Upkeep(jobs, library, limits(settings), clock),
        many=many,
    )


def on_dask(
    settings: Settings, sources: SourceSettings, library: Library, database: Database
) -> Tickers:
    """Sweep many tickers on a cluster; its client is an extra, and is loaded here."""
    made: Callable[..., Tickers] = importlib.import_module(
        "tradingapi.dask_cluster.client"
    ).DaskTickers
    return made(settings, sources, library, owner=database.secret("parts").hex()[:16])


def build_library(
    settings: Settings, database: Database, jobs: JobStore, bars: BarShelf
) -> Library:
    """Open what is kept of finished sweeps."""
    return Library(
        jobs,
        ContentStore(database),
        ResultFiles(settings.data_dir / "results"),
        bars,
        settings.results_memory_mib * MIB,
    )


def limits(settings: Settings) -> Limits:
    """Say how much is kept."""
    return Limits(
        jobs_age=settings.keep_jobs_days * DAY,
        results_age=settings.keep_results_days * DAY,
        results_size=settings.keep_results_mib * MIB,
        bars_size=settings.keep_bars_mib * MIB,
    )


async def services_of(request: Request) -> Services:
    """Find the services of the application that a request came to."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Served = Annotated[Services, Depends(services_of)]

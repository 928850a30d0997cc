"""Build the server's parts from its settings, start them, and stop them in reverse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, assert_never

from fastapi import Depends, Request

from tradingapi.auth import KeyRing
from tradingapi.callbacks import Courier, DeliveryRules
from tradingapi.clock import Clock
from tradingapi.prices.arch_data import ArchSource
from tradingapi.prices.chain import ChainedSource
from tradingapi.prices.directory import DirectorySource
from tradingapi.prices.source import PriceSource
from tradingapi.prices.synthetic import SyntheticSource
from tradingapi.progress import Board
from tradingapi.runs import Runner
from tradingapi.settings import Settings, SourceName
from tradingapi.store.database import Database
from tradingapi.store.deliveries import DeliveryStore
from tradingapi.store.jobs import JobStore


@dataclass(frozen=True)
class Services:
    """What the routes use."""

    settings: Settings
    clock: Clock
    keys: KeyRing
    database: Database
    jobs: JobStore
    board: Board
    courier: Courier
    runner: Runner

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run workers and deliveries. The store is closed at the end."""
        await self.courier.recover()
        self.runner.start()
        courier = asyncio.create_task(self.courier.run())
        try:
            yield
        finally:
            await asyncio.to_thread(self.runner.stop)
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier
            self.database.close()


def build_services(settings: Settings, clock: Clock) -> Services:
    """Build everything; nothing runs yet.

    Raises:
        DataDirError: The data directory cannot be used.
    """
    database = Database(settings.data_dir)
    jobs, board = JobStore(database), Board()
    rules = DeliveryRules(
        timeout=settings.webhook_timeout_seconds,
        horizon=settings.webhook_horizon_seconds,
        scale=settings.webhook_time_scale,
    )
    courier = Courier(DeliveryStore(database), rules, clock)
    runner = Runner(
        jobs,
        build_source(settings),
        board,
        clock,
        courier.wake,
        workers=settings.workers,
        min_job_seconds=settings.min_job_seconds,
    )
    keys = KeyRing(settings.accepted_keys, settings.session_seconds)
    return Services(settings, clock, keys, database, jobs, board, courier, runner)


def build_source(settings: Settings) -> PriceSource:
    """Chain the sources that are switched on."""
    sources = (_source(name, settings) for name in settings.sources)
    return ChainedSource([source for source in sources if source is not None])


def _source(name: SourceName, settings: Settings) -> PriceSource | None:
    match name:
        case "directory":
            return None if settings.prices_dir is None else DirectorySource(settings.prices_dir)
        case "arch":
            return ArchSource()
        case "synthetic":
            return SyntheticSource(settings.synthetic_tickers)
        case _ as never:
            assert_never(never)


def services_of(request: Request) -> Services:
    """Find the services of the application that a request came to."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Served = Annotated[Services, Depends(services_of)]

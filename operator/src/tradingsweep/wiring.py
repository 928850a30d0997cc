"""Putting an operator together: opens what it works with, runs its loops, closes in reverse."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from tradingsweep.adapters import health, kube, ledger
from tradingsweep.adapters.ledger.listen import listen
from tradingsweep.adapters.metrics import MeasuredApi, Metrics
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.config import OperatorSettings
from tradingsweep.crd.schema import schema_hash
from tradingsweep.domain.facts import SweepObject
from tradingsweep.domain.policy import Delays, Policy
from tradingsweep.errors import LedgerUnavailable, TradingApiUnavailable
from tradingsweep.informer import Informer
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.follow import Follower
from tradingsweep.reconcile.loop import work
from tradingsweep.reconcile.ports import AdmissionLimits, Key, TradingApi
from tradingsweep.reconcile.queue import Bell, KeyedQueue
from tradingsweep.reconcile.sources import (
    Admitter,
    hear_callbacks,
    send_effects,
    take_up_what_was_open,
)
from tradingsweep.signature import Keyring

log = structlog.get_logger()

CRD_LOOK = 2.0
"""Seconds between two looks at a CRD that is missing or older than this program."""


class Operator:
    """One operator process."""

    def __init__(self, settings: OperatorSettings) -> None:
        self._settings = settings
        self._keyring = Keyring.parse(settings.callback_secrets.get_secret_value())
        self._stop = asyncio.Event()
        self._metrics = Metrics()
        self._not_ready: str | None = "starting"
        self._ledger: ledger.PostgresLedger | None = None

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; what was sent by then is still recorded.

        Raises:
            ConfigurationError: a setting is wrong, or the ledger's schema is not ours.
            LedgerUnavailable: Postgres could not be reached at the start.
            ClusterUnavailable: the API server could not be reached at the start.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with AsyncExitStack() as stack:
            await self._work(stack)

    async def _work(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        await stack.enter_async_context(
            health.serve(
                settings.health_host,
                settings.health_port,
                alive=self._alive,
                ready=self._ready,
                metrics=self._render,
            )
        )
        holder = f"{socket.gethostname()}-{os.getpid()}"
        cluster = await stack.enter_async_context(kube.connect(holder))
        pool = await ledger.connect(settings.dsn.get_secret_value(), max_size=settings.workers + 4)
        stack.push_async_callback(pool.close)
        await ledger.check_schema(pool)
        if not await self._crd_is_ours(cluster):
            return
        api = TradingApiClient(
            str(settings.trading_api_url),
            settings.trading_api_key,
            post_timeout=settings.post_timeout_seconds,
            retry_503=settings.busy_means_not_accepted,
        )
        stack.push_async_callback(api.aclose)
        identity = ledger.Identity(
            cluster_id=settings.cluster_id or await cluster.cluster_id(),
            shard=settings.shard,
            callback_base=str(settings.callback_base),
            token_kid=self._keyring.kid,
            app=ledger.known_schema(),
            send_window=_delays(settings).send_window,
        )
        store = self._ledger = ledger.PostgresLedger(pool, identity)
        epoch = await store.lead(holder)
        measured = MeasuredApi(api, self._metrics.latency)
        context = self._context(cluster, store, measured, epoch)
        await self._learn_features(context)
        log.info("operator_started", epoch=epoch, cluster_id=identity.cluster_id)
        await self._run_loops(context)

    def _context(
        self,
        cluster: kube.KubeCluster,
        store: ledger.PostgresLedger,
        api: TradingApi,
        epoch: int,
    ) -> Context:
        settings = self._settings
        policy = Policy(
            delays=_delays(settings),
            time_scale=settings.time_scale,
            max_combinations=settings.max_combinations,
        )
        queue: KeyedQueue[Key] = KeyedQueue()
        base = str(settings.callback_base).rstrip("/")

        def callback_url(key: str) -> str:
            return f"{base}/webhook/sweep-callback/{key}/{self._keyring.token(key)}"

        follower = Follower(
            api, lambda: context.policy, queue.add, max_streams=settings.max_streams
        )
        context = Context(
            cluster=cluster,
            ledger=store,
            api=api,
            follower=follower,
            policy=policy,
            epoch=epoch,
            callback_url=callback_url,
            may_act=lambda: True,
            clock=_clock,
            queue=queue,
        )
        return context

    async def _run_loops(self, context: Context) -> None:
        settings = self._settings

        def seen(key: Key, target: SweepObject | None) -> None:
            if target is None:
                context.objects.drop(key.uid)
            else:
                context.objects.put(target)
            context.queue.add(key)

        informer = Informer(settings.namespaces, seen)
        callbacks = Bell()
        limits = AdmissionLimits(
            settings.max_concurrent_sweeps, settings.max_concurrent_per_namespace
        )
        await take_up_what_was_open(context)
        loops: list[Coroutine[Any, Any, None]] = [
            informer.run(),
            Admitter(context, limits).run(),
            hear_callbacks(context, callbacks),
            send_effects(context),
            context.follower.run(),
            listen(settings.dsn.get_secret_value(), callbacks.ring),
            *(work(context) for _ in range(settings.workers)),
        ]
        tasks = [asyncio.create_task(loop) for loop in loops]
        self._not_ready = None
        try:
            await self._until_stopped_or_broken(tasks)
        finally:
            informer.stop()
            await self._wind_down(context, tasks)

    async def _until_stopped_or_broken(self, tasks: list[asyncio.Task[None]]) -> None:
        """Wait for the signal; a loop that ends before it ends the process."""
        stopped = asyncio.create_task(self._stop.wait())
        ended, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in ended - {stopped}:
            task.result()
            raise RuntimeError("a loop of the operator ended by itself")

    async def _wind_down(self, context: Context, tasks: list[asyncio.Task[None]]) -> None:
        """Begin nothing new; wait for the passes that have begun, for they may have sent."""
        self._not_ready = "stopping"
        for task in tasks[1:]:
            task.cancel()
        patience = self._settings.post_timeout_seconds + 5
        if context.passes:
            await asyncio.wait(context.passes, timeout=patience)
        await asyncio.wait(tasks, timeout=patience)
        log.info("operator_stopped")

    async def _crd_is_ours(self, cluster: kube.KubeCluster) -> bool:
        """Wait for a CRD that is as new as this program; False where it is stopped before."""
        while (found := await cluster.schema_hash()) != schema_hash():
            state = "is missing" if found is None else "is another version's"
            self._not_ready = (
                f"the CRD tradingsweeps.trading.zixly.io {state}: "
                "apply crds/tradingsweeps.yaml of this release"
            )
            log.warning("crd_not_ready", problem=self._not_ready)
            try:
                async with asyncio.timeout(CRD_LOOK):
                    await self._stop.wait()
            except TimeoutError:
                continue
            return False
        return True

    async def _learn_features(self, context: Context) -> None:
        try:
            context.learn(await context.api.health())
        except TradingApiUnavailable as error:
            # Until it is there it counts as one that keeps no keys: the careful way.
            log.warning("trading_api_unavailable", error=str(error))

    async def _render(self) -> bytes:
        if self._ledger is None:
            raise LedgerUnavailable("not connected yet")
        return self._metrics.render(await self._ledger.counts())

    async def _alive(self) -> str | None:
        return None

    async def _ready(self) -> str | None:
        if self._not_ready is not None or self._ledger is None:
            return self._not_ready or "starting"
        try:
            await self._ledger.ping()
        except LedgerUnavailable as error:
            return f"Postgres: {error}"
        return None


def _delays(settings: OperatorSettings) -> Delays:
    timeout = timedelta(seconds=settings.post_timeout_seconds)
    wait = timedelta(seconds=settings.unknown_outcome_wait_seconds)
    return replace(
        replace(Delays(), unknown_wait=wait).scaled(settings.time_scale), post_timeout=timeout
    )


def _clock() -> float:
    """Seconds that go on while the machine sleeps: a window must not outlive a suspend."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

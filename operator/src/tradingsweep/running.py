"""One operator process from start to end: waits to lead, runs its loops, ends in good order."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import structlog

from tradingsweep.adapters import health
from tradingsweep.adapters.ledger.listen import listen
from tradingsweep.adapters.metrics.process import Metrics
from tradingsweep.adapters.tracing import passes
from tradingsweep.config import OperatorSettings
from tradingsweep.crd.newer import lacking
from tradingsweep.crd.schema import root, schema_hash
from tradingsweep.domain.facts import SweepObject
from tradingsweep.errors import (
    ClusterForbids,
    ClusterUnavailable,
    LedgerUnavailable,
    TradingApiUnavailable,
)
from tradingsweep.informer import Informer
from tradingsweep.reconcile.audit import keep_auditing
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.history import keep_history
from tradingsweep.reconcile.loop import work
from tradingsweep.reconcile.mails import send_mails
from tradingsweep.reconcile.ports import AdmissionLimits, HistoryLimits, Key
from tradingsweep.reconcile.pruning import keep_pruning
from tradingsweep.reconcile.queue import Bell
from tradingsweep.reconcile.sources import (
    Admitter,
    hear_callbacks,
    send_effects,
)
from tradingsweep.reconcile.tracing import Traces, Untraced
from tradingsweep.wiring import Parts, context_of, open_parts

log = structlog.get_logger()

READY_WITHIN = 2.0
"""Seconds that Postgres has to answer a probe."""
CRD_LOOK = 2.0
"""Seconds between two looks at a CRD that is missing or another release's."""
T = TypeVar("T")


class Operator:
    """One operator process."""

    def __init__(self, settings: OperatorSettings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._metrics = Metrics()
        self._traces: Traces = Untraced()
        self._not_ready: str | None = "starting"
        self._parts: Parts | None = None
        self._context: Context | None = None
        """Set while this process leads."""
        self._asking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; what was sent by then is still recorded.

        Raises:
            TradingSweepError: it cannot start; the message says what to do.
            LeadershipLost: another process leads now.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        settings = self._settings
        async with AsyncExitStack() as stack:
            self._traces = stack.enter_context(passes.traced())
            await stack.enter_async_context(
                health.serve(
                    settings.health_host,
                    settings.health_port,
                    alive=self._alive,
                    ready=self._ready,
                    metrics=self._render,
                )
            )
            parts = self._parts = await open_parts(settings, self._metrics, stack)
            if not await self._unless_stopped(self._crd_is_ours(parts)):
                return
            # A process that waits to lead is ready: it is what a rollout waits for.
            self._not_ready = None
            if not await self._unless_stopped(self._leads(parts)):
                return
            try:
                await self._lead(parts)
            finally:
                await parts.leadership.release()

    async def _unless_stopped(self, waits: Coroutine[Any, Any, bool]) -> bool:
        """Wait for something; False where the process is to end before it comes true."""
        waiting = asyncio.create_task(waits)
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait([waiting, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return False

    async def _crd_is_ours(self, parts: Parts) -> bool:
        """Wait for the CRD of this program's release, and for the right to list sweeps."""
        while (problem := await self._obstacle(parts)) is not None:
            self._not_ready = problem
            log.warning("crd_not_ready", problem=problem)
            await asyncio.sleep(CRD_LOOK)
        return True

    async def _obstacle(self, parts: Parts) -> str | None:
        """Return in one line what keeps sweeps from being watched, and what to do."""
        readable = True
        try:
            problem = _about_crd(await parts.cluster.schema_hash())
        except ClusterForbids:
            # An installation for some namespaces may read nothing of the whole cluster.
            readable, problem = False, None
        if problem is not None:
            return problem
        try:
            await parts.cluster.may_list(self._settings.namespaces)
            return None if readable else await self._lack(parts)
        except ClusterForbids as error:
            return f"{error}: grant the operator's role (rbac.create of the chart)"
        except ClusterUnavailable as error:
            return f"{error}: is the CRD of this release applied?"

    async def _lack(self, parts: Parts) -> str | None:
        """Compare what is published to every account of a CRD that may not be read."""
        try:
            missing = lacking(root(), await parts.cluster.published_schema())
        except ClusterForbids as error:
            log.info("crd_not_compared", reason=str(error))
            return None
        return _apply_crd(f"is older and lacks {missing[0]}") if missing else None

    async def _leads(self, parts: Parts) -> bool:
        await parts.leadership.acquire()
        return True

    async def _lead(self, parts: Parts) -> None:
        epoch = await parts.ledger.lead(parts.holder)
        context = context_of(parts, self._settings, epoch, self._metrics, self._traces)
        self._context = context
        await _learn_features(context)
        log.info("operator_started", epoch=epoch, cluster_id=parts.ledger.identity.cluster_id)
        informer = self._informer(context)
        loops = [informer.run(), parts.leadership.keep(), *self._loops(parts, context)]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await self._until_stopped_or_broken(tasks)
        finally:
            self._context = None
            self._not_ready = "stopping"
            informer.stop()
            await self._wind_down(context, tasks)

    def _informer(self, context: Context) -> Informer:
        def seen(key: Key, target: SweepObject | None, kind: str) -> None:
            self._metrics.watched(kind, time.time())
            if target is None:
                context.objects.drop(key.uid)
                context.queue.add(key)
            else:
                # Of an echo of our own patch, or of a list, whoever took it then has looked.
                context.hear(target)

        return Informer(self._settings.namespaces, seen, marks=self._settings.owner_marks)

    def _loops(self, parts: Parts, context: Context) -> list[Coroutine[Any, Any, None]]:
        settings = self._settings
        callbacks = Bell()
        limits = AdmissionLimits(
            settings.max_concurrent_sweeps, settings.max_concurrent_per_namespace
        )
        history = HistoryLimits(settings.completed_history_limit, settings.failed_history_limit)

        def list_all() -> AsyncIterator[SweepObject]:
            return parts.cluster.list_all(settings.namespaces)

        return [
            keep_auditing(context, list_all),
            Admitter(context, limits).run(),
            hear_callbacks(context, callbacks),
            send_effects(context),
            send_mails(context, parts.mailer),
            keep_history(context, history),
            keep_pruning(context, self._metrics.pruned),
            context.follower.run(),
            listen(settings.dsn.get_secret_value(), callbacks.ring),
            *(work(context) for _ in range(settings.workers)),
        ]

    async def _until_stopped_or_broken(self, tasks: list[asyncio.Task[None]]) -> None:
        """Wait for the signal; a loop that ends before it ends the process."""
        stopped = asyncio.create_task(self._stop.wait())
        ended, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in tasks:
            if task in ended:
                task.result()
                raise RuntimeError("a loop of the operator ended by itself")

    async def _wind_down(self, context: Context, tasks: list[asyncio.Task[None]]) -> None:
        """Begin nothing new; wait for the passes that have begun, for they may have sent.

        The Lease is renewed meanwhile: the second task goes on until they are through.
        """
        informing, leading, *looping = tasks
        for task in looping:
            task.cancel()
        patience = self._settings.post_timeout_seconds + 5
        if context.passes:
            await asyncio.wait(context.passes, timeout=patience)
        leading.cancel()
        await asyncio.wait([informing, leading, *looping], timeout=patience)
        log.info("operator_stopped")

    async def _render(self) -> bytes:
        """Answer a scrape: what this process knows, and where it leads what the ledger counts.

        A ledger that is away is a sample, not an error: all else is worth knowing then.
        """
        parts, context, shown = self._parts, self._context, self._metrics
        shown.leads(leads=context is not None and context.may_act())
        if context is not None:
            shown.load(context.queue.load())
        if parts is None:
            return shown.render(None, ledger_up=False)
        shown.pool(parts.ledger.pool_use())
        try:
            if context is None:
                await parts.ledger.ping()
                return shown.render(None)
            return shown.render(await parts.ledger.counts())
        except LedgerUnavailable:
            return shown.render(None, ledger_up=False)

    async def _alive(self) -> str | None:
        return None

    async def _ready(self) -> str | None:
        if self._not_ready is not None or self._parts is None:
            return self._not_ready or "starting"
        # One question at a time: a frozen server must not collect one for each probe.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._parts.ledger.ping())
        asking = self._asking
        done, _ = await asyncio.wait({asking}, timeout=READY_WITHIN)
        if not done:
            return f"Postgres: no answer within {READY_WITHIN:g} s"
        error = asking.exception()
        return None if error is None else f"Postgres: {error}"


def _about_crd(found: str | None) -> str | None:
    if found == schema_hash():
        return None
    return _apply_crd("is missing" if found is None else "is another release's")


def _apply_crd(state: str) -> str:
    return (
        f"the CRD tradingsweeps.trading.zixly.io {state}: "
        "apply crds/tradingsweeps.yaml of this release"
    )


async def _learn_features(context: Context) -> None:
    try:
        context.learn(await context.api.health())
    except TradingApiUnavailable as error:
        # Until it is there it counts as one that keeps no keys: the careful way.
        log.warning("trading_api_unavailable", error=str(error))

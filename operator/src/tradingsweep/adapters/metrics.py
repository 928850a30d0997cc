"""Prometheus: every name, label and help text that the operator exposes, in one place.

Jobs are read from the ledger at each scrape: a killed process loses no count, and two replicas do
not count twice. What only this process knows (the latency of the API) is its own histogram.
"""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from tradingsweep.adapters.ledger.counts import DURATION_BUCKETS, Counts
from tradingsweep.domain.answers import Answer, Health, News, Order, ResultPage
from tradingsweep.domain.phases import Phase
from tradingsweep.reconcile.ports import TradingApi

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "pipeline_trading_sweep"


class Metrics:
    """What one process exposes."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self.latency = Histogram(
            "pipeline_trading_api_latency_seconds",
            "Trading API response time.",
            ["endpoint"],
            buckets=(0.1, 0.5, 1, 2, 5, 10),
            registry=self._own,
        )
        self._pruned = Counter(
            "tradingsweep_pruned_rows",
            "Rows of the ledger that were deleted long after they were dealt with, by kind.",
            ["kind"],
            registry=self._own,
        )

    def pruned(self, kind: str, rows: int) -> None:
        """Count rows that were deleted."""
        self._pruned.labels(kind).inc(rows)

    def render(self, counts: Counts) -> bytes:
        """Write everything in Prometheus' text format."""
        jobs = CollectorRegistry()
        jobs.register(_Jobs(counts))
        return generate_latest(self._own) + generate_latest(jobs)


class _Jobs(Collector):
    """The ledger's counts as metrics."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    @override
    def collect(self) -> Iterator[Metric]:
        """Give each family once."""
        queued = CounterMetricFamily(
            f"{_PREFIX}_jobs_queued",
            "Total trading sweep jobs queued.",
            labels=["ticker", "strategy_type"],
        )
        for (ticker, strategy), count in self._counts.queued.items():
            queued.add_metric([ticker, strategy], count)
        ended = CounterMetricFamily(
            f"{_PREFIX}_jobs_completed",
            "Total trading sweep jobs that ended, completed or failed.",
            labels=["status", "ticker"],
        )
        duration = HistogramMetricFamily(
            f"{_PREFIX}_duration_seconds",
            "Trading sweep job duration, from the first submission to the end.",
            labels=["status", "ticker"],
        )
        for one in self._counts.ended:
            labels = [one.status, one.ticker]
            ended.add_metric(labels, one.count)
            bounds = [f"{float(bucket)}" for bucket in DURATION_BUCKETS]
            buckets = [*zip(bounds, map(float, one.within), strict=True), ("+Inf", one.count)]
            duration.add_metric(labels, buckets=buckets, sum_value=one.seconds)
        now = GaugeMetricFamily(
            "tradingsweep_sweeps", "TradingSweep objects that exist, by phase.", labels=["phase"]
        )
        for phase in Phase:
            now.add_metric([phase.value], self._counts.now.get(phase.value, 0))
        yield from (queued, ended, duration, now)
        yield from self._backlog()

    def _backlog(self) -> Iterator[Metric]:
        outbox = GaugeMetricFamily(
            "tradingsweep_outbox_rows",
            "Effects that wait to be performed (Events, mails, cancellations, deletions), or that "
            "failed so often that they were set aside (dead).",
            labels=["kind", "state"],
        )
        inbox = GaugeMetricFamily(
            "tradingsweep_inbox_rows",
            "Callbacks that wait to be looked at, or that were set aside (dead).",
            labels=["state"],
        )
        backlog = self._counts.backlog
        for kind in ("event", "mail", "cancel", "delete_object"):
            for state in ("waiting", "dead"):
                outbox.add_metric([kind, state], backlog.outbox.get((kind, state), 0))
        for state in ("waiting", "dead"):
            inbox.add_metric([state], backlog.inbox.get(state, 0))
        yield from (outbox, inbox)


class MeasuredApi:
    """A Trading API whose answers are timed; the stream is not: its length is ours."""

    def __init__(self, api: TradingApi, latency: Histogram) -> None:
        self._api, self._latency = api, latency

    @contextmanager
    def _timed(self, endpoint: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._latency.labels(endpoint).observe(time.perf_counter() - begun)

    async def health(self) -> Health:
        """Ask whether it is there."""
        with self._timed("health"):
            return await self._api.health()

    async def submit(self, order: Order, *, first: bool, may_send: Callable[[], bool]) -> Answer:
        """POST a sweep."""
        with self._timed("sweep"):
            return await self._api.submit(order, first=first, may_send=may_send)

    async def best(self, sweep_run_id: str, ticker: str, limit: int) -> ResultPage:
        """Fetch the best results."""
        with self._timed("best"):
            return await self._api.best(sweep_run_id, ticker, limit)

    async def report(self, sweep_run_id: str) -> str:
        """Fetch the report on a run's results."""
        with self._timed("report"):
            return await self._api.report(sweep_run_id)

    def follow(self, job_id: str, within: float) -> AsyncGenerator[News]:
        """Listen to a job's stream."""
        return self._api.follow(job_id, within)

    async def status(self, job_id: str) -> News | None:
        """Ask what became of a job."""
        with self._timed("job"):
            return await self._api.status(job_id)

    async def cancel(self, job_id: str) -> bool:
        """Ask to cancel a job."""
        with self._timed("cancel"):
            return await self._api.cancel(job_id)

"""What one operator process knows: its queue, its passes, whom it asked and what they said."""

import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest

from tradingsweep.adapters.ledger.counts import Counts
from tradingsweep.adapters.ledger.postgres import PoolUse
from tradingsweep.adapters.metrics import families
from tradingsweep.adapters.metrics.recorded import Recorded
from tradingsweep.domain.changes import InboxOutcome
from tradingsweep.reconcile.measures import Result
from tradingsweep.reconcile.queue import Load

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What one process exposes; see `reconcile.measures.Measures` for who tells it what."""

    def __init__(self) -> None:
        # A series more for each counter and each histogram, which says nothing that anybody asks.
        disable_created_metrics()
        own = self._own = CollectorRegistry()
        self._latency = families.API_LATENCY.histogram(own)
        self._api_requests = families.API_REQUESTS.counter(own)
        self._kube_requests = families.KUBE_REQUESTS.counter(own)
        self._reconciles = families.RECONCILES.counter(own)
        self._seconds = families.RECONCILE_SECONDS.histogram(own)
        self._callbacks = families.CALLBACKS.counter(own)
        self._watched = families.WATCH_EVENTS.counter(own)
        self._last_watched = families.LAST_WATCH.gauge(own)
        self._pruned = families.PRUNED.counter(own)
        self._leader = families.LEADER.gauge(own)
        self._ledger_up = families.LEDGER_UP.gauge(own)
        self._connections = families.LEDGER_CONNECTIONS.gauge(own)
        self._waiting = families.LEDGER_WAITING.gauge(own)
        self._queue = {
            "ready": families.QUEUE_DEPTH.gauge(own),
            "oldest": families.QUEUE_OLDEST.gauge(own),
            "planned": families.QUEUE_PLANNED.gauge(own),
            "running": families.RUNNING.gauge(own),
            "longest": families.LONGEST.gauge(own),
        }
        families.BUILD.gauge(own).labels(version("tradingsweep"), platform.python_version()).set(1)
        for result in Result:
            self._reconciles.labels(result)
        for outcome in InboxOutcome:
            self._callbacks.labels(outcome)

    def reconciled(self, result: Result, seconds: float) -> None:
        """Count a pass."""
        self._reconciles.labels(result).inc()
        self._seconds.observe(seconds)

    def dealt_with(self, outcome: InboxOutcome) -> None:
        """Count a callback that was dealt with."""
        self._callbacks.labels(outcome).inc()

    def watched(self, kind: str, at: float) -> None:
        """Count a watch event, seen at this Unix time."""
        self._watched.labels(kind).inc()
        self._last_watched.set(at)

    def asked_trading_api(self, endpoint: str, code: str, seconds: float | None) -> None:
        """Count a request; `seconds` is None where its length says nothing about the API."""
        self._api_requests.labels(endpoint, code).inc()
        if seconds is not None:
            self._latency.labels(endpoint).observe(seconds)

    def asked_kubernetes(self, verb: str, resource: str, code: str) -> None:
        """Count a request to the API server."""
        self._kube_requests.labels(verb, resource, code).inc()

    def pruned(self, kind: str, rows: int) -> None:
        """Count rows that were deleted."""
        self._pruned.labels(kind).inc(rows)

    def leads(self, *, leads: bool) -> None:
        """Note whether this process leads."""
        self._leader.set(leads)

    def load(self, load: Load) -> None:
        """Note how the queue stands."""
        for name, gauge in self._queue.items():
            gauge.set(getattr(load, name))

    def pool(self, use: PoolUse) -> None:
        """Note how the pool of connections stands."""
        self._connections.labels("in_use").set(use.in_use)
        self._connections.labels("idle").set(use.idle)
        self._waiting.set(use.waiting)

    def render(self, counts: Counts | None, *, ledger_up: bool = True) -> bytes:
        """Write everything in Prometheus' text format; without counts, what this process knows."""
        self._ledger_up.set(ledger_up)
        if counts is None:
            return generate_latest(self._own)
        jobs = CollectorRegistry()
        jobs.register(Recorded(counts))
        return generate_latest(self._own) + generate_latest(jobs)

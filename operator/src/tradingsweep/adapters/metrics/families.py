"""Every family of metrics that any of our processes exposes: the one list of names.

The documentation, the dashboard and the alerts are held against it. The first four names with their
labels and buckets are the documented ones; all others begin with `pipeline_trading_operator_` or
`pipeline_trading_receiver_`. Labels have values from closed lists; the one that users choose,
`ticker`, is bounded (see `ledger.counts`).
"""

from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

OPERATOR = "pipeline_trading_operator"
RECEIVER = "pipeline_trading_receiver"


class Source(StrEnum):
    """Where a family's values come from."""

    LEDGER = "ledger"
    """Read at each scrape by the process that leads: no restart loses a count."""
    OPERATOR = "operator"
    """Known to one operator process, and counted from its start."""
    RECEIVER = "receiver"
    """Known to one receiver process, and counted from its start."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family; a counter's name ends in `_total`."""

    name: str
    kind: str
    """counter, gauge or histogram."""
    source: Source
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Seconds; of histograms."""

    def counter(self, registry: CollectorRegistry) -> Counter:
        """Register it as a counter."""
        return Counter(self.name, self.help, self.labels, registry=registry)

    def gauge(self, registry: CollectorRegistry) -> Gauge:
        """Register it as a gauge."""
        return Gauge(self.name, self.help, self.labels, registry=registry)

    def histogram(self, registry: CollectorRegistry) -> Histogram:
        """Register it as a histogram."""
        return Histogram(self.name, self.help, self.labels, registry=registry, buckets=self.buckets)

    def counted(self) -> CounterMetricFamily:
        """Begin one scrape's samples of a counter."""
        return CounterMetricFamily(self.name, self.help, labels=self.labels)

    def gauged(self) -> GaugeMetricFamily:
        """Begin one scrape's samples of a gauge."""
        return GaugeMetricFamily(self.name, self.help, labels=self.labels)

    def measured(self) -> HistogramMetricFamily:
        """Begin one scrape's samples of a histogram."""
        return HistogramMetricFamily(self.name, self.help, labels=self.labels)


def _ledger(
    kind: str, name: str, text: str, *labels: str, buckets: tuple[float, ...] = ()
) -> Family:
    return Family(name, kind, Source.LEDGER, text, labels, buckets)


def _operator(
    kind: str, name: str, text: str, *labels: str, buckets: tuple[float, ...] = ()
) -> Family:
    return Family(f"{OPERATOR}_{name}", kind, Source.OPERATOR, text, labels, buckets)


JOBS_QUEUED = _ledger(
    "counter",
    "pipeline_trading_sweep_jobs_queued_total",
    "Total trading sweep jobs queued.",
    "ticker",
    "strategy_type",
)
DURATION = _ledger(
    "histogram",
    "pipeline_trading_sweep_duration_seconds",
    "Trading sweep job duration, from the first submission to the end.",
    "status",
    "ticker",
    buckets=(10, 30, 60, 120, 300, 600, 1800),
)
JOBS_COMPLETED = _ledger(
    "counter",
    "pipeline_trading_sweep_jobs_completed_total",
    "Total trading sweep jobs that ended, completed or failed.",
    "status",
    "ticker",
)
API_LATENCY = Family(
    "pipeline_trading_api_latency_seconds",
    "histogram",
    Source.OPERATOR,
    "Trading API response time; streams are not in it, since their length is ours.",
    ("endpoint",),
    (0.1, 0.5, 1, 2, 5, 10),
)

SWEEPS = _ledger(
    "gauge", f"{OPERATOR}_sweeps", "TradingSweep objects that exist, by phase.", "phase"
)
OLDEST_WAITING = _ledger(
    "gauge",
    f"{OPERATOR}_oldest_waiting_sweep_seconds",
    "How long the sweep that has waited longest for a slot has waited; held ones do not count.",
)
HELD = _ledger(
    "gauge", f"{OPERATOR}_held_sweeps", "Sweeps that wait for a human, by reason.", "reason"
)
SLOTS = _ledger(
    "gauge", f"{OPERATOR}_slots_held", "Slots at the Trading API that are taken, of all shards."
)
UNKNOWN = _ledger(
    "gauge",
    f"{OPERATOR}_unknown_submissions",
    "Submissions of which nobody knows whether the Trading API has them.",
)
API_UP = _ledger(
    "gauge",
    f"{OPERATOR}_trading_api_up",
    "1 unless the Trading API could not be reached lately.",
)
API_CREDENTIALS = _ledger(
    "gauge",
    f"{OPERATOR}_trading_api_credentials_accepted",
    "1 unless the Trading API has rejected the operator's key lately.",
)
BEST_SHARPE = _ledger(
    "gauge",
    f"{OPERATOR}_best_sharpe_ratio",
    "Highest Sharpe ratio among best-ranked pairs of this database, the ten highest by ticker "
    "and strategy.",
    "ticker",
    "strategy_type",
)
INBOX = _ledger(
    "gauge",
    f"{OPERATOR}_inbox_rows",
    "Callbacks that wait to be looked at, or that were set aside (dead).",
    "state",
)
INBOX_OLDEST = _ledger(
    "gauge",
    f"{OPERATOR}_inbox_oldest_seconds",
    "How long the callback that has waited longest has waited to be looked at.",
)
LAST_CALLBACK = _ledger(
    "gauge",
    f"{OPERATOR}_last_callback_timestamp_seconds",
    "When the latest callback was received, in Unix time; absent before the first.",
)
OUTBOX = _ledger(
    "gauge",
    f"{OPERATOR}_outbox_rows",
    "Effects that wait to be performed (Events, mails, cancellations, deletions), or that "
    "failed so often that they were set aside (dead).",
    "kind",
    "state",
)

REPAIRS = _ledger(
    "counter",
    f"{OPERATOR}_repairs_total",
    "What no event told, and was found and mended by comparing database and objects.",
    "kind",
)

LEDGER_UP = _operator("gauge", "ledger_up", "1 where Postgres answered this scrape.")
LEDGER_CONNECTIONS = _operator(
    "gauge", "ledger_connections", "Connections of the pool to Postgres, by state.", "state"
)
LEDGER_WAITING = _operator(
    "gauge", "ledger_waiting", "Callers that wait for a connection to Postgres."
)
LEADER = _operator("gauge", "leader", "1 in the process that leads its shard.")
BUILD = _operator(
    "gauge", "build_info", "1, with the versions that run as labels.", "version", "python"
)
QUEUE_DEPTH = _operator("gauge", "queue_depth", "Keys that are ready and wait for a worker.")
QUEUE_OLDEST = _operator(
    "gauge", "queue_oldest_seconds", "How long the key that waits longest has been ready."
)
QUEUE_PLANNED = _operator("gauge", "queue_planned", "Keys whose next look is planned for later.")
RUNNING = _operator("gauge", "reconciles_running", "Passes that run now.")
LONGEST = _operator(
    "gauge", "longest_reconcile_seconds", "How long the oldest pass that runs now has run."
)
RECONCILES = _operator(
    "counter",
    "reconcile_total",
    "Passes by result: success; requeue_after, something is away and is tried again; "
    "requeue, out of steps; error, the pass raised.",
    "result",
)
RECONCILE_SECONDS = _operator(
    "histogram",
    "reconcile_duration_seconds",
    "How long passes took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
WATCH_EVENTS = _operator(
    "counter", "watch_events_total", "Watch events of sweeps that were seen, by type.", "type"
)
LAST_WATCH = _operator(
    "gauge",
    "last_watch_event_timestamp_seconds",
    "When the latest watch event of a sweep was seen, in Unix time; 0 before the first.",
)
API_REQUESTS = _operator(
    "counter",
    "trading_api_requests_total",
    "Requests to the Trading API, by route and status code; code none: no answer.",
    "endpoint",
    "code",
)
KUBE_REQUESTS = _operator(
    "counter",
    "kubernetes_requests_total",
    "Requests to the Kubernetes API, the watch aside, by verb, resource and status code.",
    "verb",
    "resource",
    "code",
)
CALLBACKS = _operator(
    "counter", "callbacks_total", "Callbacks that were dealt with, by outcome.", "outcome"
)
PRUNED = _operator(
    "counter",
    "pruned_rows_total",
    "Rows of the ledger that were deleted long after they were dealt with, by kind.",
    "kind",
)

RECEIVED = Family(
    f"{RECEIVER}_callbacks_total",
    "counter",
    Source.RECEIVER,
    "Callbacks that came, by what was answered: stored, duplicate, full, parked, unknown, "
    "unavailable, or refused for its body.",
    ("answer",),
)
SIGNATURE_FAILURES = Family(
    f"{RECEIVER}_signature_failures_total",
    "counter",
    Source.RECEIVER,
    "Callbacks whose token was refused, by reason: key, the path has no submission's key; kid, "
    "the token names no secret of ours; token, it is not the one for that key; signature, the "
    "body is not signed as it must be.",
    ("reason",),
)
STORE_SECONDS = Family(
    f"{RECEIVER}_store_seconds",
    "histogram",
    Source.RECEIVER,
    "How long storing a callback took.",
    (),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

FAMILIES = tuple(value for value in list(globals().values()) if isinstance(value, Family))
"""All of them, in the order in which they stand here."""

"""The list of metrics: names, labels, buckets and help, before any process runs."""

import re

from prometheus_client import CollectorRegistry

from tradingsweep.adapters.metrics import families
from tradingsweep.adapters.metrics.families import FAMILIES, Source
from tradingsweep.adapters.metrics.process import Metrics
from tradingsweep.adapters.metrics.receiver import ReceiverMetrics

DOCUMENTED = {
    "pipeline_trading_sweep_jobs_queued_total": ("counter", ("ticker", "strategy_type"), ()),
    "pipeline_trading_sweep_duration_seconds": (
        "histogram",
        ("status", "ticker"),
        (10, 30, 60, 120, 300, 600, 1800),
    ),
    "pipeline_trading_sweep_jobs_completed_total": ("counter", ("status", "ticker"), ()),
    "pipeline_trading_api_latency_seconds": ("histogram", ("endpoint",), (0.1, 0.5, 1, 2, 5, 10)),
}
CLOSED = {
    "status", "phase", "reason", "state", "kind", "result", "type", "endpoint", "code", "verb",
    "resource", "outcome", "answer", "version", "python", "strategy_type",
}  # fmt: skip


def _exposed(registry: CollectorRegistry) -> set[str]:
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in registry.collect()
    }


def test_the_documented_four_have_their_names_labels_and_buckets() -> None:
    """Dashboards that exist go on working."""
    ours = {f.name: (f.kind, f.labels, f.buckets) for f in FAMILIES if f.name in DOCUMENTED}

    assert ours == DOCUMENTED


def test_names_follow_prometheus_conventions() -> None:
    """Counters end in _total and nothing else does; times are in seconds."""
    names = [family.name for family in FAMILIES]
    assert len(names) == len(set(names))
    for family in FAMILIES:
        assert (family.kind == "counter") == family.name.endswith("_total"), family.name
        assert (family.kind == "histogram") == bool(family.buckets), family.name
        assert family.name.startswith("pipeline_trading_"), family.name
        assert re.fullmatch(r"[A-Z0-9].*\.", family.help), family.name


def test_only_ticker_is_a_label_that_users_choose() -> None:
    """And that one is bounded in the ledger's counts; no name, namespace or id is a label."""
    labels = {label for family in FAMILIES for label in family.labels}

    assert {"ticker"} == labels - CLOSED


def test_every_process_registers_what_the_list_says_of_it() -> None:
    """No family is on the list alone, and none is not on it."""
    operator = {family.name for family in FAMILIES if family.source is Source.OPERATOR}
    receiver = {family.name for family in FAMILIES if family.source is Source.RECEIVER}

    assert operator == _exposed(Metrics()._own)
    assert receiver == _exposed(ReceiverMetrics().registry)


def test_a_process_without_a_ledger_still_shows_what_it_knows() -> None:
    """A scrape while Postgres is away says so, and is no error."""
    text = Metrics().render(None, ledger_up=False).decode()

    assert f"{families.LEDGER_UP.name} 0.0" in text
    assert families.JOBS_QUEUED.name not in text

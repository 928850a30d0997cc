"""Writes the Grafana dashboard: the six documented panels, and a row for whoever runs it.

Names of metrics come from the one list, so a family that is renamed cannot be left behind.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradingsweep.adapters.metrics import families
from tradingsweep.adapters.metrics.families import Family

FILE = Path(__file__).parents[1] / "helm" / "tradingsweep" / "files" / "dashboard.json"

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WHERE = '{job=~"$job"}'
_WIDTH = 24


@dataclass(frozen=True)
class Panel:
    """One panel: what it asks Prometheus, and how it is shown."""

    title: str
    description: str
    asks: tuple[tuple[str, str], ...]
    """Expression and legend of each line."""
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    options: dict[str, Any] = field(default_factory=dict)

    def drawn(self, number: int, x: int, y: int) -> dict[str, Any]:
        """Return it as Grafana stores it."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"h": 8, "w": self.width, "x": x, "y": y},
            "fieldConfig": {"defaults": {"unit": self.unit}, "overrides": []},
            "options": self.options,
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": SOURCE,
                    "expr": expression,
                    "legendFormat": legend,
                    "instant": self.kind in {"bargauge", "table"},
                }
                for place, (expression, legend) in enumerate(self.asks)
            ],
        }


def _now(family: Family) -> str:
    return f"{family.name}{_WHERE}"


def _rate(family: Family, by: str, suffix: str = "") -> str:
    return f"sum by ({by}) (rate({family.name}{suffix}{_WHERE}[$__rate_interval]))"


def _quantiles(family: Family, window: str = "$__rate_interval") -> tuple[tuple[str, str], ...]:
    buckets = f"sum by (le) (rate({family.name}_bucket{_WHERE}[{window}]))"
    return tuple(
        (f"histogram_quantile({share}, {buckets})", f"p{int(share * 100)}")
        for share in (0.5, 0.95, 0.99)
    )


_COMPLETED = f'{families.JOBS_COMPLETED.name}{{job=~"$job", status="completed"}}'
_ENDED = _now(families.JOBS_COMPLETED)
_WAITING = f'{families.SWEEPS.name}{{job=~"$job", phase=~"Queued|Submitted|Running"}}'

DOCUMENTED = (
    Panel(
        "Job Queue Depth",
        "Sweeps that wait for a slot at the Trading API, and what is under way.",
        ((f"sum by (phase) ({_WAITING})", "{{phase}}"),),
    ),
    Panel(
        "Job Success Rate",
        "Completed sweeps of all that ended in the time that is shown.",
        ((f"100 * sum(increase({_COMPLETED}[$__range])) / sum(increase({_ENDED}[$__range]))",
          "completed"),),
        unit="percent",
        kind="stat",
    ),
    Panel(
        "Average Job Duration",
        "From the first submission to the end; sweeps above 30 minutes count as 30.",
        _quantiles(families.DURATION, "1h"),
        unit="s",
    ),
    Panel(
        "Trading API Health",
        "Share of the time in which the Trading API could be reached.",
        ((f"100 * avg(avg_over_time({families.API_UP.name}{_WHERE}[$__range]))", "up"),),
        unit="percent",
        kind="stat",
    ),
    Panel(
        "Results Per Ticker",
        "The tickers with the most sweeps in the time that is shown.",
        ((f"topk(10, sum by (ticker) (increase({_ENDED}[$__range])))", "{{ticker}}"),),
        kind="bargauge",
        options={"orientation": "horizontal", "displayMode": "basic"},
    ),
    Panel(
        "Best Performing Strategies",
        "The highest Sharpe ratios of best-ranked pairs, over all sweeps.",
        ((f"topk(10, max by (ticker, strategy_type) ({_now(families.BEST_SHARPE)}))",
          "{{ticker}} {{strategy_type}}"),),
        kind="bargauge",
        options={"orientation": "horizontal", "displayMode": "basic"},
    ),
)  # fmt: skip

OPERATIONS = (
    Panel(
        "Passes",
        "Looks of the operator at sweeps, by result; errors are bugs.",
        ((_rate(families.RECONCILES, "result"), "{{result}}"),),
        unit="ops",
    ),
    Panel(
        "Pass duration",
        "How long passes take, submissions and fetches of results included.",
        _quantiles(families.RECONCILE_SECONDS),
        unit="s",
    ),
    Panel(
        "Operator's queue",
        "Sweeps that wait to be looked at, and for how long.",
        (
            (f"sum({_now(families.QUEUE_DEPTH)})", "ready"),
            (f"max({_now(families.QUEUE_OLDEST)})", "oldest, s"),
            (f"max({_now(families.LONGEST)})", "longest pass, s"),
        ),
    ),
    Panel(
        "Trading API requests",
        "By route and status code; none: no answer came.",
        ((_rate(families.API_REQUESTS, "endpoint, code"), "{{endpoint}} {{code}}"),),
        unit="reqps",
    ),
    Panel(
        "Trading API latency, p95",
        "By route.",
        ((f"histogram_quantile(0.95, {_rate(families.API_LATENCY, 'le, endpoint', '_bucket')})",
          "{{endpoint}}"),),
        unit="s",
    ),
    Panel(
        "Kubernetes API requests",
        "By verb, resource and status code.",
        ((_rate(families.KUBE_REQUESTS, "verb, resource, code"),
          "{{verb}} {{resource}} {{code}}"),),
        unit="reqps",
    ),
    Panel(
        "Callbacks",
        "What the receiver answered, and what the operator made of them.",
        (
            (_rate(families.RECEIVED, "answer"), "received: {{answer}}"),
            (_rate(families.CALLBACKS, "outcome"), "dealt with: {{outcome}}"),
            (_rate(families.SIGNATURE_FAILURES, "reason"), "bad signature: {{reason}}"),
        ),
        unit="ops",
    ),
    Panel(
        "Inbox and outbox",
        "Callbacks and effects that wait, and those that were set aside.",
        (
            (f"sum by (state) ({_now(families.INBOX)})", "inbox {{state}}"),
            (f"sum by (kind, state) ({_now(families.OUTBOX)})", "{{kind}} {{state}}"),
        ),
    ),
    Panel(
        "Slots, unknown outcomes, held sweeps",
        "What is taken at the Trading API, what nobody knows, what waits for a human.",
        (
            (f"max({_now(families.SLOTS)})", "slots held"),
            (f"sum({_now(families.UNKNOWN)})", "outcome unknown"),
            (f"sum({_now(families.HELD)})", "held for a human"),
        ),
    ),
    Panel(
        "Leader and ledger",
        "Exactly one process leads a shard, and each reaches Postgres.",
        (
            (f"sum({_now(families.LEADER)})", "leaders"),
            (f"min({_now(families.LEDGER_UP)})", "ledger reached"),
            (f"sum by (state) ({_now(families.LEDGER_CONNECTIONS)})", "connections {{state}}"),
            (f"sum({_now(families.LEDGER_WAITING)})", "waiting for a connection"),
        ),
    ),
    Panel(
        "Oldest waiting sweep",
        "How long the sweep that waits longest for a slot has waited.",
        ((f"max({_now(families.OLDEST_WAITING)})", "oldest"),),
        unit="s",
    ),
    Panel(
        "Watch",
        "Events of the watch by type.",
        ((_rate(families.WATCH_EVENTS, "type"), "{{type}}"),),
        unit="ops",
    ),
)  # fmt: skip


def dashboard() -> dict[str, Any]:
    """Return the whole dashboard."""
    return {
        "uid": "tradingsweep",
        "title": "Trading sweeps",
        "description": "Generated by `make docs` from dev/dashboard.py.",
        "tags": ["tradingsweep"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_datasource(), _job()]},
        "panels": [*_row("Sweeps", DOCUMENTED, 1, 0), *_row("Operations", OPERATIONS, 100, 20)],
    }


def text() -> str:
    """Return the file."""
    return json.dumps(dashboard(), indent=2) + "\n"


def _row(title: str, panels: tuple[Panel, ...], first: int, y: int) -> list[dict[str, Any]]:
    head = {
        "id": first,
        "type": "row",
        "title": title,
        "collapsed": False,
        "panels": [],
        "gridPos": {"h": 1, "w": _WIDTH, "x": 0, "y": y},
    }
    return [head, *(p.drawn(first + n, *_place(n - 1, y + 1)) for n, p in enumerate(panels, 1))]


def _place(number: int, y: int) -> tuple[int, int]:
    across = _WIDTH // 8
    return number % across * 8, y + number // across * 8


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource",
            "query": "prometheus"}  # fmt: skip


def _job() -> dict[str, Any]:
    names = f"{families.BUILD.name}|{families.RECEIVED.name}"
    query = f'label_values({{__name__=~"{names}"}}, job)'
    return {
        "name": "job",
        "label": "Job",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": "job"},
        "definition": query,
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }

"""The dashboard and the alerts: generated, complete, and about metrics that exist."""

import json
import re

import yaml

from dev import alerts, dashboard
from tests.observability.alert_cases import CASES
from tradingsweep.adapters.metrics.families import FAMILIES

SAMPLES = {
    sample
    for family in FAMILIES
    for sample in (
        [f"{family.name}_{part}" for part in ("bucket", "count", "sum")]
        if family.kind == "histogram"
        else [family.name]
    )
}
PANELS = [panel for panel in dashboard.dashboard()["panels"] if panel["type"] != "row"]
EXPRESSIONS = [
    *(target["expr"] for panel in PANELS for target in panel["targets"]),
    *(alert.when for alert in alerts.ALERTS),
]
DOCUMENTED = [
    "Job Queue Depth",
    "Job Success Rate",
    "Average Job Duration",
    "Trading API Health",
    "Results Per Ticker",
    "Best Performing Strategies",
]


def test_the_files_are_what_the_generators_write() -> None:
    """`make docs` writes them; the chart takes them as they are."""
    assert dashboard.text() == dashboard.FILE.read_text()
    assert alerts.text() == alerts.FILE.read_text()
    assert json.loads(dashboard.FILE.read_text())["panels"]
    assert yaml.safe_load(alerts.FILE.read_text())["groups"]


def test_every_metric_that_is_asked_for_exists() -> None:
    """A panel or an alert about a family that is gone would be empty for ever."""
    asked = {
        name
        for expression in EXPRESSIONS
        for name in re.findall(r"pipeline_trading_[a-z_]+", expression)
    }

    assert set() == asked - SAMPLES
    assert len(asked) > 20


def test_the_dashboard_has_the_documented_panels_first() -> None:
    """Under the names that people know, and a row for operations after them."""
    rows = [p["title"] for p in dashboard.dashboard()["panels"] if p["type"] == "row"]

    assert DOCUMENTED == [panel["title"] for panel in PANELS][:6]
    assert ["Sweeps", "Operations"] == rows


def test_every_panel_says_what_it_shows_and_asks_the_chosen_source() -> None:
    """Title, description, unit; no source by a fixed name; no two panels in one place."""
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert "${datasource}" == panel["datasource"]["uid"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS]
    numbers = [panel["id"] for panel in dashboard.dashboard()["panels"]]
    assert len(places) == len(set(places))
    assert len(numbers) == len(set(numbers))


def test_every_alert_says_what_to_do() -> None:
    """Summary, description, severity, and a runbook that is there."""
    headings = re.findall(r"^## (\w+)$", alerts.RUNBOOKS.read_text(), re.MULTILINE)

    assert [alert.name for alert in alerts.ALERTS] == headings
    for alert in alerts.ALERTS:
        assert alert.severity in {"warning", "critical"}
        assert alert.summary.endswith(".")
        assert alert.description.endswith(".")


def test_every_alert_has_a_story_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    """Promtool plays them in `make check-deploy`."""
    names = {alert.name for alert in alerts.ALERTS}

    assert names == {case.alert for case in CASES if case.fires_at}
    assert names == {case.alert for case in CASES if not case.fires_at}

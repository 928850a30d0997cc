"""The alerts as a release has them: about its own processes, with runbooks where those are."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import alerts
from dev.progress import progress
from dev.promtool import Promtool, promtool
from tests.deploy.conftest import Helm
from tests.deploy.test_rendered import objects

PAGE = "https://git.example.com/tradingsweep/docs/runbooks.md"


@pytest.fixture(scope="module")
def tool() -> Promtool:
    """promtool, built if it must be."""
    with progress() as shown:
        return promtool(shown)


def spec_of(helm: Helm, values: str) -> dict[str, Any]:
    """Return the one PrometheusRule of a release called `release` in the namespace `home`."""
    status, output, error = helm.template(f"prometheusRule: {{enabled: true, {values}}}")
    assert 0 == status, error
    (rule,) = (one for one in objects(output) if one["kind"] == "PrometheusRule")
    found: dict[str, Any] = rule["spec"]
    return found


@pytest.mark.timeout(3600)
def test_a_releases_alerts_are_rules(helm: Helm, tool: Promtool, tmp_path: Path) -> None:
    """What the chart puts in is still what Prometheus reads, and no alert is lost."""
    spec = spec_of(helm, f"runbooks: '{PAGE}'")
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(spec, width=1000))

    assert f"SUCCESS: {len(alerts.ALERTS)} rules found" in tool.check_rules(file)


def test_each_alert_leads_to_its_runbook(helm: Helm) -> None:
    """An address that can be clicked, wherever the page is served."""
    (group,) = spec_of(helm, f"runbooks: '{PAGE}'")["groups"]

    assert [f"{PAGE}#{alert.anchor}" for alert in alerts.ALERTS] == [
        rule["annotations"]["runbook_url"] for rule in group["rules"]
    ]


@pytest.mark.parametrize(
    ("values", "operator", "receiver"),
    [
        (
            "",
            'job="release-tradingsweep-operator", namespace="home"',
            'job="release-tradingsweep-receiver", namespace="home"',
        ),
        ("operatorTargets: 'job=\"a\"', receiverTargets: 'app=~\"b|c\"'", 'job="a"', 'app=~"b|c"'),
    ],
    ids=["as the ServiceMonitor labels them", "as they were said"],
)
def test_only_the_releases_own_processes_are_missed(
    helm: Helm, values: str, operator: str, receiver: str
) -> None:
    """Another release's leader or receiver does not hide that this one has none."""
    (group,) = spec_of(helm, values)["groups"]
    asked = {rule["alert"]: rule["expr"] for rule in group["rules"]}

    leader = "pipeline_trading_operator_leader"
    assert f"absent({leader}{{{operator}}} == 1)" == asked["TradingSweepOperatorDown"]
    assert f"absent(up{{{receiver}}} == 1)" == asked["TradingSweepReceiverDown"]

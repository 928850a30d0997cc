"""Prometheus' own word on what we give it: `make check-deploy` runs this.

It is not among the tests that run everywhere, since promtool takes minutes to build where a machine
has none.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import alerts, dashboard
from dev.progress import progress
from dev.promtool import Promtool, PromtoolError, promtool
from dev.stack import Stack
from tests.observability.alert_cases import CASES
from tests.support.eventually import eventually
from tests.support.manifests import a_sweep
from tests.support.objects import Objects
from tests.support.scrapes import scrape

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="session")
def tool() -> Promtool:
    """promtool, built if it must be."""
    with progress() as shown:
        return promtool(shown)


def _written(folder: Path, document: dict[str, Any]) -> Path:
    file = folder / "written.yaml"
    file.write_text(yaml.safe_dump(document, width=1000))
    return file


def test_the_alerts_are_rules(tool: Promtool) -> None:
    """Every expression parses, and no rule is there twice."""
    assert "SUCCESS" in tool.check_rules(alerts.FILE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.says}")
def test_an_alert_fires_when_it_should_and_then_only(
    tool: Promtool, tmp_path: Path, case: Any
) -> None:
    """It fires in its story, is quiet elsewhere, and ends when its cause has ended."""
    stories = {
        "rule_files": [str(alerts.FILE)],
        "evaluation_interval": "1m",
        "tests": [case.test()],
    }

    assert "SUCCESS" in tool.test_rules(_written(tmp_path, stories))


def _expressions() -> Iterator[str]:
    for panel in dashboard.dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield re.sub(r"\$__(rate_interval|range)", "5m", target["expr"]).replace("$job", ".*")


def test_every_expression_of_the_dashboard_parses(tool: Promtool, tmp_path: Path) -> None:
    """As rules, with Grafana's variables filled in."""
    rules = [
        {"record": f"panel:number:{number}", "expr": expression}
        for number, expression in enumerate(_expressions())
    ]

    said = tool.check_rules(_written(tmp_path, {"groups": [{"name": "panels", "rules": rules}]}))

    assert f"SUCCESS: {len(rules)} rules found" in said


def test_a_wrong_expression_would_be_found(tool: Promtool, tmp_path: Path) -> None:
    """The check can fail."""
    wrong = {"groups": [{"name": "x", "rules": [{"record": "a:b", "expr": "sum(("}]}]}

    with pytest.raises(PromtoolError, match="parse error"):
        tool.check_rules(_written(tmp_path, wrong))


def test_live_scrapes_pass_the_lint(
    tool: Promtool, stack: Stack, namespace: str, kubectl: Any, control_plane: Any
) -> None:
    """The operator's and the receiver's, after a sweep has completed."""
    kubectl.run("apply", "-n", namespace, "-f", "-", text=a_sweep("linted"))
    with Objects(control_plane.kubeconfig) as objects:
        eventually(
            lambda: (objects.sweep(namespace, "linted") or {})["status"]["phase"],
            "Completed",
            within=120,
        )

    tool.check_metrics(scrape(stack.wiring.operator_url).text)
    tool.check_metrics(scrape(stack.wiring.receiver_metrics_url).text)

"""What the gate runs."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def commands(*targets: str) -> str:
    """Return what make would do."""
    return subprocess.run(
        ["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_check_deploy_lets_promtool_judge_the_alerts() -> None:
    """Whoever changes an alert of the chart learns it from the chart's own check."""
    assert "tests/observability/check_promtool.py" in commands("check-deploy")


def test_the_gate_asks_promtool_once() -> None:
    """Its tests take minutes: no two targets of the gate run them."""
    targets = re.findall(r"^make ([a-z0-9-]+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    asked = [one for one in targets if "check_promtool.py" in commands(one)]

    assert ["check-deploy"] == asked

"""The chart, by every helm that is supported; the checkers are built once for this user."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev import tools
from dev.binaries import KUBERNETES
from dev.chart import CHART
from dev.tools import Tool, ready

_WITHIN = 120.0
"""Seconds."""


@dataclass(frozen=True)
class Helm:
    """One version of helm, with a home of its own."""

    program: Path
    home: Path

    def run(self, *arguments: str | Path, text: str | None = None) -> tuple[int, str, str]:
        """Run it; returns status, output and errors."""
        names = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
        answer = subprocess.run(
            [self.program, *arguments],
            env={**os.environ, **dict.fromkeys(names, str(self.home))},
            input=text,
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=False,
        )
        return answer.returncode, answer.stdout, answer.stderr

    def template(self, values: str = "", *, chart: Path = CHART) -> tuple[int, str, str]:
        """Render a chart with values in YAML."""
        arguments = ("-n", "home", "--kube-version", KUBERNETES, "-f", "-")
        return self.run("template", "release", chart, *arguments, text=values or "{}")


@pytest.fixture(scope="session", params=[tools.HELM_3, tools.HELM_4], ids=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Each helm in turn."""
    tool: Tool = request.param
    return Helm(ready(tool), tmp_path_factory.mktemp(tool.name))


def checked(tool: Tool, *arguments: str | Path) -> tuple[int, str]:
    """Run a checker; returns its status and what it said."""
    answer = subprocess.run(
        [ready(tool), *arguments], capture_output=True, text=True, timeout=_WITHIN, check=False
    )
    return answer.returncode, answer.stdout + answer.stderr

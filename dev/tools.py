"""Checkers of other projects, at one version each: built from Go modules once for this user."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from dev.build import BuildError, cache_folder
from dev.golang import find_go, traceless

_GO_MOD = Path(__file__).with_name("assets") / "go.mod"
_BUILD_WITHIN = 1800.0
"""Seconds; helm takes some minutes where nothing of it is cached."""


@dataclass(frozen=True)
class Tool:
    """A program in a Go module."""

    name: str
    package: str
    version: str

    @property
    def program(self) -> Path:
        """Where it is, once it is built."""
        return cache_folder() / "tools" / f"{self.name}-{self.version}" / Path(self.package).name


HELM_3 = Tool("helm3", "helm.sh/helm/v3/cmd/helm", "v3.22.0")
HELM_4 = Tool("helm4", "helm.sh/helm/v4/cmd/helm", "v4.3.1")
HELM_UNITTEST = Tool(
    "helm-unittest", "github.com/helm-unittest/helm-unittest/cmd/helm-unittest", "v0.8.2"
)
KUBE_SCORE = Tool("kube-score", "github.com/zegl/kube-score/cmd/kube-score", "v1.20.0")
KUBECONFORM = Tool("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", "v0.8.0")
EVERY = (HELM_4, HELM_3, HELM_UNITTEST, KUBE_SCORE, KUBECONFORM)


def ready(tool: Tool) -> Path:
    """Return the program, built first where it is not there yet.

    Raises:
        BuildError: Go failed; the message ends with its own words.
        NoGoError: there is no Go that can.
    """
    program = tool.program
    if not program.is_file():
        program.parent.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{program.parent}.lock"):
            if not program.is_file():
                _install(tool)
    return program


def _install(tool: Tool) -> None:
    folder = tool.program.parent
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        bin_folder = Path(place) / "bin"
        answer = subprocess.run(
            [find_go(_GO_MOD), "install", "-trimpath", "-ldflags", "-s -w", _spelled(tool)],
            env={
                **os.environ,
                **traceless(),
                "CGO_ENABLED": "0",
                "GOBIN": str(bin_folder),
                "GOFLAGS": "-modcacherw",
                "GOTOOLCHAIN": "local",
                "GOWORK": "off",
            },
            cwd=place,
            capture_output=True,
            text=True,
            timeout=_BUILD_WITHIN,
            check=False,
        )
        if answer.returncode != 0:
            said = "\n".join(answer.stderr.strip().splitlines()[-10:])
            raise BuildError(f"{_spelled(tool)} could not be built:\n{said}")
        bin_folder.rename(folder)


def _spelled(tool: Tool) -> str:
    return f"{tool.package}@{tool.version}"

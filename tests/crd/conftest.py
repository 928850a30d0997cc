"""The CRD on a real API server, and the few things that its tests do with sweeps."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import JsonValue

from dev.kubectl import Kubectl
from tests.crd.wrong_sweeps import manifest
from tradingsweep.crd.model import PLURAL


@pytest.fixture(scope="session")
def installed(crd: str, kubectl: Kubectl) -> dict[str, Any]:
    """The CRD as the API server has it."""
    return kubectl.get("crd", crd)


@dataclass(frozen=True)
class Sweeps:
    """The sweeps of one namespace."""

    kubectl: Kubectl
    namespace: str

    def attempt(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of kubectl that may fail."""
        return self.kubectl.attempt("--namespace", self.namespace, *arguments, text=text)

    def create(self, text: str) -> None:
        """Apply a manifest that must be taken."""
        self.kubectl.run("--namespace", self.namespace, "apply", "--filename=-", text=text)

    def get(self, name: str = "sweep") -> dict[str, Any]:
        """Return one sweep as the API server has it."""
        return self.kubectl.get("--namespace", self.namespace, PLURAL, name)

    def patch_status(
        self, status: Mapping[str, JsonValue] | None
    ) -> subprocess.CompletedProcess[str]:
        """Merge-patch the status subresource of the one sweep, as the operator does."""
        patch = json.dumps({"status": status})
        return self.attempt(
            "patch", PLURAL, "sweep", "--subresource=status", "--type=merge", "--patch", patch
        )

    def table(self, *arguments: str) -> list[dict[str, str]]:
        """Return what `kubectl get` prints: a row for each sweep, by the heads of the columns."""
        heads, *rows = self.kubectl.run(
            "--namespace", self.namespace, "get", PLURAL, *arguments
        ).splitlines()
        starts = [i for i, c in enumerate(heads) if c != " " and (i == 0 or heads[i - 1] == " ")]
        ends = [*starts[1:], None]
        return [
            {heads[a:b].strip(): row[a:b].strip() for a, b in zip(starts, ends, strict=True)}
            for row in rows
        ]


@pytest.fixture
def sweeps(crd: str, kubectl: Kubectl, namespace: str) -> Sweeps:
    """An empty namespace for sweeps."""
    return Sweeps(kubectl, namespace)


@pytest.fixture
def sweep(sweeps: Sweeps) -> Sweeps:
    """A namespace with one good sweep, that nothing has patched yet."""
    sweeps.create(manifest())
    return sweeps

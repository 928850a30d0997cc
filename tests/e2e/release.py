"""An installation on a kind cluster as a person has it: helm, kubectl, the ledger by psql."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dev.kubectl import Kubectl
from tests.support.eventually import eventually

CHART = Path(__file__).parents[2] / "helm" / "tradingsweep"
PATIENCE = 180.0
"""Seconds for what takes a few on an idle machine."""
CLASS = "e2e"
"""The class of the volumes that the test has prepared."""

_LOUD = {"warning", "error", "critical"}


class HelmError(RuntimeError):
    """helm said no; the message is what it said."""


@dataclass
class Release:
    """One release in one namespace."""

    kubectl: Kubectl
    namespace: str
    images: dict[str, str]
    """Values that name the images that were loaded."""
    name: str = "tradingsweep"
    full_name: str = "tradingsweep"
    """Prefix of its objects' names."""
    seen: dict[str, int] = field(default_factory=dict)
    """How many lines of a pod's log were judged already, by pod and number of restarts."""

    def helm(self, *arguments: str) -> str:
        """Run helm in the release's namespace.

        Raises:
            HelmError: it failed.
        """
        answer = subprocess.run(
            ["helm", *arguments, "-n", self.namespace],
            env={**os.environ, **self.kubectl.environment, **_home(self)},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
        if answer.returncode != 0:
            raise HelmError(f"helm {arguments[0]}: {(answer.stderr + answer.stdout).strip()}")
        return answer.stdout

    def deploy(
        self, verb: str, values: Mapping[str, object] = MappingProxyType({}), *, chart: Path = CHART
    ) -> None:
        """`helm install` or `helm upgrade`, and wait until everything is ready."""
        given = {**self.images, **volumes(), **values}
        pairs = [part for k, v in given.items() for part in ("--set", f"{k}={v}")]
        self.helm(verb, self.name, str(chart), "--wait", "--timeout", f"{PATIENCE:g}s", *pairs)

    def pods(self, component: str) -> list[dict[str, Any]]:
        """Return the pods of a component that are not going."""
        found = self.kubectl.get("pods", "-n", self.namespace, "-l", _selector(component))
        return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def wait_ready(self, *components: str, within: float = PATIENCE) -> None:
        """Wait until every pod of these components is ready."""
        eventually(lambda: [pod for c in components for pod in self._unready(c)], [], within=within)

    def _unready(self, component: str) -> list[str]:
        pods = self.pods(component)
        ready = [p for p in pods if _is_ready(p)]
        return [p["metadata"]["name"] for p in pods if p not in ready] if pods else [component]

    def kill(self, pod: str) -> None:
        """Delete a pod without any grace, as the loss of its node would."""
        self.kubectl.run(
            "delete", "pod", pod, "-n", self.namespace, "--grace-period=0", "--force", "--wait=true"
        )

    def leader(self) -> str:
        """Return the name of the pod that leads, as the Lease has it."""
        lease = self.kubectl.get("lease", "tradingsweep-default", "-n", self.namespace)
        holder = str(lease["spec"].get("holderIdentity", ""))
        return holder.rpartition("-")[0]

    def sql(self, query: str) -> list[list[str]]:
        """Ask the ledger, through psql in the Postgres pod."""
        # Over TCP, for images differ in where their socket is; the password is the pod's own.
        client = 'psql "postgresql://tradingsweep:$POSTGRES_PASSWORD@127.0.0.1/tradingsweep" "$@"'
        said = self.kubectl.run(
            *("exec", f"{self.full_name}-postgres-0", "-n", self.namespace, "--"),
            *("sh", "-c", client, "psql", "-At", "-F", "\t", "-c", query),
        )
        return [line.split("\t") for line in said.splitlines()]

    def api_jobs(self) -> list[tuple[str, str]]:
        """Return id and state of every job that the Trading API accepted, from its own book."""
        program = (
            "import json, sqlite3;"
            "d = sqlite3.connect('file:/data/tradingapi.sqlite3?mode=ro', uri=True);"
            "print(json.dumps(d.execute('SELECT job_id, state FROM jobs').fetchall()))"
        )
        said = self.kubectl.run(
            *("exec", f"{self.full_name}-tradingapi-0", "-n", self.namespace, "--"),
            *("python", "-c", program),
        )
        return [(str(job), str(state)) for job, state in json.loads(said)]

    def complaints(self, *allowed: str) -> list[str]:
        """Return the new lines of operators and receivers that are not on an allow-list.

        A line that is not JSON is a traceback, or a library's own word, and never allowed; but for
        the one in which a process says why it ends.
        """
        return [
            line
            for component in ("operator", "receiver")
            for pod in self.pods(component)
            for line in self._new_lines(pod)
            if not _is_allowed(line, allowed)
        ]

    def _new_lines(self, pod: dict[str, Any]) -> Iterator[str]:
        """Return what a pod's process said since the last look, and what the one before it said."""
        name, restarts = pod["metadata"]["name"], self.restarts(pod)
        for number, which in ((restarts - 1, "--previous"), (restarts, "--all-containers")):
            if number < 0:
                continue
            said = self.kubectl.attempt("logs", name, "-n", self.namespace, which).stdout
            key, lines = f"{name}/{number}", [line for line in said.splitlines() if line.strip()]
            before, self.seen[key] = self.seen.get(key, 0), len(lines)
            yield from lines[before:]

    @staticmethod
    def restarts(pod: dict[str, Any]) -> int:
        """Return how often the process of a pod began anew."""
        return sum(one["restartCount"] for one in pod["status"].get("containerStatuses", ()))


def volumes() -> dict[str, str]:
    """Return values that ask for the volumes of the test."""
    return {f"{what}.persistence.storageClass": CLASS for what in ("postgres", "tradingApi")}


def _selector(component: str) -> str:
    return f"app.kubernetes.io/component={component}"


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _is_allowed(line: str, allowed: tuple[str, ...]) -> bool:
    if line.startswith("tradingsweep: "):
        return any(word in line for word in allowed)
    try:
        entry = json.loads(line)
        return entry["level"] not in _LOUD or any(word in entry["event"] for word in allowed)
    except (ValueError, KeyError, TypeError):
        return False


def _home(release: Release) -> dict[str, str]:
    """Return variables that keep helm's files beside kubectl's, and not in the user's home."""
    folder = release.kubectl.cache.parent
    return {
        name: str(folder / "helm")
        for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
    }

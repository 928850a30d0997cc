"""kubectl: the one on PATH where it fits the server and is itself, else the wheel's."""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dev.binaries import KUBERNETES
from dev.environment import direct

_TIMEOUT = 60.0
"""Seconds for one call."""
_ESTABLISHED_WITHIN = 30.0
_LOOK_EVERY = 0.1


class KubectlError(RuntimeError):
    """kubectl said no; the message is what it said."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl against one cluster; it reads and writes nothing of the user's own ~/.kube."""

    kubeconfig: Path
    program: Path
    cache: Path
    """Where it keeps what it has discovered."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that any kubectl needs to behave like this one."""
        return {
            **direct(),
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECACHEDIR": str(self.cache),
            "KUBERC": "off",
        }

    def run(self, *arguments: str, text: str | None = None) -> str:
        """Run one command, with `text` as its standard input, and return its output.

        Raises:
            KubectlError: it failed.
        """
        answer = self.attempt(*arguments, text=text)
        if answer.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer.stdout

    def attempt(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command that may fail."""
        return subprocess.run(
            [self.program, *arguments],
            input=text,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )

    def wait_established(self, crds: Path) -> None:
        """Wait until the API server serves a file's or a folder's resources.

        `kubectl wait` fails at once where there are no conditions yet, whatever it is to wait for.

        Raises:
            KubectlError: it does not within half a minute.
        """
        end = time.monotonic() + _ESTABLISHED_WITHIN
        wait = ("wait", "--for=condition=Established", "--timeout=30s", "-f", str(crds))
        while True:
            try:
                self.run(*wait)
            except KubectlError:
                if time.monotonic() > end:
                    raise
                time.sleep(_LOOK_EVERY)
            else:
                return

    def get(self, *arguments: str) -> dict[str, Any]:
        """Return an object or a list as the API server has it.

        Raises:
            KubectlError: it is not there, or another refusal.
        """
        found: dict[str, Any] = json.loads(self.run("get", "-o", "json", *arguments))
        return found


@cache
def find_kubectl() -> Path:
    """Return the first kubectl that runs and is within one minor version of our API server.

    PATH comes first, but some machines have a dispatcher there, which downloads the real one.
    """
    for candidate in _on_path():
        minor = _minor(candidate)
        if minor is not None and abs(minor - _MINOR) <= 1:
            return candidate
    # The wheel puts its program beside this Python's.
    return Path(sysconfig.get_path("scripts")) / "kubectl"


def _on_path() -> Iterator[Path]:
    for folder in os.get_exec_path():
        if (found := shutil.which("kubectl", path=folder)) is not None:
            yield Path(found)


def _minor(program: Path) -> int | None:
    """Return the minor version; None for what does not run or is not kubectl itself."""
    with tempfile.TemporaryDirectory() as nowhere:
        try:
            answer = subprocess.run(
                [program, "version", "--client", "-o", "json"],
                env={**os.environ, "KUBECONFIG": os.devnull, "KUBECACHEDIR": nowhere},
                capture_output=True,
                text=True,
                timeout=10,
                check=False,
            )
            version = str(json.loads(answer.stdout)["clientVersion"]["gitVersion"])
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
            return None
    match = _RELEASE.match(version)
    return int(match[1]) if match and "dispatcher" not in version else None


_RELEASE = re.compile(r"v1\.(\d+)\.")
_MINOR = int(KUBERNETES.split(".")[1])

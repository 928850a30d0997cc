"""A kind cluster of our own: made by name, and deleted when its owner ends in any way."""

import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.processes import Command, Process

_CREATE_WITHIN = 300.0
"""Seconds; a warm machine needs 20 to 40."""
_DELETE_WITHIN = 60.0
"""Seconds."""
_GUARDING = "guarding"
"""What the guard writes when its traps are set."""
_ENGINE_TIMEOUT = 10.0
"""Seconds for a container engine to say that it is there."""


class NoKindError(RuntimeError):
    """kind or its container engine is not there."""


def is_available() -> bool:
    """Whether kind and a running Docker engine are there."""
    if shutil.which("kind") is None or shutil.which("docker") is None:
        return False
    try:
        answer = subprocess.run(
            ["docker", "info"], capture_output=True, timeout=_ENGINE_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


@contextmanager
def kind_cluster(folder: Path) -> Iterator[Path]:
    """Run a kind cluster and give the path of its kubeconfig.

    KIND_NODE_IMAGE and KIND_CONFIG, where they are set, name the node image and the configuration.

    Raises:
        NoKindError: kind or a running Docker engine is missing.
        ProcessError: kind could not make the cluster.
    """
    if not is_available():
        raise NoKindError("--cluster=kind needs kind on PATH and a running Docker engine")
    name = f"tradingsweep-{secrets.token_hex(4)}"
    kubeconfig = folder / "kubeconfig"
    guard = _guard(name, folder)
    with Process(guard) as guarding:
        # Told to end before it has set its traps, it would delete nothing.
        guarding.wait_ready(lambda: _GUARDING in guard.log.read_text("utf-8"), _ENGINE_TIMEOUT)
        with Process(_create(name, kubeconfig, folder)) as create:
            if create.wait(_CREATE_WITHIN) != 0:
                raise create.error("could not make the cluster")
            yield kubeconfig


def _create(name: str, kubeconfig: Path, folder: Path) -> Command:
    arguments = ["kind", "create", "cluster", "--name", name, "--wait", "120s"]
    arguments += ["--kubeconfig", str(kubeconfig)]
    for option, variable in (("--image", "KIND_NODE_IMAGE"), ("--config", "KIND_CONFIG")):
        if value := os.environ.get(variable):
            arguments += [option, value]
    return Command(name="kind", arguments=arguments, log=folder / "kind.log")


def _guard(name: str, folder: Path) -> Command:
    """Return a command that does nothing, and deletes the cluster when it is told to end.

    The nodes are the container engine's children, not ours: the leash cannot end them. It can end
    this, also after a crash of ours.
    """
    delete = shlex.join(["kind", "delete", "cluster", "--name", name, "--kubeconfig", os.devnull])
    traps = f"trap 'exit 0' TERM; trap {shlex.quote(delete)} EXIT"
    waiting = f"{traps}; echo {_GUARDING}; sleep 2147483647 & wait"
    return Command(
        name="kind delete",
        arguments=["sh", "-c", waiting],
        log=folder / "kind-delete.log",
        grace=_DELETE_WITHIN,
    )

"""The Kubernetes API that a demo runs on: the user's, kind's, or our own without nodes."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dev import kind
from dev.binaries import found
from dev.controlplane import ControlPlane
from dev.kubectl import find_kubectl
from dev.progress import Progress

_TIMEOUT = 30.0
"""Seconds for kubectl to read the user's configuration."""


class Choice(StrEnum):
    """Where the cluster comes from."""

    AUTO = "auto"
    """What starts fastest: our own if it is built, else kind if it is there, else a build."""
    EXISTING = "existing"
    """The current context of the user's kubeconfig."""
    KIND = "kind"
    """A new kind cluster, deleted at the end."""
    APISERVER = "apiserver"
    """kube-apiserver and etcd of our own, without nodes."""


class NoClusterError(RuntimeError):
    """There is no current context, or it cannot be used."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers."""

    kubeconfig: Path
    is_ours: bool
    """We made it and it goes with us; else nothing may be touched that we did not make."""


@contextmanager
def open_cluster(choice: Choice, folder: Path, progress: Progress) -> Iterator[Cluster]:
    """Provide the chosen cluster; ours is gone afterwards.

    Raises:
        NoClusterError, NoKindError, BuildError, ProcessError: with what to do about it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    match _settle(choice):
        case Choice.EXISTING:
            yield Cluster(_current_context(folder), is_ours=False)
        case Choice.KIND:
            progress.at("Making a kind cluster")
            with kind.kind_cluster(folder) as kubeconfig:
                yield Cluster(kubeconfig, is_ours=True)
        case _:
            progress.at("Starting etcd and kube-apiserver")
            with ControlPlane(folder, progress=progress) as control_plane:
                yield Cluster(control_plane.kubeconfig, is_ours=True)


def _settle(choice: Choice) -> Choice:
    if choice is Choice.AUTO:
        use_kind = found() is None and kind.is_available()
        return Choice.KIND if use_kind else Choice.APISERVER
    return choice


def _current_context(folder: Path) -> Path:
    """Copy the current context, so that a switch of context meanwhile changes nothing here."""
    answer = subprocess.run(
        [find_kubectl(), "config", "view", "--raw", "--minify", "--flatten", "-o", "json"],
        env={**os.environ, "KUBERC": "off"},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if answer.returncode != 0 or not json.loads(answer.stdout).get("clusters"):
        raise NoClusterError(
            "--cluster=existing needs a current context in KUBECONFIG:"
            f" {answer.stderr.strip() or 'there is none'}"
        )
    kubeconfig = folder / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(answer.stdout)
    return kubeconfig

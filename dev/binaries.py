"""kube-apiserver and etcd: from KUBEBUILDER_ASSETS, PATH or the cache, else built and cached."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from dev.build import Recipe, built
from dev.progress import Progress

KUBERNETES = "v1.36.3"
"""The version that a build makes; what is found elsewhere may be another."""

_VERSION = "k8s.io/component-base/version"
RECIPE = Recipe(
    name="control-plane",
    module=Path(__file__).with_name("assets"),
    programs={
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "etcd": "go.etcd.io/etcd/server/v3",
    },
    takes="about 6 minutes on 2 cores",
    # Without them the server calls itself v0.0.0-master, and clients that look at it are lost.
    linker_flags=f"-s -w -X {_VERSION}.gitVersion={KUBERNETES} -X {_VERSION}.gitTreeState=clean"
    f" -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
)


class MissingProgramError(RuntimeError):
    """KUBEBUILDER_ASSETS names a folder that lacks a program."""


@dataclass(frozen=True)
class Binaries:
    """The two programs of a control plane without nodes."""

    apiserver: Path
    etcd: Path


def found() -> Binaries | None:
    """Return the programs if this machine has them, without a build.

    Raises:
        MissingProgramError: KUBEBUILDER_ASSETS is set and a program is not there.
    """
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        return _in(Path(assets))
    apiserver, etcd = shutil.which("kube-apiserver"), shutil.which("etcd")
    if apiserver is not None and etcd is not None:
        return Binaries(apiserver=Path(apiserver), etcd=Path(etcd))
    return _in(RECIPE.folder) if RECIPE.folder.is_dir() else None


def prepared(progress: Progress) -> Binaries:
    """Return the programs, built first if nothing else has them.

    Raises:
        MissingProgramError, BuildError, NoGoError: with what to do about it.
    """
    return found() or _in(built(RECIPE, progress))


def _in(folder: Path) -> Binaries:
    binaries = Binaries(apiserver=folder / "kube-apiserver", etcd=folder / "etcd")
    for program in (binaries.apiserver, binaries.etcd):
        if not os.access(program, os.X_OK):
            raise MissingProgramError(f"{program} is missing or cannot be run")
    return binaries

"""One kind cluster for the whole story, with both images in it; it is deleted in any case."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from benchmarks.bars import Bar, below, report
from dev import kind
from dev.images import IMAGES, build, docker, size
from dev.kubectl import Kubectl, find_kubectl
from dev.processes import Command, Process
from tests.e2e.release import CLASS

OLD, NEW = "e2e-before", "e2e"
"""Tags of the release that is upgraded, and of this one."""
BASE = Path(__file__).parents[2] / "manifests" / "base"
_LOAD_WITHIN = 300.0
"""Seconds."""
_VOLUMES = 6


@dataclass
class Ground:
    """A cluster with the images in it."""

    kubectl: Kubectl
    node: str
    """The container that is the cluster's node."""
    started: float
    """When the story began, by the monotonic clock."""
    bars: list[Bar] = field(default_factory=list)

    def images(self, tag: str) -> dict[str, str]:
        """Return the chart's values for images of a tag."""
        repository, _, version = os.environ.get("POSTGRES_IMAGE", "postgres:17").rpartition(":")
        return {
            "image.tag": tag,
            "tradingApi.image.tag": tag,
            "postgres.image.repository": repository,
            "postgres.image.tag": version,
        }

    @contextmanager
    def without_api_server(self) -> Iterator[None]:
        """Stop the API server where it stands, and let it go on when the block ends."""

        def signal(name: str) -> None:
            docker("exec", self.node, "sh", "-c", f"kill -{name} $(pidof kube-apiserver)")

        signal("STOP")
        try:
            yield
        finally:
            signal("CONT")

    def kustomized(self, folder: Path) -> Path:
        """Write an overlay of `manifests/base` that names the images that were loaded."""
        shutil.copytree(BASE, folder / "base")
        values = self.images(NEW)
        postgres = {"newName": values["postgres.image.repository"]}
        images = [{"name": name, "newTag": NEW} for name in ("tradingsweep", "tradingapi")]
        images.append({"name": "postgres", "newTag": values["postgres.image.tag"], **postgres})
        overlay = {"resources": ["base"], "images": images}
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        return folder

    def new_namespace(self, name: str) -> str:
        """Make a namespace for restricted pods alone, with the Secret of an installation."""
        self.kubectl.run("create", "namespace", name)
        label = "pod-security.kubernetes.io/enforce=restricted"
        self.kubectl.run("label", "namespace", name, label)
        keys = {
            "trading-api-key": secrets.token_hex(16),
            "callback-secrets": f"k1={secrets.token_hex(32)}",
            "postgres-password": secrets.token_hex(16),
            "receiver-password": secrets.token_hex(16),
        }
        literals = [f"--from-literal={key}={value}" for key, value in keys.items()]
        self.kubectl.run("create", "secret", "generic", "tradingsweep", "-n", name, *literals)
        return name


@pytest.fixture(scope="session")
def built() -> list[Bar]:
    """Both images of this checkout, in the Docker engine; what each adds to its base."""
    bars = []
    for image, most in zip(IMAGES, (180, 600), strict=True):
        name = build(image, NEW)
        docker("tag", name, image.named(OLD))
        found = size(image, name)
        bars.append(below(f"image {image.target}: added to its base", found.added, "MB", most))
    return bars


@pytest.fixture(scope="session")
def ground(built: list[Bar], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A fresh kind cluster; figures are written to build/bars/cluster.json at the end."""
    if shutil.which("helm") is None or not kind.is_available():
        pytest.fail("NO CLUSTER: the end-to-end tests need kind, helm and a running Docker engine")
    folder = tmp_path_factory.mktemp("e2e")
    started = time.monotonic()
    with kind.kind_cluster(folder) as kubeconfig:
        kubectl = Kubectl(kubeconfig, find_kubectl(), folder / "kubectl-cache")
        context = yaml.safe_load(kubeconfig.read_text())["current-context"]
        name = str(context).removeprefix("kind-")
        _load(name, folder)
        ground = Ground(kubectl, f"{name}-control-plane", started, list(built))
        _volumes(ground)
        yield ground
        took = time.monotonic() - started
        ground.bars.append(below("the whole story, images built before", took, "s", 720))
        assert report("cluster", ground.bars), "a bar is missed"


def _load(cluster: str, folder: Path) -> None:
    names = [image.named(tag) for image in IMAGES for tag in (OLD, NEW)]
    postgres = os.environ.get("POSTGRES_IMAGE")
    if postgres is None:
        postgres = "postgres:17"
        docker("pull", postgres, within=_LOAD_WITHIN)
    arguments = ["kind", "load", "docker-image", "--name", cluster, *names, postgres]
    with Process(Command("kind load", arguments, folder / "load.log")) as loading:
        if loading.wait(_LOAD_WITHIN) != 0:
            raise loading.error("could not load the images")


def _volumes(ground: Ground) -> None:
    """Prepare volumes that any user may write to: not every kind brings a provisioner."""
    objects: list[dict[str, object]] = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": CLASS},
            "provisioner": "kubernetes.io/no-provisioner",
        }
    ]
    for number in range(_VOLUMES):
        path = f"/var/e2e/{number}"
        docker("exec", ground.node, "install", "-d", "-m", "0777", path)
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"e2e-{number}"},
                "spec": {
                    "capacity": {"storage": "5Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": CLASS,
                    "hostPath": {"path": path},
                },
            }
        )
    ground.kubectl.run("apply", "-f", "-", text=yaml.safe_dump_all(objects))

"""A cluster that is not ours keeps what it had."""

from pathlib import Path

import pytest

from dev.cluster import Choice, Cluster, NoClusterError, open_cluster
from dev.controlplane import ControlPlane
from dev.install import OtherCrdError, install_crds, namespace
from dev.kubectl import Kubectl
from dev.progress import Quiet


@pytest.fixture
def existing(control_plane: ControlPlane) -> Cluster:
    """The tests' own control plane in the part of somebody's cluster."""
    return Cluster(control_plane.kubeconfig, is_ours=False)


def test_the_current_context_is_taken_once_and_not_followed(
    control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who switches the context during a demo does not move the demo."""
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig))

    with open_cluster(Choice.EXISTING, tmp_path / "cluster", Quiet()) as cluster:
        assert not cluster.is_ours
        assert cluster.kubeconfig.is_relative_to(tmp_path)
        assert control_plane.server in cluster.kubeconfig.read_text()
        assert 0 == cluster.kubeconfig.stat().st_mode & 0o077


def test_without_a_current_context_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty KUBECONFIG is an error with its name, not a connection to localhost:8080."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))

    with (
        pytest.raises(NoClusterError, match="current context"),
        open_cluster(Choice.EXISTING, tmp_path / "cluster", Quiet()),
    ):
        pass


def test_a_namespace_of_ours_is_deleted_from_a_cluster_that_stays(
    kubectl: Kubectl, existing: Cluster
) -> None:
    """The demo leaves no sweeps behind on somebody's cluster."""
    with namespace(kubectl, existing) as name:
        assert "deletionTimestamp" not in kubectl.get("namespace", name)["metadata"]

    assert "deletionTimestamp" in kubectl.get("namespace", name)["metadata"]


def test_the_same_resource_that_is_there_already_is_used_as_it_is(
    crd: str, kubectl: Kubectl, existing: Cluster
) -> None:
    """What somebody else applied is not written to."""
    before = kubectl.get("crd", crd)["metadata"]["resourceVersion"]

    install_crds(kubectl, existing)

    assert before == kubectl.get("crd", crd)["metadata"]["resourceVersion"]


def test_another_version_of_the_resource_is_refused_and_left_alone(
    crd: str, kubectl: Kubectl, existing: Cluster
) -> None:
    """Somebody's sweeps depend on their version of the schema."""
    hashed = "trading.zixly.io/schema-hash"
    ours = kubectl.get("crd", crd)["metadata"]["annotations"][hashed]
    kubectl.run("annotate", "crd", crd, "--overwrite", f"{hashed}=theirs")
    try:
        with pytest.raises(OtherCrdError, match="another version"):
            install_crds(kubectl, existing)
        assert "theirs" == kubectl.get("crd", crd)["metadata"]["annotations"][hashed]
    finally:
        kubectl.run("annotate", "crd", crd, "--overwrite", f"{hashed}={ours}")

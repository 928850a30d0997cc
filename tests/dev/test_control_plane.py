"""The API server that everybody's tests and demo run on."""

import json
import socket
from dataclasses import replace
from pathlib import Path

from dev.binaries import found
from dev.controlplane import ControlPlane
from dev.kubectl import Kubectl
from tests.support.eventually import eventually


def test_the_namespaces_that_everything_expects_are_there(kubectl: Kubectl) -> None:
    """Ready means that `default` and `kube-system` can be used."""
    names = {item["metadata"]["name"] for item in kubectl.get("namespaces")["items"]}

    assert names >= {"default", "kube-system"}


def test_the_audit_log_counts_each_patch_of_an_object(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str
) -> None:
    """Tests can hold the operator to its write budget."""
    kubectl.run("create", "configmap", "box", "-n", namespace)
    for value in ("one", "two"):
        change = f'{{"data": {{"key": "{value}"}}}}'
        kubectl.run("patch", "configmap", "box", "-n", namespace, "-p", change)

    writes = eventually(
        lambda: control_plane.writes(namespace=namespace, resource="configmaps", name="box"),
        lambda seen: len(seen) == 3,
        within=5,
    )
    assert [("create", 201), ("patch", 200), ("patch", 200)] == [(w.verb, w.code) for w in writes]


def test_reading_leaves_no_line_in_the_audit_log(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str
) -> None:
    """Only writes are counted: a watch or a list costs nothing."""
    kubectl.run("get", "configmaps", "-n", namespace)
    kubectl.run("create", "configmap", "last", "-n", namespace)

    writes = eventually(
        lambda: control_plane.writes(namespace=namespace, resource="configmaps"),
        bool,
        within=5,
    )
    assert ["create"] == [write.verb for write in writes]


def test_rbac_refuses_whom_nobody_gave_rights(
    kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    """A service account's token works and opens nothing by itself."""
    kubectl.run("create", "serviceaccount", "guest", "-n", namespace)
    token = kubectl.run("create", "token", "guest", "-n", namespace).strip()
    config = json.loads(kubectl.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    guest = tmp_path / "kubeconfig"
    guest.write_text(json.dumps(config))

    answer = replace(kubectl, kubeconfig=guest).attempt("get", "secrets", "-n", namespace)

    assert f'User "system:serviceaccount:{namespace}:guest" cannot list' in answer.stderr


def test_two_control_planes_run_side_by_side(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A second demo on the same machine meets no port and no data of the first."""
    with ControlPlane(tmp_path, found()) as second:
        assert second.server != control_plane.server
        port = int(second.server.rsplit(":", 1)[1])

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))

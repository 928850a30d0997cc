"""An operator with an account of its own: what it may, and what it says where it may not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dev.binaries import Binaries, found
from dev.controlplane import ControlPlane
from dev.environment import Wiring, script
from dev.kubectl import Kubectl, find_kubectl
from dev.processes import Command
from dev.service import Service
from tests.support.eventually import eventually
from tests.support.ground import Ledgers
from tests.support.system import PATIENCE

CRD = Path(__file__).parents[2] / "crds" / "tradingsweeps.yaml"
DESK = "desk-a"
SWEEPS = "tradingsweeps.trading.zixly.io"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[ControlPlane]:
    """An API server of the test's own, for its CRD is an older one for a while."""
    binaries = found()
    assert isinstance(binaries, Binaries)
    with ControlPlane(tmp_path / "bare", binaries) as running:
        yield running


@pytest.fixture
def kubectl(bare: ControlPlane, tmp_path: Path) -> Kubectl:
    """Kubectl with every right on it."""
    return Kubectl(bare.kubeconfig, find_kubectl(), tmp_path / "cache")


def account(kubectl: Kubectl, folder: Path) -> Path:
    """Make a namespace with a service account; returns a kubeconfig that has its token."""
    kubectl.run("create", "namespace", DESK)
    kubectl.run("create", "serviceaccount", "operator", "-n", DESK)
    config: dict[str, Any] = json.loads(kubectl.kubeconfig.read_text())
    token = kubectl.run("create", "token", "operator", "-n", DESK).strip()
    config["users"][0]["user"] = {"token": token}
    file = folder / "account.kubeconfig"
    file.write_text(json.dumps(config))
    return file


def grant(kubectl: Kubectl) -> None:
    """Let the account see the sweeps of its namespace, and nothing of the whole cluster."""
    verbs = "--verb=get,list,watch"
    kubectl.run("create", "role", "sweeps", "-n", DESK, verbs, f"--resource={SWEEPS}")
    subject = f"--serviceaccount={DESK}:operator"
    kubectl.run("create", "rolebinding", "sweeps", "-n", DESK, "--role=sweeps", subject)


def older_crd() -> str:
    """Return the CRD of a release that had no `runID`."""
    crd = yaml.safe_load(CRD.read_text())
    crd["metadata"]["annotations"]["trading.zixly.io/schema-hash"] = "older"
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    del spec["properties"]["runID"]
    return yaml.safe_dump(crd)


def test_without_its_rights_or_beside_an_older_crd_an_operator_of_a_namespace_says_so(
    bare: ControlPlane, kubectl: Kubectl, ledgers: Ledgers, tmp_path: Path
) -> None:
    """One line says what to do, first about rights, then about the CRD; then it starts."""
    kubectl.run("apply", "--server-side", "-f", "-", text=older_crd())
    kubectl.wait_established(CRD)
    kubeconfig = account(kubectl, tmp_path)
    with ledgers.fresh() as (dsn, receiver_dsn):
        settings = {"TRADINGSWEEP_CLUSTER_ID": "one"}
        wiring = Wiring(kubeconfig, dsn, receiver_dsn, (DESK,), operator_settings=settings)
        ready = f"{wiring.operator_url}/readyz"
        command = Command(
            "operator",
            [script("tradingsweep"), "operator"],
            tmp_path / "operator.log",
            wiring.operator(),
        )
        with Service(command, ready) as operator:

            def unready() -> str:
                answer = httpx.get(ready)
                return answer.text if answer.status_code == 503 else ""

            def says(*words: str) -> None:
                def is_it(said: str) -> bool:
                    return 1 == len(said.splitlines()) and all(word in said for word in words)

                eventually(unready, is_it, within=PATIENCE)

            says(DESK, "403", "grant the operator's role (rbac.create of the chart)")
            grant(kubectl)
            says("is older and lacks spec.runID", "apply crds/tradingsweeps.yaml of this release")
            kubectl.run("apply", "--server-side", "-f", str(CRD))

            operator.wait_ready()

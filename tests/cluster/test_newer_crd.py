"""An operator beside a newer CRD: for the minutes of an upgrade, in which the CRD comes first."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dev.audit import Write
from dev.binaries import Binaries, found
from dev.controlplane import ControlPlane
from dev.environment import script
from dev.kubectl import Kubectl, find_kubectl
from dev.ports import free_port
from dev.processes import Command
from dev.service import Service
from tests.support.eventually import eventually
from tests.support.ground import Ground, Ledgers, Settings
from tests.support.system import PATIENCE, System

CRDS = Path(__file__).parents[2] / "crds"
CRD = "tradingsweeps.trading.zixly.io"
QUIET = 5.0
"""Seconds: twice the operator's longest look at the ledger."""
FEES = {
    "type": "object",
    "default": {},
    "properties": {"bps": {"type": "integer", "default": 0}},
}
"""What a later release could add: an object that is filled in by defaults."""


@pytest.fixture
def older(ledgers: Ledgers, tmp_path: Path) -> Iterator[System]:
    """A system on an API server of its own, for its CRD will change."""
    binaries = found()
    assert isinstance(binaries, Binaries)
    with ControlPlane(tmp_path / "control-plane", binaries) as own:
        kubectl = Kubectl(own.kubeconfig, find_kubectl(), tmp_path / "cache")
        kubectl.run("apply", "--server-side", "-f", str(CRDS))
        kubectl.wait_established(CRDS)
        settings = Settings(operator={"time_scale": "0.1"})
        with Ground(own, kubectl, ledgers).system(tmp_path / "system", settings) as running:
            yield running


def upgrade_crd(system: System, name: str) -> None:
    """Apply the CRD of a release that also has `fees`, and another strategy; see its defaults."""
    crd = yaml.safe_load((CRDS / "tradingsweeps.yaml").read_text())
    crd["metadata"]["annotations"]["trading.zixly.io/schema-hash"] = "newer"
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["fees"] = FEES
    spec["properties"]["strategyType"]["enum"].append("BOLLINGER")
    with system.objects.rewatched(system.namespace):
        system.kubectl.run("apply", "--server-side", "-f", "-", text=yaml.safe_dump(crd))

    def shown() -> object:
        published = system.kubectl.run("get", "--raw", "/openapi/v3/apis/trading.zixly.io/v1alpha1")
        target = system.objects.sweep(system.namespace, name)
        return target and ("BOLLINGER" in published, target["spec"].get("fees"))

    eventually(shown, (True, {"bps": 0}), within=PATIENCE)


def touch(system: System, *names: str) -> None:
    """Let the watch show these objects as they are now."""
    system.kubectl.run("annotate", "tradingsweep", *names, "-n", system.namespace, "seen=again")


def writes(system: System) -> list[Write]:
    """Return what the operator wrote in the system's namespace, but for its Lease."""
    every = system.control_plane.writes(namespace=system.namespace)
    return [w for w in every if not w.agent.startswith("kubectl") and w.resource != "leases"]


def versions(system: System) -> dict[str, Any]:
    """Return the ledger's version of each sweep: any decision changes it."""
    return {row["name"]: row["version"] for row in system.rows("SELECT name, version FROM sweeps")}


def told(system: System, name: str) -> list[str]:
    """Return the notes of the Events that say that an operator is too old."""
    events = system.objects.events(system.namespace, name)
    return [event["note"] for event in events if event["reason"] == "NewerSpec"]


def leader(system: System) -> str:
    """Return who holds the system's Lease."""
    lease = system.objects.lease(system.namespace)
    assert lease is not None
    return str(lease["spec"]["holderIdentity"])


def has_one(notes: list[str]) -> bool:
    """Whether there is exactly one."""
    return len(notes) == 1


def test_an_added_default_costs_nothing_and_stops_nothing(older: System) -> None:
    """Finished sweeps stay as they are, waiting ones and new ones run, each of them once."""
    older.apply("finished")
    older.apply("waiting", suspend=True, minTrades=11)
    older.wait_until_completed("finished")
    eventually(lambda: older.conditions("waiting")["Suspended"]["status"], "True", within=PATIENCE)
    eventually(lambda: len(older.objects.events(older.namespace, "finished")), 1, within=PATIENCE)
    known, written = versions(older), len(writes(older))

    upgrade_crd(older, "finished")
    touch(older, "finished", "waiting")
    older.let_pass(QUIET)

    assert [] == writes(older)[written:]
    assert known == versions(older)
    older.apply("new", minTrades=12)
    older.edit("waiting", suspend=False)
    for name in ("new", "waiting"):
        older.wait_until_completed(name)
    assert [1, 1, 1] == [len(older.jobs(name)) for name in ("finished", "new", "waiting")]


@pytest.mark.parametrize(
    ("asked", "member"),
    [({"fees": {"bps": 5}}, "spec.fees"), ({"strategyType": "BOLLINGER"}, "spec.strategyType")],
    ids=["member", "value"],
)
def test_what_only_a_newer_operator_can_do_waits_for_it(
    older: System, asked: dict[str, Any], member: str
) -> None:
    """It neither fails nor runs as something else; one Event for each generation says why."""
    older.apply("edited")
    older.apply("goes")
    for name in ("edited", "goes"):
        older.wait_until_completed(name)
    upgrade_crd(older, "edited")

    older.apply("new", **asked)
    older.edit("edited", **asked)
    for name in ("new", "edited"):
        assert member in eventually(partial(told, older, name), has_one, within=PATIENCE)[0]
    written = len(writes(older))
    older.let_pass(QUIET)

    assert [] == writes(older)[written:]
    assert {"phase": "Queued", "observedGeneration": -1} == older.status("new")
    assert (1, "Completed") == (older.status("edited")["observedGeneration"], older.phase("edited"))
    assert [] == older.rows("SELECT name FROM sweeps WHERE name = 'new'")
    # Others are looked after as ever, also by the audit's list of all objects.
    older.delete("goes")
    older.edit("new", fees=None, strategyType="SMA", minTrades=13)
    older.wait_until_completed("new")
    assert [1, 1] == [len(older.jobs(name)) for name in ("edited", "new")]
    assert "audit_interrupted" not in (older.stack.folder / "operator.log").read_text()


def test_an_operator_that_starts_beside_another_releases_crd_takes_nothing(
    older: System, tmp_path: Path
) -> None:
    """Unready it waits, says why, and leaves the Lease to the one that leads."""
    older.apply("first")
    older.wait_until_completed("first")
    upgrade_crd(older, "first")
    holder = leader(older)
    wiring = replace(older.stack.wiring, operator_port=free_port())
    command = Command(
        "operator",
        [script("tradingsweep"), "operator"],
        tmp_path / "late.log",
        wiring.operator(),
    )

    with Service(command, f"{wiring.operator_url}/readyz"):
        eventually(
            lambda: httpx.get(f"{wiring.operator_url}/readyz").text,
            lambda said: "is another release's" in said,
            within=PATIENCE,
        )
        older.apply("second", minTrades=14)
        older.wait_until_completed("second")

    assert 1 == len(older.jobs("second"))
    assert "leading" not in (tmp_path / "late.log").read_text()
    assert holder == leader(older)

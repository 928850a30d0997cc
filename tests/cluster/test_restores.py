"""Restores on real parts: the database of an earlier moment, the etcd of one, another cluster."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.binaries import Binaries, found
from dev.controlplane import ControlPlane
from dev.environment import Wiring
from dev.kubectl import Kubectl, find_kubectl
from dev.ports import free_port
from dev.postgres import Postgres
from dev.stack import Stack
from tests.support import api_ledger
from tests.support.eventually import eventually
from tests.support.ground import Ground, Ledgers
from tests.support.manifests import a_sweep
from tests.support.scripted_system import SUBMIT, Scripted, job_of, scripted_system, takes
from tests.support.system import PATIENCE, System

CRDS = Path(__file__).parents[2] / "crds"
TELLS = frozenset({"conditions", "recordVersion", "ledgerID"})
"""All that a hold changes in a status."""


def database_of(system: System) -> str:
    """Return the name of a system's database."""
    return system.stack.wiring.dsn.rpartition("/")[2]


def stop(system: System) -> None:
    """End everything that is connected to the ledger."""
    system.stack.operator.stop()
    system.stack.receiver.stop()


def start(system: System) -> None:
    """Start it again."""
    system.stack.receiver.start().wait_ready()
    system.restart_operator()


def is_held(system: System, name: str) -> bool:
    """Whether a sweep shows that a human is waited for, after a restore."""
    return system.conditions(name).get("Stalled", {}).get("reason") in (
        "LedgerRolledBack",
        "ObjectRestored",
    )


def kept(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Hold a status to what it said before a restore."""
    assert {n: v for n, v in before.items() if n not in TELLS} == {
        n: v for n, v in after.items() if n not in TELLS
    }
    assert after["recordVersion"] >= before["recordVersion"]


@dataclass(frozen=True)
class RolledBack:
    """A system whose database was restored, and how its sweeps stood when that happened."""

    scripted: Scripted
    before: dict[str, dict[str, Any]]
    posts: int

    @property
    def system(self) -> System:
        """The running system."""
        return self.scripted.system


@pytest.fixture(scope="module")
def rolled_back(
    ground: Ground, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RolledBack]:
    """Sweeps that the dump knows, knows less of, and does not know; then the dump is restored."""
    with scripted_system(ground, tmp_path_factory.mktemp("rolled-back")) as scripted:
        system = scripted.system
        submit(scripted, "known-running")
        system.wait_for("known-running", "Running")
        stop(system)
        postgres.create_database(f"{database_of(system)}_dump", database_of(system))
        start(system)
        scripted.ends("known-running")
        system.wait_until_completed("known-running")
        submit(scripted, "lost-running")
        system.wait_for("lost-running", "Running")
        submit(scripted, "lost-finished")
        scripted.ends("lost-finished")
        system.wait_until_completed("lost-finished")
        names = ("known-running", "lost-running", "lost-finished")
        # A running sweep's percentage may be a patch behind: nothing changes any more.
        system.let_pass(1)
        stop(system)
        before = {name: system.status(name) for name in names}
        postgres.drop_database(database_of(system))
        postgres.create_database(database_of(system), f"{database_of(system)}_dump")
        posts = len(scripted.api.asked(SUBMIT))
        start(system)
        yield RolledBack(scripted, before, posts)
        stop(system)
        postgres.drop_database(f"{database_of(system)}_dump")


def submit(scripted: Scripted, name: str) -> None:
    """Apply a sweep whose job runs on and on."""
    scripted.submissions(takes(name))
    scripted.runs(name)
    scripted.system.apply(name)


def test_what_the_restored_database_does_not_know_is_held_or_stays(rolled_back: RolledBack) -> None:
    """No status is lowered; what ended stays so; nothing is sent and nothing is cancelled."""
    system = rolled_back.system
    for name in ("known-running", "lost-running"):
        eventually(partial(is_held, system, name), bool, within=PATIENCE)
    eventually(
        lambda: [w["name"] for w in system.rows("SELECT name FROM sweeps")],
        lambda names: "lost-finished" in names,
        within=PATIENCE,
    )
    system.let_pass(3)

    for name, before in rolled_back.before.items():
        kept(before, system.status(name))
    assert not is_held(system, "lost-finished")
    assert ("Completed", "Completed") == system.standing("lost-finished")
    assert rolled_back.posts == len(rolled_back.scripted.api.asked(SUBMIT))
    assert [] == [r for r in rolled_back.scripted.api.requests if r.path.endswith("/cancel")]


def test_a_human_sees_what_is_held_and_lets_it_go_on(rolled_back: RolledBack) -> None:
    """`audit` lists it with the command; after `release` the job that runs brings its results."""
    system, scripted = rolled_back.system, rolled_back.scripted
    for name in ("known-running", "lost-running"):
        eventually(partial(is_held, system, name), bool, within=PATIENCE)
    status, said = system.command("audit")
    assert (0, "2 held for a human") == (status, said.splitlines()[-1]), said
    assert f"tradingsweep release {system.namespace}/lost-running --cluster" in said
    cluster = said.split("--cluster ")[1].split()[0]

    status, said = system.command("release", "--all", "--cluster", cluster)
    scripted.ends("lost-running")

    assert (0, "2 released") == (status, said.splitlines()[-1]), said
    shown = system.wait_until_completed("lost-running")
    assert job_of("lost-running") == shown["jobID"]
    eventually(
        lambda: system.standing("known-running"), ("Completed", "Completed"), within=PATIENCE
    )
    assert (0, "0 held for a human\n") == system.command("audit")
    assert rolled_back.posts == len(scripted.api.asked(SUBMIT))
    assert [1] == [len(system.results("lost-running"))]


class Cut:
    """A cluster whose etcd can be set back: each life of it is a control plane of its own."""

    def __init__(self, folder: Path, binaries: Binaries) -> None:
        self.kubeconfig = folder / "kubeconfig"
        """The same path in each life."""
        self._folder, self._binaries, self._lives = folder, binaries, 0
        self.kubectl = Kubectl(self.kubeconfig, find_kubectl(), folder / "cache")

    @contextmanager
    def life(self, *, of: int | None = None) -> Iterator[None]:
        """Run it until the block ends, with the objects that were there at the end of a life."""
        self._lives += 1
        home = self._home(self._lives)
        home.mkdir()
        if of is not None:
            shutil.copytree(self._home(of) / "etcd", home / "etcd")
        with ControlPlane(home, self._binaries) as plane:
            shutil.copy(plane.kubeconfig, self.kubeconfig)
            yield

    def _home(self, number: int) -> Path:
        return self._folder / f"life-{number}"

    def status(self, name: str) -> dict[str, Any]:
        """Return the status of a sweep."""
        found: dict[str, Any] = json.loads(
            self.kubectl.run("get", "tsweep", name, "-n", "default", "-o", "json")
        )
        return dict(found["status"])

    def phase(self, name: str) -> str:
        """Return the phase of a sweep."""
        return str(self.status(name)["phase"])

    def stalled(self, name: str) -> str:
        """Return why a sweep waits for a human."""
        conditions = self.status(name)["conditions"]
        return next((c["reason"] for c in conditions if c["type"] == "Stalled"), "")


@pytest.fixture
def cut(tmp_path: Path) -> Cut:
    """A control plane of the test's own."""
    binaries = found()
    assert isinstance(binaries, Binaries)
    return Cut(tmp_path, binaries)


def test_an_etcd_of_an_earlier_moment_runs_and_cancels_nothing(
    cut: Cut, ledgers: Ledgers, tmp_path: Path
) -> None:
    """A sweep whose edit is undone by the restore, and one that is there again, are both held."""
    with ledgers.fresh() as (dsn, receiver_dsn), ExitStack() as stack:
        with cut.life():
            cut.kubectl.run("apply", "--server-side", "-f", str(CRDS))
            cut.kubectl.run("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRDS))
            wiring = Wiring(cut.kubeconfig, dsn, receiver_dsn, namespaces=("default",))
            running = stack.enter_context(Stack(tmp_path, wiring))
            for name in ("edited", "deleted"):
                cut.kubectl.run("apply", "-n", "default", "-f", "-", text=a_sweep(name))
                eventually(partial(cut.phase, name), "Completed", within=PATIENCE)
            running.operator.stop()
        with cut.life(of=1):
            running.operator.start().wait_ready()
            patch = '{"spec": {"minTrades": 77}}'
            cut.kubectl.run("patch", "tsweep", "edited", "--type=merge", "-p", patch)
            eventually(lambda: cut.status("edited").get("run"), 2, within=PATIENCE)
            eventually(partial(cut.phase, "edited"), "Completed", within=PATIENCE)
            cut.kubectl.run("delete", "tsweep", "deleted", "--timeout=10s")
            gone = "SELECT count(*) FROM sweeps WHERE object_gone_at IS NOT NULL"
            eventually(lambda: ask(dsn, gone), 1, within=PATIENCE)
            running.operator.stop()
        with cut.life(of=1):
            running.operator.start().wait_ready()
            for name in ("edited", "deleted"):
                eventually(partial(cut.stalled, name), "ObjectRestored", within=PATIENCE)
                assert "Completed" == cut.phase(name)
            assert 3 == ask(dsn, "SELECT count(*) FROM submissions")
            assert 0 == ask(dsn, "SELECT count(*) FROM outbox WHERE kind = 'cancel'")
            assert 3 == len(api_ledger.jobs(tmp_path / "tradingapi-data"))
            running.operator.stop()


def ask(dsn: str, question: str) -> Any:
    """Return the only value of a query."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as ledger:
        row = ledger.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def test_two_clusters_on_one_database_leave_each_others_sweeps_alone(
    ground: Ground, tmp_path: Path
) -> None:
    """The second operator sees the first one's sweeps, and neither records nor cancels anything."""
    with scripted_system(ground, tmp_path / "first") as scripted:
        system = scripted.system
        submit(scripted, "of-the-first")
        system.wait_for("of-the-first", "Running")
        system.stack.operator.stop()
        second = replace(
            system.stack.wiring,
            operator_port=free_port(),
            operator_settings={
                **system.stack.wiring.operator_settings,
                "TRADINGSWEEP_CLUSTER_ID": "second",
                "TRADINGSWEEP_SHARD": "second",
            },
        )
        (tmp_path / "second").mkdir()
        before = system.recorded("of-the-first")
        with Stack(tmp_path / "second", second).operator as other:
            other.wait_ready()
            scripted.submissions(takes("of-the-second"))
            scripted.ends("of-the-second")
            system.apply("of-the-second")
            system.wait_until_completed("of-the-second")
            system.delete("of-the-first")
            system.let_pass(3)

        assert "second" == system.recorded("of-the-second")["cluster_id"]
        assert before == system.recorded("of-the-first")
        system.restart_operator()
        eventually(
            lambda: [r.path for r in scripted.api.requests if r.path.endswith("/cancel")],
            lambda asked: len(asked) > 0,
            within=PATIENCE,
        )

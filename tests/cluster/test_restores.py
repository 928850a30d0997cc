"""Restores on real parts: the database of an earlier moment, and another cluster on it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dev.ports import free_port
from dev.postgres import Postgres
from dev.stack import Stack
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.scripted_system import (
    SUBMIT,
    Scripted,
    job_of,
    scripted_system,
    takes,
)
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

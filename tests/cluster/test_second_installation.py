"""Two installations in one cluster: apart they do not meet, over the same sweeps they rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from dev.environment import script
from dev.ports import free_port
from dev.processes import Command
from dev.service import Service
from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.system import PATIENCE, System

EVERY = "SELECT namespace FROM sweeps"
QUIET = 8.0
"""Seconds: four of an operator's longest looks at its ledger."""


@contextmanager
def second_operator(ground: Ground, first: System, folder: Path) -> Iterator[Service]:
    """Run an operator with a ledger and a Lease of its own over the first one's sweeps."""
    with ground.ledgers.fresh() as (dsn, receiver_dsn):
        with psycopg.connect(dsn) as ledger:
            # A migration gives each ledger a name; those of tests are copies of one.
            ledger.execute("UPDATE ledger_meta SET ledger_id = gen_random_uuid()")
        settings = {
            **first.stack.wiring.operator_settings,
            "TRADINGSWEEP_LEASE_NAMESPACE": first.namespaces[1],
        }
        wiring = replace(
            first.stack.wiring,
            dsn=dsn,
            receiver_dsn=receiver_dsn,
            operator_port=free_port(),
            operator_settings=settings,
        )
        command = Command(
            "operator",
            [script("tradingsweep"), "operator"],
            folder / "second.log",
            wiring.operator(),
        )
        with Service(command, f"{wiring.operator_url}/readyz") as running:
            yield running.wait_ready()


def writes(system: System) -> int:
    """Return how often operators wrote in the first namespace, but for the Lease."""
    every = system.control_plane.writes(namespace=system.namespace)
    return len([w for w in every if not w.agent.startswith("kubectl") and w.resource != "leases"])


def rests(system: System) -> bool:
    """Whether nothing more is written in the first namespace."""
    system.let_pass(QUIET)
    before = writes(system)
    system.let_pass(QUIET)
    return before == writes(system)


def test_two_ledgers_over_one_sweep_come_to_rest_and_say_why(
    ground: Ground, tmp_path: Path
) -> None:
    """Each holds what the other has signed; answering each other would never end."""
    settings = Settings(operator={"time_scale": "0.2", "max_concurrent_sweeps": "5"}, namespaces=2)
    names = [f"new-{number}" for number in range(5)]
    with ground.system(tmp_path / "first", settings) as first:
        first.apply("finished")
        first.wait_until_completed("finished")
        with second_operator(ground, first, tmp_path):
            assert rests(first)

            for number, name in enumerate(names):
                first.apply(name, minTrades=20 + number)
            eventually(
                lambda: {first.standing(name)[1] for name in names},
                lambda reasons: reasons <= {"LedgerRolledBack", "Completed"},
                within=PATIENCE,
            )

            assert rests(first)
            # An API that keeps keys sees the same cluster, object and question: no other job.
            assert 1 + len(names) == len(first.jobs())
            logs = (tmp_path / "first" / "operator.log", tmp_path / "second.log")
            assert any("another_ledger_writes" in log.read_text() for log in logs)


def test_two_ledgers_over_namespaces_of_their_own_do_not_meet(
    ground: Ground, tmp_path: Path
) -> None:
    """As `watchNamespaces` parts them: each runs its own, once, and knows no other."""
    with ground.system(tmp_path / "one") as one, ground.system(tmp_path / "two") as two:
        for system in (one, two):
            system.apply("same-name")
        for system in (one, two):
            system.wait_until_completed("same-name")

            assert [system.namespace] == [row["namespace"] for row in system.rows(EVERY)]
            assert 1 == len(system.jobs())

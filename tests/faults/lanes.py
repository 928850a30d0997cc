"""Runs side by side: each lane is a process with an API server and a Postgres of its own."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from dev.binaries import prepared
from dev.controlplane import ControlPlane
from dev.environment import RECEIVER_ROLE, migrate
from dev.kubectl import Kubectl, find_kubectl
from dev.postgres import Postgres
from dev.processes import Command, Process
from dev.progress import Quiet
from tests.faults.effects import Cell
from tests.faults.plan import Name, make
from tests.faults.run import Outcome, run
from tests.faults.world import ROOT
from tests.support.ground import Ground, Ledgers

KEPT = ROOT / "build" / "faults"
"""Where the histories of red runs stay."""
CRDS = ROOT / "crds"


@contextmanager
def ground() -> Iterator[Ground]:
    """Start an API server with the CRD and a Postgres, for every run of a lane."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        home = folder / "control-plane"
        home.mkdir()
        control_plane = stack.enter_context(ControlPlane(home, prepared(Quiet())))
        kubectl = Kubectl(control_plane.kubeconfig, find_kubectl(), folder / "kubectl-cache")
        kubectl.run("apply", "--server-side", "-f", str(CRDS))
        kubectl.wait_established(CRDS)
        postgres = stack.enter_context(Postgres(folder / "postgres.log", durable=False))
        migrate(postgres.create_database("migrated"))
        login = postgres.create_login("receiver", RECEIVER_ROLE)
        yield Ground(control_plane, kubectl, Ledgers(postgres, "migrated", login))


@contextmanager
def at_work(
    names: Sequence[str], count: int, folder: Path, mutant: str = ""
) -> Iterator[list[Process]]:
    """Start so many lanes, which share the runs of these names; outcomes come into the folder."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(Process(_lane(names[lane::count], folder, lane, mutant)))
            for lane in range(count)
            if names[lane::count]
        ]


def outcomes(folder: Path) -> list[Outcome]:
    """Read what has become of the runs so far."""
    lines = (line for path in folder.glob("lane-*.jsonl") for line in path.read_text().splitlines())
    return [_read(json.loads(line)) for line in lines]


def _read(line: dict[str, object]) -> Outcome:
    hit = tuple(Cell.read(str(cell)) for cell in json.loads(str(line["hit"])))
    wrong = tuple(map(str, json.loads(str(line["wrong"]))))
    return Outcome(
        str(line["name"]),
        hit,
        wrong,
        float(str(line["recovered_in"])),
        int(str(line["doubled"])),
        Path(str(line["folder"])),
    )


def _lane(names: Sequence[str], folder: Path, lane: int, mutant: str) -> Command:
    return Command(
        name=f"lane {lane}",
        arguments=[sys.executable, "-m", "tests.faults.lanes", str(folder), str(lane), *names],
        log=folder / f"lane-{lane}.log",
        environment={"FAULTS_MUTANT_OF_RUNS": mutant},
        folder=ROOT,
        grace=30.0,
    )


def main(folder: Path, lane: int, names: Sequence[str]) -> None:
    """Run plans one after the other, and write each outcome as a line."""
    mutant = os.environ.get("FAULTS_MUTANT_OF_RUNS", "")
    with ground() as standing, (folder / f"lane-{lane}.jsonl").open("a") as out:
        for name in names:
            where = KEPT / f"{name}{'-' + mutant if mutant else ''}-{os.getpid()}"
            outcome = run(standing, make(Name.read(name)), where, mutant=mutant)
            line = asdict(outcome) | {
                "hit": json.dumps([str(cell) for cell in outcome.hit]),
                "wrong": json.dumps(outcome.wrong),
            }
            out.write(json.dumps(line, default=str) + "\n")
            out.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])

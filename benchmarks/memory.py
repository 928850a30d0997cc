"""`make bench-memory`: what an operator holds, and how it starts, beside 10,000 finished sweeps.

A real API server, Postgres, Trading API, receiver and operator. COUNT=1000 is quicker.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

from benchmarks.bars import ROOT, Bar, at_most, below, exactly, report
from benchmarks.memory_crowd import multiply
from dev.service import Service
from tests.faults.lanes import ground
from tests.support.ground import Settings
from tests.support.system import System

COUNT = int(os.environ.get("COUNT", "10000"))
MOST_MIB = 150.0
MOST_SECONDS = 30.0
"""From the start of the process to a new sweep's end, with all the finished ones listed."""
SETTLED = 15.0
"""Seconds after a start: what it takes and gives back is given back."""
PATIENCE = 300.0
AS_IN_AN_IMAGE = Settings(
    operator={"LEASE_SECONDS": "15"},
    everybody={
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode"),
    },
)
"""The Lease of a release, where tests have a short one. The bytecode is there when the operator is
measured: to compile it takes 80 MiB."""


def main() -> int:
    """Measure, show and write; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="memory-") as folder, ground() as place:
        where = Path(folder) / "system"
        where.mkdir()
        with place.system(where, AS_IN_AN_IMAGE) as system:
            bars = measure(system)
    return 0 if report("memory", bars) else 1


def measure(system: System) -> list[Bar]:
    """Start an operator beside a crowd that has finished, and one sweep that waits."""
    operator = system.stack.operator
    system.apply("finished", preset="Standard")
    system.wait_until_completed("finished")
    operator.stop()
    system.restart_operator()
    time.sleep(SETTLED)
    alone = _mib(operator)
    operator.stop()
    multiply(system, "finished", COUNT)
    system.apply("new")
    patched, posted = _patches(system), len(system.jobs())

    began = time.monotonic()
    operator.start()
    with _watched(operator) as peak:
        operator.wait_ready()
        system.wait_until_completed("new", within=PATIENCE)
        took = time.monotonic() - began
        time.sleep(SETTLED)
    settled = _mib(operator)

    crowd = f"beside {COUNT:,} finished sweeps"
    return [
        at_most("operator: resident memory beside one finished sweep", alone, "MiB", MOST_MIB),
        below(f"operator: resident memory {crowd}", settled, "MiB", MOST_MIB),
        below(f"operator: highest resident memory of its start {crowd}", peak.mib, "MiB", MOST_MIB),
        below(f"start to a waiting sweep's end {crowd}", took, "s", MOST_SECONDS),
        exactly("status patches of finished sweeps", _patches(system) - patched, "", 0),
        exactly(
            "jobs at the Trading API beside the new sweep's", len(system.jobs()) - posted, "", 1
        ),
    ]


@dataclass
class Peak:
    """The most that was seen."""

    mib: float = 0.0


@contextmanager
def _watched(operator: Service) -> Iterator[Peak]:
    """Look at a process often until the block ends."""
    peak, over = Peak(), Event()

    def look() -> None:
        while not over.wait(0.05):
            peak.mib = max(peak.mib, _mib(operator))

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _mib(operator: Service) -> float:
    """Return the resident memory of the program, which the leash has started as its child."""
    leash = psutil.Process(operator.process.pid)
    return max(one.memory_info().rss for one in (leash, *leash.children(recursive=True))) / 2**20


def _patches(system: System) -> int:
    """Count the status patches that the API server accepted of all but the new sweep."""
    writes = system.control_plane.writes(
        namespace=system.namespace, resource="tradingsweeps", subresource="status"
    )
    return sum(1 for write in writes if write.code < 300 and write.name != "new")


if __name__ == "__main__":
    sys.exit(main())

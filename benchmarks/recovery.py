"""`make bench-recovery`: how long it takes without the leader, and without a single callback.

A real API server, Postgres, Trading API and receiver, two operators, and the delays and the Lease
of a release (15, 10 and 2 seconds). KILLS=10 and LOST=100 measure more.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.bars import Bar, below, exactly, report, shown
from dev.ports import free_port
from dev.service import Service
from tests.faults.lanes import ground
from tests.support.eventually import eventually
from tests.support.ground import Settings
from tests.support.system import System

KILLS = int(os.environ.get("KILLS", "5"))
LOST = int(os.environ.get("LOST", "20"))
MOST_SECONDS = 20.0
"""From the death of a leader until another one leads."""
PATIENCE = 120.0
AS_RELEASED = Settings(operator={"lease_seconds": "15"}, api={"min_job_seconds": "2"})
_LOOK_EVERY = 0.05


def main() -> int:
    """Measure, show and write; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="recovery-") as folder, ground() as place:
        where = Path(folder) / "system"
        where.mkdir()
        with place.system(where, AS_RELEASED) as system:
            bars = [*without_callbacks(system), *without_the_leader(system)]
    return 0 if report("recovery", bars) else 1


def without_callbacks(system: System) -> list[Bar]:
    """Run sweeps while nobody takes callbacks: the stream and the last question have to do."""
    names = [f"lost-{number}" for number in range(LOST)]
    system.stack.receiver.stop()
    for name in names:
        system.apply(name, runID=name)
    for name in names:
        system.wait_until_completed(name, within=PATIENCE)
    system.stack.receiver.start().wait_ready()
    heard = system.rows("SELECT count(*) AS n FROM callback_inbox")[0]["n"]
    took = sorted(_recovered(system, name) for name in names)
    return [
        exactly("sweeps completed without a callback", len(took), "", LOST),
        exactly("callbacks that were stored meanwhile", heard, "", 0),
        shown("job's end to the recorded end, median", statistics.median(took), "s"),
        shown("job's end to the recorded end, longest", took[-1], "s"),
    ]


def _recovered(system: System, name: str) -> float:
    """Return the seconds from the end of a sweep's job to its results in the ledger."""
    (job,) = system.jobs(name)
    assert job.ended_at is not None
    (end,) = system.rows(
        "SELECT t.at FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid"
        " WHERE s.namespace = %s AND s.name = %s AND t.to_phase = 'Completed'",
        system.namespace,
        name,
    )
    return float(end["at"].timestamp() - job.ended_at)


def without_the_leader(system: System) -> list[Bar]:
    """Kill whoever leads, again and again, each time with a sweep at the API."""
    with another_operator(system) as other:
        took = [_taken_over(system, f"led-{number}", other) for number in range(KILLS)]
    jobs = [len(system.jobs(f"led-{number}")) for number in range(KILLS)]
    return [
        below(
            f"leader killed to another one leading, longest of {KILLS}",
            max(took),
            "s",
            MOST_SECONDS,
        ),
        shown("leader killed to another one leading, median", statistics.median(took), "s"),
        exactly("jobs of sweeps whose leader was killed, most of one", max(jobs), "", 1),
    ]


def _taken_over(system: System, name: str, other: Service) -> float:
    """Kill the leader; return the seconds until the ledger has a new epoch, and bring it back."""
    led = _leader(system, other)
    epoch = _epoch(system)
    system.apply(name, runID=name)
    eventually(lambda: system.jobs(name), bool, within=PATIENCE)
    began = time.monotonic()
    led.kill()
    while _epoch(system) == epoch:
        assert time.monotonic() - began < PATIENCE, "nobody leads"
        time.sleep(_LOOK_EVERY)
    took = time.monotonic() - began
    system.wait_until_completed(name, within=PATIENCE)
    led.start().wait_ready()
    return took


def _epoch(system: System) -> int:
    """Whoever leads has added 1 to it before it does anything."""
    return int(system.rows("SELECT max(epoch) AS epoch FROM leaders")[0]["epoch"])


def _leader(system: System, other: Service) -> Service:
    """Return the operator whose process holds the Lease."""
    lease = system.objects.lease(system.namespace)
    assert lease is not None
    holder = int(lease["spec"]["holderIdentity"].rpartition("-")[2])
    root = psutil.Process(other.process.pid)
    family = {one.pid for one in (root, *root.children(recursive=True))}
    return other if holder in family else system.stack.operator


@contextmanager
def another_operator(system: System) -> Iterator[Service]:
    """Run a second one, as a release does, until the block ends."""
    usual, port = system.stack.operator.command, free_port()
    command = replace(
        usual,
        name="other-operator",
        log=usual.log.with_name("other-operator.log"),
        environment={**usual.environment, "TRADINGSWEEP_HEALTH_PORT": str(port)},
    )
    with Service(command, f"http://127.0.0.1:{port}/readyz") as service:
        yield service.wait_ready()


if __name__ == "__main__":
    sys.exit(main())

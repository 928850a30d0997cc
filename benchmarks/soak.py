"""`make soak`: a stream of sweeps for minutes or hours, while memory and descriptors stay flat.

Ten minutes at 20 sweeps a second; SECONDS=60 is shorter, LONG=1 two hours, RATE=5 slower.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks.bars import Bar, at_most, exactly, report
from dev.service import Service
from tests.faults.lanes import ground
from tests.support.ground import Settings
from tests.support.manifests import a_sweep
from tests.support.system import System

RATE = float(os.environ.get("RATE", "20"))
LONG_SECONDS = 7200
SECONDS = float(os.environ.get("SECONDS", LONG_SECONDS if os.environ.get("LONG") == "1" else 600))
GRACE = 120.0
"""Seconds after the last sweep in which all must have ended."""
TTL = 30
"""Seconds after which a finished sweep's object goes: as many come as go, and memory has no reason
to grow."""
MOST_MIB_AN_HOUR = 32.0
"""What is left of a slope where nothing leaks: caches that fill, a heap that settles."""
SPARE_DESCRIPTORS = 16
EXPECTED = frozenset(
    {
        "callback",
        "decided",
        "leading",
        "operator_started",
        "operator_stopped",
        "receiver",
        "receiver stopped",
    }
)
"""Every line that a process may write while nothing is wrong."""
SETTINGS = Settings(
    operator={"max_concurrent_sweeps": "50", "workers": "16"},
    api={"workers": "4"},
)


@dataclass(frozen=True)
class Sample:
    """What one process held at a moment."""

    at: float
    mib: float
    descriptors: int


def main() -> int:
    """Run, measure, show and write; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, ground() as place:
        where = Path(folder) / "system"
        where.mkdir()
        with place.system(where, SETTINGS) as system:
            watched = {"operator": system.stack.operator, "receiver": system.stack.receiver}
            samples: dict[str, list[Sample]] = {name: [] for name in watched}
            known = {name: len(_log(where, name)) for name in watched}
            sent = _send(system, watched, samples)
            bars = [*_accounts(system, sent), *_flat(samples), *_lines(where, known)]
    return 0 if report("soak", bars) else 1


def _send(system: System, watched: dict[str, Service], samples: dict[str, list[Sample]]) -> int:
    """Apply sweeps at the rate, a second's worth at a time; returns how many."""
    begun, sent = time.monotonic(), 0
    while (now := time.monotonic() - begun) < SECONDS:
        due = int(now * RATE) - sent
        if due > 0:
            _apply(system, sent, due)
            sent += due
        for name, service in watched.items():
            samples[name].append(_sample(service, now))
        time.sleep(max(0.0, 1.0 - (time.monotonic() - begun - now)))
    return sent


def _apply(system: System, first: int, count: int) -> None:
    """Create some sweeps; each asks another question, so none is used again."""
    for number in range(first, first + count):
        name = f"soak-{number}"
        system.objects.create(
            system.namespace, a_sweep(name, runID=name, ttlSecondsAfterFinished=TTL)
        )


def _sample(service: Service, at: float) -> Sample:
    """Add up the process and its children: the leash starts the program as its child."""
    process = psutil.Process(service.process.pid)
    whole = [process, *process.children(recursive=True)]
    mib = sum(one.memory_info().rss for one in whole) / 2**20
    return Sample(at, mib, sum(one.num_fds() for one in whole))


def _accounts(system: System, sent: int) -> list[Bar]:
    """Hold three accounts against each other once all have had their time."""
    end = time.monotonic() + GRACE
    while time.monotonic() < end and _ended(system).total() < sent:
        time.sleep(1)
    ended = _ended(system)
    (stored,) = system.rows("SELECT count(DISTINCT submission_key) AS n FROM trading_sweep_results")
    while time.monotonic() < end and system.objects.sweeps(system.namespace):
        time.sleep(1)
    left = len(system.objects.sweeps(system.namespace))
    return [
        exactly("sweeps applied and completed in the ledger", ended["Completed"], "", sent),
        exactly("sweeps with stored results", stored["n"], "", sent),
        exactly("jobs at the Trading API", len(system.jobs()), "", sent),
        exactly("objects left after their time", left, "", 0),
    ]


def _ended(system: System) -> Counter[str]:
    rows = system.rows(
        "SELECT phase, count(*) AS n FROM sweeps WHERE phase IN ('Completed', 'Failed')"
        " GROUP BY phase"
    )
    return Counter({row["phase"]: row["n"] for row in rows})


def _flat(samples: dict[str, list[Sample]]) -> list[Bar]:
    """Fit the second half: what a start costs is over by then."""
    bars: list[Bar] = []
    for name, all_of_them in samples.items():
        settled = list(islice(all_of_them, len(all_of_them) // 2, None))
        slope = 3600 * _slope([(one.at, one.mib) for one in settled])
        spread = max(s.descriptors for s in settled) - min(s.descriptors for s in settled)
        bars += [
            at_most(f"{name}: resident memory, slope", slope, "MiB/h", MOST_MIB_AN_HOUR),
            at_most(f"{name}: descriptors, spread", spread, "", SPARE_DESCRIPTORS),
        ]
    return bars


def _slope(points: list[tuple[float, float]]) -> float:
    """Return the least squares' slope."""
    count = len(points)
    middle_x = sum(x for x, _ in points) / count
    middle_y = sum(y for _, y in points) / count
    width = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / width if width else 0.0


def _lines(folder: Path, known: dict[str, int]) -> list[Bar]:
    """Count what operator and receiver wrote, since all was ready, beside what is expected."""
    unexpected: Counter[str] = Counter()
    for name, before in known.items():
        for line in _log(folder, name)[before:]:
            said = _read(line)
            if said["event"] not in EXPECTED or said["level"] not in ("info", "debug"):
                unexpected[f"{name}: {said['level']}: {said['event']}"] += 1
    for what, count in unexpected.most_common(20):
        print(f"unexpected, {count} times: {what}", file=sys.stderr)
    return [exactly("unexpected log lines", unexpected.total(), "", 0)]


def _log(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.log").read_text().splitlines()


def _read(line: str) -> dict[str, Any]:
    """Read a line of a log; what is no JSON is an event of its own, and never an expected one."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return {"level": "no JSON", "event": line[:200]}


if __name__ == "__main__":
    sys.exit(main())

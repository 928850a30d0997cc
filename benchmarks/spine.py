"""`make bench-spine`: what the way from `kubectl apply` to stored results costs.

With LONG=1 also the whole test suite, and the demo from a fresh clone with an empty home.
"""

import os
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

from benchmarks.bars import Bar, at_most, below, exactly, report
from benchmarks.commands import demo_from_a_fresh_clone, duration_of_the_tests, warm_demo
from tests.cluster.kills import DOCUMENTED_SURFACE, EVERY_FEATURE, KILLS, ONCE, outcome
from tests.faults.lanes import ground
from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.system import PATIENCE, System

CRDS = Path(__file__).parents[1] / "crds"
QUICK_SWEEPS = 5
LONG_SECONDS = 21
QUIET_SECONDS = 20


def main() -> int:
    """Measure, show and write; returns the exit status."""
    bars = [below("demo, warm: to the last sweep finished", warm_demo(), "s", 30)]
    with tempfile.TemporaryDirectory(prefix="bench-spine-") as folder, ground() as standing:
        bars += _writes(standing, Path(folder))
        bars += _kills(standing, Path(folder))
    if os.environ.get("LONG") == "1":
        bars.append(below("the whole test suite", duration_of_the_tests(), "s", 15 * 60))
        bars.append(below("demo, fresh clone", demo_from_a_fresh_clone(), "s", 12 * 60))
    return 0 if report("spine", bars) else 1


def _writes(ground: Ground, folder: Path) -> list[Bar]:
    """Count what sweeps cost at the API server, with the delays of production."""
    with ground.system(_new(folder / "quick")) as system:
        quick = [_cost(system, f"quick-{number}") for number in range(QUICK_SWEEPS)]
        before = sum(_written(system).values())
        system.let_pass(QUIET_SECONDS)
        at_rest = sum(_written(system).values()) - before
        others = _written(system).keys() - {"patch tradingsweeps/status", "create events"}
    settings = Settings(api={"min_job_seconds": str(LONG_SECONDS)})
    with ground.system(_new(folder / "long"), settings) as system:
        patches, events = _cost(system, "long")
        ran = _seconds(system, "long")
    return [
        at_most("status patches of a quick sweep, worst of 5", max(q[0] for q in quick), "", 2),
        exactly("Events of a quick sweep, worst of 5", max(q[1] for q in quick), "", 1),
        exactly("other kinds of writes of the operator", len(others), "", 0),
        exactly(f"writes at rest in {QUIET_SECONDS} s, the Lease apart", at_rest, "", 0),
        at_most(f"status patches of a sweep that ran {ran:.0f} s", patches, "", 3 + ran / 5),
        exactly("Events of a long sweep", events, "", 1),
    ]


def _kills(ground: Ground, folder: Path) -> list[Bar]:
    """Kill the operator once at each step, at an API with every feature and with none."""
    bars: list[Bar] = []
    for what, settings in (
        ("an API with every feature", EVERY_FEATURE),
        ("the documented API", DOCUMENTED_SURFACE),
    ):
        with ground.system(_new(folder / f"kills-{len(bars)}"), settings) as system:
            survived = sum(_has_survived(system, number) for number in range(len(KILLS)))
        name = f"kills of the operator survived with one job, at {what}"
        bars.append(exactly(name, survived, f"of {len(KILLS)}", len(KILLS)))
    return bars


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _has_survived(system: System, number: int) -> bool:
    try:
        found = outcome(KILLS[number], system)
    except AssertionError as error:
        print(f"{KILLS[number].name}: {error}", file=sys.stderr)
        return False
    if found != ONCE:
        print(f"{KILLS[number].name}: {found}", file=sys.stderr)
        return False
    return True


def _cost(system: System, name: str) -> tuple[int, int]:
    """Run a sweep to its end; returns its status patches and its Events."""
    system.apply(name)
    system.wait_until_completed(name, within=LONG_SECONDS + PATIENCE)
    eventually(lambda: len(system.objects.events(system.namespace, name)), 1, within=PATIENCE)
    # What would still come late is counted too.
    system.let_pass(3)
    return len(system.patches(name)), len(system.objects.events(system.namespace, name))


def _written(system: System) -> Counter[str]:
    """Count what the operator wrote, by kind; its Lease does not count."""
    return Counter(
        f"{write.verb} {write.resource}/{write.subresource}".rstrip("/")
        for write in system.control_plane.writes(namespace=system.namespace)
        if not write.agent.startswith("kubectl") and write.resource != "leases"
    )


def _seconds(system: System, name: str) -> float:
    status = system.status(name)
    ended, sent = (datetime.fromisoformat(status[at]) for at in ("completedAt", "submittedAt"))
    return (ended - sent).total_seconds()


if __name__ == "__main__":
    sys.exit(main())

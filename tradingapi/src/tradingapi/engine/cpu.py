"""How many processors this process may use: affinity, and the quota of its control groups."""

import math
import os
from collections.abc import Iterator
from pathlib import Path


def processors(root: Path = Path("/")) -> int:
    """Return how many threads can run at once, at least 1.

    A container sees all processors of its node, and is stopped for most of each period if it
    uses more than its quota. The quota of each group above counts too.
    """
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    return max(1, min([allowed, *map(math.ceil, _quotas(root))]))


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quotas, in processors, of control groups of version 2 and 1."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if controllers == "":
            for folder in _upwards(root / "sys/fs/cgroup", group):
                yield from _quota(*_text(folder / "cpu.max").split()[:2])
        elif "cpu" in controllers.split(","):
            for folder in _upwards(root / "sys/fs/cgroup/cpu", group):
                quota, period = (
                    _text(folder / "cpu.cfs_quota_us"),
                    _text(folder / "cpu.cfs_period_us"),
                )
                yield from _quota(*quota.split(), *period.split())


def _quota(*figures: str) -> Iterator[float]:
    """Yield quota / period; nothing for `max`, -1 or what is not there."""
    if len(figures) == 2 and all(figure.isdigit() for figure in figures) and int(figures[1]):
        yield int(figures[0]) / int(figures[1])


def _upwards(mount: Path, group: str) -> Iterator[Path]:
    """Yield the group's folder and those above it; inside a container only the mount is there."""
    folder = mount / group.lstrip("/")
    while folder != mount and mount in folder.parents:
        yield folder
        folder = folder.parent
    yield mount


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""

"""Many tickers on a Dask cluster of worker processes on this machine: two against one.

Wall time from the order to the answer with its portfolio, on warm workers, in turns; then the same
with a worker killed midway. Two workers need two free processors: the machine should be quiet.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from distributed import LocalCluster

from benchmarks.bars import Bar, exactly, goal, report
from tests.tickers.cluster import a_cluster, answered, asked, built, same, silent
from tradingapi.results.library import Fresh
from tradingapi.services import Services
from tradingapi.sweeping import Tell

TICKERS: Final = 200
TURNS: Final = 3
GRID: Final = {"fast_range": "[2, 200]", "slow_range": "[5, 400]", "min_trades": "10"}
"""About 60,000 pairs on each ticker, on ten years of days."""

GOAL: Final = 1.6
KILLED_AT: Final = 0.4
"""Part of a job's progress at which a worker is killed."""


def main() -> int:
    """Measure, show, and say by the exit status whether the bytes are the same."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_:
        places = map(Path(folder).joinpath, map(str, range(9)))
        clusters = [open_.enter_context(a_cluster(next(places), workers=n)) for n in (1, 2)]
        servers = [
            open_.enter_context(built(next(places), dask=cluster.scheduler_address))
            for cluster in clusters
        ]
        here = open_.enter_context(built(next(places)))
        bars = list(measured(here, servers, clusters))
    return 0 if report("dask", bars) else 1


def measured(
    here: Services, servers: list[Services], clusters: list[LocalCluster]
) -> Iterator[Bar]:
    """Warm up, take turns, and kill."""
    for server in servers:
        timed(server)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(TURNS):
        for workers, server in enumerate(servers, 1):
            took, found = timed(server)
            seconds[workers].append(took)
    one, two = median(seconds[1]), median(seconds[2])
    threads, expected = timed(here)
    killed, after = timed(servers[1], killer(clusters[1]))
    print(
        f"{TICKERS} tickers, {expected.content.pairs:,} pairs: {one:.1f} s on one worker, "
        f"{two:.1f} s on two, {killed:.1f} s with one of two killed; {threads:.1f} s in one "
        f"process on its own threads; load {os.getloadavg()[0]:.1f}"
    )
    yield goal("Two workers, times one", one / two, "x", GOAL)
    yield exactly("The cluster's bytes are one process' own", same(expected, found), "", 1)
    yield exactly("The same bytes with a worker killed midway", same(expected, after), "", 1)


def timed(server: Services, tell: Tell = silent) -> tuple[float, Fresh]:
    """Sweep all tickers anew."""
    begun = time.perf_counter()
    found = answered(server, asked(TICKERS, **GRID), tell)
    return time.perf_counter() - begun, found


def killer(cluster: LocalCluster) -> Tell:
    """Return who kills a worker once so much is done."""
    victims = [next(iter(cluster.workers.values())).pid]

    def tell(part: float, _words: str) -> None:
        if part > KILLED_AT and victims:
            os.kill(int(victims.pop()), signal.SIGKILL)

    return tell


if __name__ == "__main__":
    sys.exit(main())

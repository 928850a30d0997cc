"""The Trading API's bars over HTTP: what it adds to the engine, pages, its start.

The server is a process of its own, and so is what it calls back; the machine should be quiet.
"""

import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from statistics import median

import httpx

from benchmarks.bars import Bar, below, report
from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import KEY, SEEDS_FORM, Api, serving
from tradingapi.results.metric import Metric

ROUNDS = 40
WARM_UP = 5
PAGES = 200
GRID = {"fast_range": "2-150", "slow_range": "5-250", "step": "2", "min_trades": "10"}
"""About 8,000 pairs."""


def main() -> int:
    """Measure, show, and say by the exit status whether every bar is met."""
    with tempfile.TemporaryDirectory() as folder, CallbackServer() as receiver:
        begun = time.perf_counter()
        with serving(Path(folder)) as api:
            start = time.perf_counter() - begun
            bars = [below("Server start to the first answer", start, "s", 3)]
            bars += round_trip(api, receiver)
            bars.append(pages(api))
    return 0 if report("api", bars) else 1


def round_trip(api: Api, receiver: CallbackServer) -> list[Bar]:
    """Submit the seed's example and wait for its callback, new questions and known ones."""
    added, again = [], []
    with httpx.Client(base_url=api.url, headers=KEY) as client:
        for number in range(ROUNDS):
            form = {**SEEDS_FORM, "webhook_url": receiver.url, "fee_bps": str(5 + number / 1_000)}
            seconds, own = one_sweep(client, receiver, form)
            added.append(seconds - own)
            again.append(one_sweep(client, receiver, form)[0])
    return [
        below("Added to the engine's time, median", 1e3 * median(added[WARM_UP:]), "ms", 50),
        below("The same question again, whole, median", 1e3 * median(again[WARM_UP:]), "ms", 50),
    ]


def one_sweep(
    client: httpx.Client, receiver: CallbackServer, form: dict[str, str]
) -> tuple[float, float]:
    """Return the seconds from the POST to the callback, and those that the sweep says it took."""
    begun = time.perf_counter()
    client.post("/api/v1/strategy/sweep", data=form).raise_for_status()
    result = receiver.next().body["result_data"]
    return time.perf_counter() - begun, float(result["execution_time_seconds"])


def pages(api: Api) -> Bar:
    """Ask for pages of 100 rows in every order, once each order has been asked for."""
    path = f"/api/v1/sweeps/{api.finish(GRID)}/results"
    seconds = []
    with httpx.Client(base_url=api.url, headers=KEY) as client:
        for metric in Metric:
            client.get(path, params={"sort": metric.value}).raise_for_status()
        for _, metric in zip(range(PAGES), cycle(Metric), strict=False):
            begun = time.perf_counter()
            client.get(path, params={"sort": metric.value}).raise_for_status()
            seconds.append(time.perf_counter() - begun)
    p99 = sorted(seconds)[int(0.99 * PAGES)]
    return below("Warm page of 100 rows in any order, p99", 1e3 * p99, "ms", 30)


if __name__ == "__main__":
    sys.exit(main())

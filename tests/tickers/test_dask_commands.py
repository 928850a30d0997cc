"""The README's commands for a cluster, run as they stand there but for the ports."""

import shlex
import sys
from pathlib import Path
from typing import Any

from dev.ports import free_port
from dev.processes import Command, Process
from tests.support.eventually import eventually
from tests.tradingapi.server import serving

THREE: dict[str, Any] = {"ticker": None, "tickers": "SYN:A,SYN:B,SYN:C", "min_trades": "10"}

README = Path(__file__).parents[2] / "tradingapi/README.md"


def commands(port: int) -> list[list[str]]:
    """Read scheduler and workers, with a free port in the place of the documented one."""
    lines = README.read_text("utf-8").replace("\\\n", "").splitlines()
    shown = [line.removeprefix("$ ") for line in lines if line.startswith("$ dask ")]
    return [shlex.split(line.replace("8786", str(port))) for line in shown]


def test_a_server_sweeps_on_the_cluster_that_the_readme_starts(tmp_path: Path) -> None:
    """A scheduler, two workers, and three tickers."""
    port = free_port()
    scheduler, workers = (
        Command(
            name,
            [sys.executable, "-m", "dask", *arguments[1:]],
            tmp_path / f"{name}.log",
            folder=tmp_path,
        )
        for name, arguments in zip(("scheduler", "workers"), commands(port), strict=True)
    )
    with (
        Process(scheduler),
        Process(workers),
        serving(tmp_path / "api", dask=f"tcp://127.0.0.1:{port}") as api,
    ):
        eventually(
            (tmp_path / "scheduler.log").read_text,
            lambda log: log.count("Register worker") == 2,
            within=60,
        )
        run = api.finish(THREE)

        assert 3 == api.get(f"/api/v1/sweeps/{run}/best").json()["ticker_count"]

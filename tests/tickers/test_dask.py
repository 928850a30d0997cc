"""Many tickers on a real Dask cluster of worker processes on this machine."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from tests.support.eventually import eventually
from tests.tickers.cluster import GRID, a_cluster, answered, asked, built, same, silent
from tests.tradingapi.server import serving
from tradingapi.dask_cluster.client import DaskTickers
from tradingapi.dask_cluster.task import Order
from tradingapi.gathering import SWEPT, BadTickersError, ClusterAwayError, ClusterError
from tradingapi.tickers import BadTickerError


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Two workers."""
    with a_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


def test_a_cluster_finds_what_this_process_finds_to_the_byte(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    """Question, rows, portfolio and parts: one may answer for the other."""
    request = asked(5)
    with built(tmp_path / "here") as here:
        expected = answered(here, request)
    with built(tmp_path / "there", dask=cluster.scheduler_address) as there:
        found = answered(there, request)

        assert same(expected, found)
        assert [] == list((tmp_path / "there").glob("parts/*/*"))


def test_a_killed_worker_costs_its_tasks_again_and_nothing_else(tmp_path: Path) -> None:
    """Same bytes; and what was done before it died is not done again."""
    request, tickers = asked(24), 24
    with built(tmp_path / "here") as here:
        expected = answered(here, request)
    before: dict[str, int] = {}
    after: dict[str, int] = {}

    def written() -> dict[str, int]:
        files = (tmp_path / "there").glob("parts/*/*/*.parquet")
        return {file.name: file.stat().st_mtime_ns for file in files}

    with a_cluster(tmp_path / "dask") as cluster:
        victim = int(next(iter(cluster.workers.values())).pid)

        def kill(part: float, words: str) -> None:
            done = round(part / SWEPT * tickers)
            if "Sweeping" in words and done >= 6 and not before:
                before.update(written())
                os.kill(victim, signal.SIGKILL)
            if "Sweeping" in words and before:
                after.update(written())

        with built(tmp_path / "there", dask=cluster.scheduler_address) as there:
            found = answered(there, request, kill)

    assert same(expected, found)
    assert 6 <= len(before) < tickers
    # The victim may have written some that it could not deliver any more: two at most are done
    # ahead of those that were counted.
    again = [name for name, at in before.items() if after[name] != at]
    assert len(again) <= 2


def test_wrong_tickers_are_told_as_without_a_cluster(cluster: LocalCluster, tmp_path: Path) -> None:
    """Those without prices all at once, then the first with too few."""
    none = asked(0, tickers=["SYN:A", "NONE1", "SYN:B", "NONE2"])
    short = asked(3, end="2013-06-01")
    with built(tmp_path, dask=cluster.scheduler_address) as there:
        with pytest.raises(BadTickersError) as missing:
            there.many.answer(none, silent)
        with pytest.raises(BadTickerError, match=r"^SYN:000: 22 bars, at least"):
            there.many.answer(short, silent)

    assert ("NONE1", ["NONE2"]) == (missing.value.ticker, missing.value.others)


def test_workers_that_share_no_folder_are_told(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting is named that is wrong."""
    orders = DaskTickers._orders

    def elsewhere(*asked: Any) -> dict[int, Order]:
        made = orders(*asked).items()
        return {number: replace(order, shared=tmp_path / "other") for number, order in made}

    monkeypatch.setattr(DaskTickers, "_orders", elsewhere)
    with (
        built(tmp_path, dask=cluster.scheduler_address) as there,
        pytest.raises(ClusterError, match="dask_dir: must be one folder"),
    ):
        there.many.answer(asked(2), silent)


def test_whoever_is_told_may_end_it_and_nothing_is_left(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    """Tasks that wait are cancelled, and the folder of the job is gone."""

    def stop(part: float, _words: str) -> None:
        if part > 0:
            raise InterruptedError

    with built(tmp_path, dask=cluster.scheduler_address) as there:
        with pytest.raises(InterruptedError):
            there.many.answer(asked(40), stop)

        scheduler = cluster.scheduler
        assert scheduler is not None
        assert [] == list(tmp_path.glob("parts/*/*"))
        eventually(
            lambda: len(scheduler.tasks),
            lambda tasks: tasks == 0,
            within=60,
        )


def test_a_server_sweeps_on_its_cluster(cluster: LocalCluster, tmp_path: Path) -> None:
    """From the POST to pairs on one ticker, whose prices the workers left for it."""
    tickers = {"ticker": None, "tickers": "SYN:A,SYN:B,SYN:C", **GRID}
    with serving(tmp_path, dask=cluster.scheduler_address) as api:
        run = api.finish(tickers)
        best = api.get(f"/api/v1/sweeps/{run}/best").json()
        first = best["results"][0]
        pair = f"{first['fast_period']}/{first['slow_period']}"
        equity = api.get(f"/api/v1/sweeps/{run}/pairs/{pair}/equity", ticker="SYN:B")

        assert (3, pair) == (best["ticker_count"], best["portfolio"]["pair"])
        assert 200 == equity.status_code


def test_a_cluster_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    """The job waits, and no try is used up by looking."""
    with a_cluster(tmp_path / "dask", workers=1) as cluster:
        address = cluster.scheduler_address
        with built(tmp_path / "data", dask=address) as there:
            answered(there, asked(2))
            cluster.close()
            with pytest.raises(ClusterAwayError, match="Dask cluster is away") as away:
                there.many.answer(asked(2), silent)

    assert 30 == away.value.retry_after

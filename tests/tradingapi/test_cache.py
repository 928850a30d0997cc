"""The same question on the same data is answered once, and what is old is deleted."""

import sqlite3
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.support.eventually import eventually
from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import Api, serving

DAY = 86_400.0


def results(folder: Path) -> set[str]:
    """List the names of the stored results."""
    return {path.stem for path in (folder / "data" / "results").iterdir()}


def best(api: Api, run_id: str) -> dict[str, Any]:
    """Read the best rows without what names the run and the moment."""
    answer = api.get(f"/api/v1/sweeps/{run_id}/best", include_excluded=True)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    del body["sweep_run_id"], body["query_timestamp"]
    return body


def age(folder: Path, seconds: float) -> None:
    """Make everything in a stopped server's file older."""
    with sqlite3.connect(folder / "data" / "tradingapi.sqlite3") as db:
        db.execute("UPDATE contents SET used_at = used_at - ?", (seconds,))
        db.execute("UPDATE jobs SET ended_at = ended_at - ?", (seconds,))
    db.close()


def test_the_same_question_is_computed_once(tmp_path: Path) -> None:
    """A new job and a new run with the same rows, from one file; the callback's address is new."""
    with serving(tmp_path) as api:
        first = api.finish()
        second = api.finish({"webhook_url": "http://127.0.0.1:9/another"})

        assert first != second
        assert best(api, first) == best(api, second)
        assert 1 == len(results(tmp_path))
        assert ['"fresh": true', '"fresh": false'] == [
            word
            for line in api.log.splitlines()
            for word in ('"fresh": true', '"fresh": false')
            if word in line
        ]


def test_another_question_is_another_result(tmp_path: Path) -> None:
    """Any parameter that could change an answer makes a new one."""
    changes: list[dict[str, str]] = [
        {},
        {"ticker": "ETH-USD"},
        {"step": "4"},
        {"fast_range": "10-19"},
        {"min_trades": "51"},
        {"strategy_type": "EMA"},
        {"strategy_type": "MACD"},
        {"strategy_type": "MACD", "signal_period": "8"},
        {"config_path": "standard"},
        {"fee_bps": "11"},
        {"slippage_bps": "1"},
        {"fill": "same_close"},
        {"start": "2020-01-01"},
        {"end": "2024-12-30"},
    ]
    with serving(tmp_path) as api:
        for change in changes:
            api.finish(change)

        assert len(changes) == len(results(tmp_path))


def test_what_says_the_same_is_the_same_question(tmp_path: Path) -> None:
    """A default that is written out, a moment between two bars, an end after the last bar."""
    with serving(tmp_path) as api:
        run_id = api.finish()
        window = best(api, run_id)["settings"]
        for change in (
            {"fee_bps": "10", "interval": "1d", "fill": "next_open"},
            {"end": "2200-01-01"},
            {"start": window["start"]},
        ):
            api.finish(change)

        assert 1 == len(results(tmp_path))


def test_a_result_whose_file_is_lost_is_computed_again(tmp_path: Path) -> None:
    """The old run says that it is gone until then; nobody gets half a result."""
    with serving(tmp_path) as api:
        lost = api.finish()
        api.service.kill()
        (path,) = (tmp_path / "data" / "results").iterdir()
        path.unlink()
        api.service.start().wait_ready()

        assert 410 == api.get(f"/api/v1/sweeps/{lost}/best").status_code
        again = api.finish()

        assert best(api, again) == best(api, lost)


def test_a_damaged_file_is_no_5xx(tmp_path: Path) -> None:
    """It answers as if it were not kept."""
    with serving(tmp_path) as api:
        run_id = api.finish()
        api.service.kill()
        (path,) = (tmp_path / "data" / "results").iterdir()
        path.write_bytes(path.read_bytes()[:-100])
        api.service.start().wait_ready()

        assert 410 == api.get(f"/api/v1/sweeps/{run_id}/results").status_code


def test_what_nobody_wanted_for_long_is_deleted(tmp_path: Path, callbacks: CallbackServer) -> None:
    """Results after their days, the jobs after theirs; what is young stays."""
    settings = {"keep_results_days": "10", "keep_jobs_days": "20"}
    with serving(tmp_path, **settings) as api:
        ancient = api.finish({"step": "4", "webhook_url": callbacks.url})
        eventually(lambda: "callback delivered" in api.log, wanted=True, within=20)
        api.service.stop()
        age(tmp_path, 11 * DAY)
        api.service.start().wait_ready()
        old = api.finish({"step": "3"})
        api.service.stop()
        age(tmp_path, 9.5 * DAY)
        api.service.start().wait_ready()
        young = api.finish()

        gone = f"/api/v1/sweeps/{ancient}/best"
        eventually(lambda: api.get(gone).status_code, 404, within=20)
        assert 200 == api.get(f"/api/v1/sweeps/{old}/best").status_code
        assert 200 == api.get(f"/api/v1/sweeps/{young}/best").status_code
        assert 2 == len(results(tmp_path))


def test_litter_of_a_crash_is_swept_up(tmp_path: Path) -> None:
    """A file that no run names, and one that was not finished."""
    folder = tmp_path / "data" / "results"
    with serving(tmp_path) as api:
        api.finish()
        api.service.kill()
        kept = results(tmp_path)
        (folder / f"{'0' * 64}.parquet").write_bytes(b"PAR1")
        (folder / f"{'1' * 64}.unfinished").write_bytes(b"")
        api.service.start().wait_ready()

        eventually(lambda: results(tmp_path), kept, within=20)


def test_the_bars_behind_a_result_are_kept_by_their_fingerprint(tmp_path: Path) -> None:
    """What a run was measured on can be looked at after its source has changed."""
    with serving(tmp_path) as api:
        run_id = api.finish()
        sha256 = best(api, run_id)["data"]["sha256"]

        table = pq.read_table(tmp_path / "data" / "bars" / f"{sha256}.parquet")

    assert ["time", "open", "high", "low", "close"] == table.column_names

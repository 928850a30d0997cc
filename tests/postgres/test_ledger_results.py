"""Results are stored once, whole, exactly as they came, in the transaction that ends the run."""

import asyncio
import struct
from dataclasses import astuple, fields, replace
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.support.ledger_desk import Desk, count, one, version
from tests.support.ledger_rows import Connection
from tests.support.said import RUN, a_page, a_result
from tradingsweep.domain.answers import Result, ResultPage
from tradingsweep.domain.outcomes import stored
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.submissions import State

HARD = (0.1 + 0.2, 1 / 3, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -0.0, 1e22)
METRICS = (
    "sharpe_ratio",
    "sortino_ratio",
    "annualized_return",
    "win_rate_pct",
    "profit_factor",
    "trades_per_month",
    "avg_trade_duration",
)


def bits(result: Result) -> list[Any]:
    """Return a result with its numbers as bytes: -0.0 is not 0.0."""
    return [
        struct.pack("d", value) if isinstance(value, float) else value for value in astuple(result)
    ]


@pytest.mark.parametrize("number", HARD)
async def test_every_metric_is_stored_bit_by_bit(
    desk: Desk, connection: Connection, number: float
) -> None:
    """Full precision is in Postgres: nothing is rounded on the way in, nor on the way out."""
    floats: dict[str, Any] = dict.fromkeys(METRICS[:-1], number)
    result = replace(
        a_result(), score=number, total_return_pct=number, max_drawdown_pct=number, **floats
    )
    key = await desk.at_the_api()
    await desk.finish(key, a_page(result))
    columns = SQL(", ").join(Identifier(field.name) for field in fields(Result))
    query = SQL("SELECT {} FROM trading_sweep_results").format(columns)
    (row,) = connection.execute(query).fetchall()

    assert bits(result) == bits(Result(*row))
    assert (result,) == (await desk.ledger.view(key.uid)).top


async def test_what_is_undefined_comes_back_as_none(desk: Desk, connection: Connection) -> None:
    """No trade, no losing trade: an undefined metric is NULL, not 0."""
    undefined: dict[str, Any] = dict.fromkeys(METRICS)
    result = replace(a_result(), **undefined)
    key = await desk.at_the_api()
    await desk.finish(key, a_page(result))

    assert (result,) == (await desk.ledger.view(key.uid)).top
    assert 1 == count(
        connection, "trading_sweep_results", " AND ".join(f"{name} IS NULL" for name in METRICS)
    )


async def test_a_page_is_stored_with_the_end_of_its_run(desk: Desk, connection: Connection) -> None:
    """Rows, rank, run, phase, submission, summary: one transaction."""
    key = await desk.at_the_api()
    page = a_page(excluded_by_min_trades=3, max_trades_seen=9, synthetic=True)
    assert await desk.finish(key, page)
    view = await desk.ledger.view(key.uid)

    assert view.sweep is not None
    assert view.run is not None
    assert (Phase.COMPLETED, State.COMPLETED, RUN) == (
        view.sweep.phase,
        view.submissions[0].state,
        view.submissions[0].sweep_run_id,
    )
    assert {
        "sweep_run_id": RUN,
        "stored": 2,
        "returned": 2,
        "total": 8,
        "excluded_by_min_trades": 3,
        "max_trades_seen": 9,
        "synthetic": True,
    }.items() <= view.run.summary.items()
    assert ("COMPLETED", 8, True) == one(
        connection,
        "SELECT status, (metrics->>'combinations_tested')::int,"
        " (metrics->>'duration_seconds')::float >= 0 FROM pipeline_jobs",
    )
    rows = connection.execute(
        "SELECT rank, fast_period, slow_period, ticker, strategy_type, sweep_run_id, job_id::text"
        " FROM trading_sweep_results ORDER BY rank"
    ).fetchall()
    assert [
        (1, 15, 30, "BTC-USD", "SMA", RUN, view.run.id),
        (2, 10, 25, "BTC-USD", "SMA", RUN, view.run.id),
    ] == rows


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
async def test_one_row_that_cannot_be_stored_stores_nothing(
    desk: Desk, connection: Connection, score: float
) -> None:
    """The run stays open with all that belongs to it, and the next try can succeed."""
    key = await desk.at_the_api()
    before = version(await desk.ledger.view(key.uid))
    page = a_page(a_result(), a_result(10, 25, score=score), a_result(10, 30))
    with pytest.raises(psycopg.IntegrityError):
        await desk.finish(key, page)

    assert (before, "Submitted", "RUNNING", "accepted", None) == one(
        connection,
        "SELECT w.version, w.phase, r.status, s.state, r.result FROM sweeps AS w"
        " JOIN pipeline_jobs AS r ON r.sweep_uid = w.uid JOIN submissions AS s ON s.run_id = r.id",
    )
    assert (0, 0) == (
        count(connection, "trading_sweep_results"),
        count(connection, "transitions", "to_phase = 'Completed'"),
    )
    assert await desk.finish(key)


async def test_ten_thousand_results_are_stored_and_ten_are_looked_at(
    desk: Desk, connection: Connection
) -> None:
    """The most that a sweep may ask for; the status needs the front of it."""
    page = a_page(
        *(
            a_result(fast, slow, score=1.0 / rank)
            for rank, (fast, slow) in enumerate(
                ((fast, slow) for fast in range(1, 101) for slow in range(101, 201)), start=1
            )
        )
    )
    key = await desk.at_the_api()
    await desk.finish(key, page)

    assert page.results[:10] == (await desk.ledger.view(key.uid)).top
    assert (10_000, 10_000) == one(
        connection, "SELECT count(*), max(rank) FROM trading_sweep_results"
    )


async def test_a_page_without_results_completes_the_run(desk: Desk) -> None:
    """The sweep ran, and no pair had enough trades."""
    key = await desk.at_the_api()
    await desk.finish(key, ResultPage(RUN, (), total=8))
    view = await desk.ledger.view(key.uid)

    assert view.sweep is not None
    assert view.last_completed is not None
    assert (Phase.COMPLETED, (), None) == (view.sweep.phase, view.top, view.last_completed.best)


async def test_results_that_another_run_has_taken_are_known_as_taken(desk: Desk) -> None:
    """The same sweep_run_id cannot be the answer to two questions."""
    first, second = await desk.at_the_api("first"), await desk.at_the_api("second")
    await desk.finish(first)
    runs = [(await desk.ledger.view(key.uid)).run for key in (first, second)]

    assert [False, True] == [
        await desk.ledger.claimed_elsewhere(RUN, run.id) for run in runs if run is not None
    ]


async def test_two_runs_that_fetched_the_same_results_at_once_do_not_both_store_them(
    desk: Desk, connection: Connection
) -> None:
    """Both looked before either stored: the second write is lost, and its next look tells why."""
    keys = [await desk.at_the_api("first"), await desk.at_the_api("second")]
    looks = [await desk.look(key) for key in keys]
    won = await asyncio.gather(
        *(
            desk.ledger.write(
                key, facts.view, stored(facts, facts.view.submissions[0], a_page(), inbox=())
            )
            for key, facts in zip(keys, looks, strict=True)
        )
    )

    assert [False, True] == sorted(won)
    assert (2, 1) == (
        count(connection, "trading_sweep_results"),
        count(connection, "sweeps", "phase = 'Completed'"),
    )


async def test_a_report_is_stored_with_its_results(desk: Desk, connection: Connection) -> None:
    """Under the submission that earned it; a page without one stores none."""
    key = await desk.at_the_api()
    await desk.finish(key, a_page(report='{"verdict": {"name": "LikelyLuck"}}'))

    stored = one(
        connection, "SELECT report FROM trading_sweep_reports WHERE sweep_run_id = %s", RUN
    )

    assert {"verdict": {"name": "LikelyLuck"}} == stored
    other = await desk.at_the_api("another")
    await desk.finish(other, a_page(sweep_run_id="run_other"))
    assert 1 == count(connection, "trading_sweep_reports", "true")


async def test_results_of_a_superseded_run_are_stored_under_it_once(
    desk: Desk, connection: Connection
) -> None:
    """Its state stays, and what is asked for again finds that they are there."""
    key = await desk.at_the_api()
    old = (await desk.ledger.view(key.uid)).submissions[-1].key
    await desk.apply(generation=2, step=2)
    asked = await desk.ledger.asked_by(old)
    assert asked is not None
    assert "BTC-USD" == asked.form["ticker"]

    await desk.ledger.store_late(old, a_page())
    await desk.ledger.store_late(old, a_page())

    assert await desk.ledger.asked_by(old) is None
    assert ("cancelled", 1, 2) == one(
        connection,
        "SELECT s.state, r.run_no, (SELECT count(*) FROM trading_sweep_results)::int"
        " FROM submissions AS s JOIN pipeline_jobs AS r ON r.id = s.run_id WHERE s.key = %s",
        old,
    )
    view = await desk.ledger.view(key.uid)
    assert ((), None) == (view.top, view.last_completed)

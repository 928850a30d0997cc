"""Metrics are counted in the ledger, under the seed's names, with a bounded number of series."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from tests.support.ledger_desk import Desk
from tests.support.ledger_rows import Connection
from tests.support.said import a_page
from tradingsweep.adapters.metrics.process import Metrics

ENDINGS = ("completed", "failed")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scraped(desk: Desk) -> Samples:
    """Scrape, and return every sample by name and labels."""
    text = Metrics().render(await desk.ledger.counts()).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labels(**named: str) -> frozenset[tuple[str, str]]:
    """Return labels as samples have them."""
    return frozenset(named.items())


async def test_jobs_are_counted_under_the_seeds_names(desk: Desk) -> None:
    """Two queued, one of them completed."""
    key = await desk.at_the_api("done")
    await desk.finish(key)
    await desk.apply("waiting")

    samples = await scraped(desk)

    btc = {"ticker": "BTC-USD"}
    assert (2, 1, 1, 1) == (
        samples["pipeline_trading_sweep_jobs_queued_total", labels(**btc, strategy_type="SMA")],
        samples["pipeline_trading_sweep_jobs_completed_total", labels(**btc, status="completed")],
        samples["pipeline_trading_operator_sweeps", labels(phase="Queued")],
        samples["pipeline_trading_operator_sweeps", labels(phase="Completed")],
    )


async def test_durations_fall_into_the_seeds_buckets(desk: Desk, connection: Connection) -> None:
    """45 seconds are within 60, and not within 30."""
    await desk.finish(await desk.at_the_api())
    connection.execute("UPDATE transitions SET duration_s = 45 WHERE to_phase = 'Completed'")

    samples = await scraped(desk)

    name = "pipeline_trading_sweep_duration_seconds"
    ended = {"status": "completed", "ticker": "BTC-USD"}
    within = {le: samples[f"{name}_bucket", labels(**ended, le=le)] for le in ("30.0", "60.0")}
    assert {"30.0": 0, "60.0": 1} == within
    assert 45 == samples[f"{name}_sum", labels(**ended)]


async def test_a_further_attempt_is_no_other_job(desk: Desk, connection: Connection) -> None:
    """Going back to the queue does not count twice."""
    await desk.at_the_api()
    connection.execute(
        "INSERT INTO transitions (sweep_uid, version, run_no, to_phase, reason, ticker,"
        " strategy_type) SELECT uid, 99, 1, 'Queued', 'NextAttempt', 'BTC-USD', 'SMA' FROM sweeps"
    )

    samples = await scraped(desk)

    queued = labels(ticker="BTC-USD", strategy_type="SMA")
    assert 1 == samples["pipeline_trading_sweep_jobs_queued_total", queued]


async def test_random_tickers_cannot_blow_up_the_metrics(
    desk: Desk, connection: Connection
) -> None:
    """Ten thousand tickers are a hundred series and `other`."""
    await desk.apply()
    connection.execute(
        "INSERT INTO transitions (sweep_uid, version, run_no, to_phase, reason, ticker,"
        " strategy_type) SELECT (SELECT uid FROM sweeps), 1000 + n, 1, 'Queued', 'WaitingForSlot',"
        " 'T' || n, 'SMA' FROM generate_series(1, 10000) AS n"
    )

    samples = await scraped(desk)

    queued = {
        dict(where)["ticker"]: value
        for (name, where), value in samples.items()
        if name == "pipeline_trading_sweep_jobs_queued_total"
    }
    assert (101, 10_001) == (len(queued), sum(queued.values()))
    assert "other" in queued


async def test_a_ticker_keeps_its_series_whoever_is_busier_later(
    desk: Desk, connection: Connection
) -> None:
    """Else its count would vanish, `other` would jump, and rates would show what never was."""
    await desk.apply()
    connection.execute(
        "INSERT INTO transitions (sweep_uid, version, run_no, to_phase, reason, ticker,"
        " strategy_type) SELECT (SELECT uid FROM sweeps), 1000 + n, 1, 'Queued', 'WaitingForSlot',"
        " 'T' || (n / 3), 'SMA' FROM generate_series(1, 600) AS n"
    )

    samples = await scraped(desk)

    first = labels(ticker="BTC-USD", strategy_type="SMA")
    assert 1 == samples["pipeline_trading_sweep_jobs_queued_total", first]


async def test_a_ticker_that_has_ended_nothing_yet_counts_zero(desk: Desk) -> None:
    """A rate sees the first end only where nothing was a sample before it."""
    await desk.apply()

    samples = await scraped(desk)

    name = "pipeline_trading_sweep_jobs_completed_total"
    ended = {status: samples[name, labels(status=status, ticker="BTC-USD")] for status in ENDINGS}
    assert {"completed": 0, "failed": 0} == ended


async def test_this_moment_is_read_from_the_ledger(desk: Desk, connection: Connection) -> None:
    """Who waits and how long, what is taken, what is unknown, who is away."""
    lost = await desk.apply("lost")
    assert ["lost"] == await desk.admit(total=1)
    await desk.lose_the_answer(lost)
    await desk.apply("waiting")
    connection.execute("UPDATE pipeline_jobs SET created_at = now() - interval '1 hour'")
    for credentials in (False, True):
        await desk.ledger.api_is_down(timedelta(seconds=30), credentials=credentials)

    samples = await scraped(desk)

    said = {
        name.removeprefix("pipeline_trading_operator_"): value
        for (name, where), value in samples.items()
        if not where
    }
    assert 3600 <= said.pop("oldest_waiting_sweep_seconds") < 3700
    assert {
        "slots_held": 1,
        "unknown_submissions": 1,
        "trading_api_up": 0,
        "trading_api_credentials_accepted": 0,
        "inbox_oldest_seconds": 0,
    }.items() <= said.items()


async def test_the_highest_sharpe_ratio_is_that_of_the_best_ranked_pair(desk: Desk) -> None:
    """Per ticker and strategy."""
    await desk.finish(await desk.at_the_api())

    samples = await scraped(desk)

    best = labels(ticker="BTC-USD", strategy_type="SMA")
    wanted = a_page().results[0].sharpe_ratio
    assert wanted == samples["pipeline_trading_operator_best_sharpe_ratio", best]

"""Metrics are counted in the ledger, under the seed's names, with a bounded number of series."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.ledger_desk import Desk
from tests.support.ledger_rows import Connection
from tradingsweep.adapters.metrics import Metrics

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
        samples["tradingsweep_sweeps", labels(phase="Queued")],
        samples["tradingsweep_sweeps", labels(phase="Completed")],
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

"""Everything but the operator is killed and comes back: the sweep completes, and once."""

import json
from dataclasses import replace
from operator import not_
from pathlib import Path

import httpx

from dev.environment import RECEIVER_ROLE, migrate
from dev.postgres import Postgres
from tests.cluster.kills import EVERY_FEATURE, STREAM
from tests.support.eventually import eventually
from tests.support.gate import Side
from tests.support.ground import Ground, Ledgers
from tests.support.system import PATIENCE, System


def has_one_result_set(system: System, name: str) -> bool:
    """Whether the API had one job of a sweep, and its results are stored once."""
    (job,) = system.jobs(name)
    stored = system.results(name)
    total = system.status(name)["results"]["total"]
    return len(stored) == total and {job.sweep_run_id} == {r["sweep_run_id"] for r in stored}


def test_a_callback_that_finds_no_receiver_comes_again(gated: System) -> None:
    """Nobody can hear the stream, so that only the callback's next try ends the sweep."""
    with gated.gate.keeping(STREAM, Side.REQUEST):
        gated.apply("no-receiver")
        eventually(lambda: len(gated.jobs("no-receiver")), 1, within=PATIENCE)
        gated.stack.receiver.kill()
        eventually(lambda: gated.jobs("no-receiver")[0].state, "completed", within=PATIENCE)
        assert "Completed" != gated.phase("no-receiver")
        gated.stack.receiver.start().wait_ready()

        gated.wait_until_completed("no-receiver")

    assert has_one_result_set(gated, "no-receiver")


def test_a_sweep_whose_callback_is_lost_completes_by_its_stream(gated: System) -> None:
    """The receiver comes back when all is over, and the late callback changes nothing."""
    gated.stack.receiver.kill()
    try:
        gated.apply("lost-callback")
        gated.wait_until_completed("lost-callback")
    finally:
        gated.stack.receiver.start().wait_ready()

    def outcomes() -> list[str]:
        rows = gated.rows(
            "SELECT i.outcome FROM callback_inbox AS i"
            " JOIN submissions AS s ON s.key = i.submission_key"
            " JOIN sweeps AS w ON w.uid = s.sweep_uid WHERE w.name = 'lost-callback'"
        )
        return [row["outcome"] for row in rows]

    eventually(outcomes, ["late"], within=PATIENCE)
    assert has_one_result_set(gated, "lost-callback")
    assert "Completed" == gated.phase("lost-callback")


def test_a_trading_api_that_is_killed_in_a_job_finishes_it_later(gated: System) -> None:
    """While it is away the sweep stays where it is; nothing is submitted again."""
    gated.apply("api-killed")
    eventually(lambda: gated.recorded("api-killed")["phase"], "Running", within=PATIENCE)
    gated.stack.trading_api.kill()
    gated.stack.trading_api.start().wait_ready()

    gated.wait_until_completed("api-killed")

    assert has_one_result_set(gated, "api-killed")


def test_an_operator_that_was_there_before_its_api_asks_soon_again(gated: System) -> None:
    """Started together, the first sweep does not wait for as long as beside an API that broke.

    The delays are a tenth of an installation's.
    """
    log = gated.stack.folder / "operator.log"

    def pauses() -> list[float]:
        said = [json.loads(line) for line in log.read_text().splitlines()[known:]]
        return [s["again_in"] for s in said if s["event"] == "TradingAPIUnavailable"]

    with gated.gate.closed():
        gated.stack.operator.kill()
        known = len(log.read_text().splitlines())
        gated.restart_operator()
        gated.apply("early")
        eventually(lambda: pauses()[:6], [0.1, 0.2, 0.4, 0.8, 1.6, 3.0], within=PATIENCE)

    assert 1 == gated.wait_until_completed("early")["attempt"]


def test_a_postgres_that_is_killed_in_a_job_loses_nothing(ground: Ground, tmp_path: Path) -> None:
    """The operator keeps its process, the receiver answers 503, and both go on where they were."""
    with Postgres(tmp_path / "postgres.log", durable=False) as postgres:
        migrate(postgres.create_database("migrated"))
        login = postgres.create_login("receiver", RECEIVER_ROLE)
        own = replace(ground, ledgers=Ledgers(postgres, "migrated", login))
        with own.system(tmp_path, EVERY_FEATURE) as system:
            system.apply("postgres-killed")
            eventually(lambda: system.recorded("postgres-killed")["phase"], "Running", within=20)
            pid = system.stack.operator.process.pid
            postgres.kill()
            eventually(lambda: system.stack.operator.is_ready, not_, within=PATIENCE)
            assert not system.stack.receiver.is_ready
            postgres.start()

            system.wait_until_completed("postgres-killed")

            assert has_one_result_set(system, "postgres-killed")
            assert pid == system.stack.operator.process.pid
            system.stack.check()


def test_a_frozen_postgres_is_told_by_readiness_and_goes_on(ground: Ground, tmp_path: Path) -> None:
    """Its connections stay open and nothing answers: no call waits for ever, and the line says so.

    A process that is frozen is no process that is away: TCP notices nothing.
    """
    with Postgres(tmp_path / "postgres.log", durable=False) as postgres:
        migrate(postgres.create_database("migrated"))
        login = postgres.create_login("receiver", RECEIVER_ROLE)
        own = replace(ground, ledgers=Ledgers(postgres, "migrated", login))
        with own.system(tmp_path, EVERY_FEATURE) as system:
            pid = system.stack.operator.process.pid
            postgres.pause()
            try:
                eventually(
                    lambda: _readiness(system), "Postgres: no answer within 2 s\n", within=PATIENCE
                )
            finally:
                postgres.resume()

            eventually(lambda: _readiness(system), "ok\n", within=PATIENCE)
            assert pid == system.stack.operator.process.pid


def _readiness(system: System) -> str:
    url = f"{system.stack.wiring.operator_url}/readyz"
    return httpx.get(url, trust_env=False, timeout=10).text

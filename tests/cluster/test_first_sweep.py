"""The documented example, from `kubectl apply` to its results in Postgres."""

from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.seeds_row import FIGURES
from tests.support.system import System

EXAMPLE: dict[str, Any] = {
    "ticker": "BTC-USD",
    "fastRange": {"min": 10, "max": 20},
    "slowRange": {"min": 20, "max": 30},
    "step": 5,
    "minTrades": 50,
    "strategyType": "SMA",
    "preset": "Minimum",
}


@pytest.fixture(scope="module")
def system(usual: System) -> System:
    """A system in which the example has completed."""
    usual.apply("example", **EXAMPLE)
    usual.wait_until_completed("example")
    return usual


def best(system: System, sweep_run_id: str) -> dict[str, Any]:
    """Ask the Trading API for the results, as anybody with a key can."""
    answer = httpx.get(
        f"{system.stack.wiring.api_url}/api/v1/sweeps/{sweep_run_id}/best",
        params={"ticker": EXAMPLE["ticker"], "limit": 100},
        headers={"X-API-Key": system.stack.wiring.api_key},
    )
    page: dict[str, Any] = answer.raise_for_status().json()
    return page


def test_the_documented_example_completes(system: System) -> None:
    """The request that reaches the API is the documented one, to the letter of each field."""
    (job,) = system.jobs("example")

    sent = {name: job.request[name] for name in ("ticker", "step", "min_trades", "strategy_type")}
    assert {"ticker": "BTC-USD", "step": 5, "min_trades": 50, "strategy_type": "SMA"} == sent
    assert ([10, 20], [20, 30]) == (job.request["fast_range"], job.request["slow_range"])
    assert "minimum" == job.request["config_path"]


def test_postgres_holds_what_the_api_returns_as_best(system: System) -> None:
    """Every metric of every pair, in full precision and in the API's order."""
    page = best(system, system.status("example")["sweepRunID"])

    stored = [{name: row[name] for name in FIGURES} for row in system.results("example")]

    assert [{name: row[name] for name in FIGURES} for row in page["results"]] == stored
    assert len(stored) == page["returned"] > 1


def test_the_verdict_is_in_the_status_and_the_report_beside_the_results(system: System) -> None:
    """Whether the best pair is luck: a word and a sentence for people, every check in Postgres."""
    status = system.status("example")
    said = best(system, status["sweepRunID"])["verdict"]
    (stored,) = system.reports("example")

    assert (said["name"], said["sentence"]) == (
        status["verdict"]["name"],
        status["verdict"]["sentence"],
    )
    assert (status["sweepRunID"], said["sentence"]) == (
        stored["sweep_run_id"],
        stored["report"]["verdict"]["sentence"],
    )
    assert "True" == system.conditions("example")["Ready"]["status"]


def test_every_check_is_made_unless_the_preset_says_otherwise(system: System) -> None:
    """Without a preset the verdict has the p-value of the whole search."""
    system.apply("checked", preset=None, minTrades=10, step=10)

    status = system.wait_until_completed("checked")

    (stored,) = system.reports("checked")
    p_value = stored["report"]["checks"]["permutation"]["p_value"]
    assert f"{p_value:.4f}" == status["verdict"]["pValue"]


def test_an_rsi_goes_through_the_whole_product(system: System) -> None:
    """Levels go out as ranges, come back as pairs, and stand in the status and in Postgres."""
    levels = {"period": 10, "enter": {"min": 20, "max": 40}, "exit": {"min": 60, "max": 80}}
    system.apply(
        "levels", strategyType="RSI", fastRange=None, slowRange=None, rsi=levels, minTrades=10
    )

    status = system.wait_until_completed("levels")

    (job,) = system.jobs("levels")
    sent = {name: job.request[name] for name in ("fast_range", "slow_range", "rsi_period")}
    assert {"fast_range": [20, 40], "slow_range": [60, 80], "rsi_period": 10} == sent
    assert {"requested": 25, "valid": 25, "tested": 25} == status["combinations"]
    enter, leave = map(int, status["best"]["periods"].split("/"))
    assert (enter in range(20, 41, 5), leave in range(60, 81, 5)) == (True, True)
    (first, *_) = system.results("levels")
    assert ("RSI", enter, leave) == (
        first["strategy_type"],
        first["fast_period"],
        first["slow_period"],
    )


def test_the_status_tells_the_whole_story(system: System) -> None:
    """Who answered, when, how many pairs, and the best of them, rounded as the schema says."""
    status, (job,) = system.status("example"), system.jobs("example")
    first = best(system, status["sweepRunID"])["results"][0]

    assert (1, 1, 1) == (status["observedGeneration"], status["run"], status["attempt"])
    assert (job.job_id, job.sweep_run_id) == (status["jobID"], status["sweepRunID"])
    assert {"requested": 9, "valid": 8, "tested": 8} == status["combinations"]
    assert 100 == status["progress"]["percent"]
    assert status["best"] == status["topResults"][0]
    assert f"{first['fast_period']}/{first['slow_period']}" == status["best"]["periods"]
    assert f"{first['score']:.4f}" == status["best"]["score"]
    assert f"{first['total_return_pct']:.2f}" == status["best"]["totalReturnPct"]
    assert 3 == len(status["topResults"])
    assert status["queuedAt"] <= status["submittedAt"] <= status["completedAt"]


def test_the_conditions_of_a_completed_sweep_are_the_tables(system: System) -> None:
    """Ready and Complete are true, Failed is false, and what is absent is absent."""
    conditions = system.conditions("example")

    seen = {name: condition["status"] for name, condition in conditions.items()}
    assert {"Ready": "True", "Complete": "True", "Failed": "False"} == seen
    assert {1} == {condition["observedGeneration"] for condition in conditions.values()}
    assert {"Completed"} == {condition["reason"] for condition in conditions.values()}


def test_the_conditions_of_a_failed_sweep_are_the_tables(system: System) -> None:
    """Failed and Stalled are true, Ready and Complete are false, with the API's own words."""
    system.apply("no-prices", ticker="NOPRICES")
    system.wait_for("no-prices", "Failed")

    conditions = system.conditions("no-prices")

    seen = {name: condition["status"] for name, condition in conditions.items()}
    assert {"Ready": "False", "Stalled": "True", "Complete": "False", "Failed": "True"} == seen
    assert {"JobFailed"} == {condition["reason"] for condition in conditions.values()}
    words = "Insufficient historical data for ticker NOPRICES"
    assert words in conditions["Failed"]["message"]


def test_kubectl_can_wait_for_the_end(system: System) -> None:
    """`kubectl wait` returns at once for a sweep that has completed."""
    arguments = ("-n", system.namespace, "--timeout=10s")

    done = system.kubectl.run("wait", "--for=condition=Complete", "tsweep/example", *arguments)

    assert "condition met" in done


def test_kubectl_get_shows_the_columns(system: System) -> None:
    """A person sees ticker, phase and the best pair without asking for YAML."""
    status = system.status("example")
    table = system.kubectl.run("get", "tsweep", "example", "-n", system.namespace, "-o", "wide")

    head, row = (line.split() for line in table.splitlines())

    shown = dict(zip(head, row, strict=True))
    assert ("BTC-USD", "SMA", "Completed") == (shown["TICKER"], shown["STRATEGY"], shown["PHASE"])
    assert ("100", status["jobID"]) == (shown["PROGRESS"], shown["JOB"])
    assert (status["best"]["periods"], status["best"]["score"]) == (shown["BEST"], shown["SCORE"])
    assert status["verdict"]["name"] == shown["VERDICT"]
    assert ("8", "Completed") == (shown["COMBINATIONS"], shown["REASON"])


def test_sweeps_can_be_selected_by_ticker_and_phase(system: System) -> None:
    """The selectable fields work with the values that the operator writes."""
    selector = "--field-selector=status.phase=Completed,spec.ticker=BTC-USD"

    names = system.kubectl.run("get", "tsweep", "-n", system.namespace, selector, "-o", "name")

    assert "tradingsweep.trading.zixly.io/example" in names.split()
    assert "tradingsweep.trading.zixly.io/no-prices" not in names


def test_one_event_tells_of_the_end(system: System) -> None:
    """Exactly one, of type Normal, with the best pair in its words."""
    events = eventually(lambda: system.objects.events(system.namespace, "example"), bool, within=10)

    (event,) = events
    assert ("Normal", "Completed") == (event["type"], event["reason"])
    assert system.status("example")["best"]["periods"] in event["note"]


def test_a_sweep_that_no_pair_qualifies_for_completes_without_a_best(system: System) -> None:
    """It ran: that no pair traded often enough is a result, not a failure."""
    system.apply("too-few", minTrades=1000)

    status = system.wait_until_completed("too-few")

    assert ("Completed", "NoQualifiedResult") == system.standing("too-few")
    assert "best" not in status
    assert [] == system.results("too-few")


def test_more_pairs_than_the_operator_allows_fail_before_they_cost_anything(
    system: System,
) -> None:
    """The message says how many there are and how many are allowed; nothing reached the API."""
    system.apply("huge", fastRange={"min": 1, "max": 100}, slowRange={"min": 2, "max": 200}, step=1)

    system.wait_for("huge", "Failed")

    assert ("Failed", "TooManyCombinations") == system.standing("huge")
    message = system.conditions("huge")["Failed"]["message"]
    assert "allows 500" in message
    assert "narrow fastRange" in message
    assert [] == system.submissions("huge")

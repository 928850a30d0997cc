import hashlib
import json
from typing import Any

import pytest

from dev.kubectl import Kubectl
from tests.crd.conftest import Sweeps
from tests.crd.full import FULL_SPEC, FULL_STATUS, RSI_SPEC
from tests.crd.wrong_levels import AN_RSI
from tests.crd.wrong_sweeps import manifest, with_spec
from tradingsweep.crd.model import GROUP, PLURAL, VERSION, TradingSweepSpec, TradingSweepStatus
from tradingsweep.crd.schema import SCHEMA_HASH_ANNOTATION, crd_manifest, schema_hash


def test_the_crd_is_accepted_whole(installed: dict[str, Any]) -> None:
    """The API server has no complaint: names accepted, established, structural."""
    conditions = {c["type"]: c["status"] for c in installed["status"]["conditions"]}

    assert {"NamesAccepted": "True", "Established": "True"} == conditions


def test_the_installed_crd_can_be_told_by_its_hash(installed: dict[str, Any]) -> None:
    """The annotation survives, and the schema below it is the one that was hashed."""
    ours: Any = crd_manifest()
    (version,) = installed["spec"]["versions"]

    assert schema_hash() == installed["metadata"]["annotations"][SCHEMA_HASH_ANNOTATION]
    assert ours["spec"]["versions"] == [version]


def test_a_smallest_sweep_gets_every_default(sweep: Sweeps) -> None:
    """What a user leaves out is there to be read, as the model fills it in."""
    spec = sweep.get()["spec"]

    assert TradingSweepSpec.model_validate(spec).to_wire() == spec


def test_an_empty_macd_gets_the_documented_signal(sweeps: Sweeps) -> None:
    """`macd: {}` is fine and means a signal line of 9 bars."""
    sweeps.create(manifest({"strategyType": "MACD", "macd": "{}"}))

    assert {"signal": 9} == sweeps.get()["spec"]["macd"]


def test_a_null_of_an_optional_field_is_its_default(sweeps: Sweeps) -> None:
    """A template that renders nothing for a field asks for the default of it."""
    sweeps.create(manifest({"minTrades": "null", "runID": "null", "macd": "null"}))

    spec = sweeps.get()["spec"]
    assert 50 == spec["minTrades"]
    assert not {"runID", "macd"} & set(spec)


@pytest.mark.parametrize(
    "change",
    [
        {"fastRange": "{min: 1, max: 499}", "slowRange": "{min: 2, max: 500}", "step": "1"},
        {"fastRange": "{min: 10, max: 10}", "slowRange": "{min: 11, max: 11}", "step": "50"},
        {"minTrades": "10", "priority": "-1000", "activeDeadlineSeconds": "60", "runID": "a"},
        {"minTrades": "1000", "priority": "1000", "activeDeadlineSeconds": "604800"},
        {"topResults": "1", "storeResults": "1", "runID": "a" * 64},
        {"topResults": "10", "storeResults": "10000", "preset": "Standard"},
        {"ticker": "^GSPC", "strategyType": "EMA", "preset": "Minimum"},
        {"ticker": "NYSE:F"},
        {"ticker": '"600519"', "runID": '"2025"'},
        {"ticker": "A" * 20, "strategyType": "MACD", "macd": "{signal: 2}"},
        {"ticker": "EURUSD=X", "strategyType": "MACD", "macd": "{signal: 50}"},
        AN_RSI | {"rsi": "{period: 2, enter: {min: 1, max: 1}, exit: {min: 2, max: 99}}"},
        AN_RSI | {"rsi": "{period: 100, enter: {min: 1, max: 98}, exit: {min: 2, max: 99}}"},
    ],
    ids=json.dumps,
)
def test_a_sweep_at_the_bounds_is_taken(sweeps: Sweeps, change: dict[str, str | None]) -> None:
    """The first and the last allowed value of every field are allowed."""
    sweeps.create(manifest(change))

    taken = sweeps.get()["spec"]
    assert taken == TradingSweepSpec.model_validate(taken).model_dump(
        by_alias=True, exclude_none=True
    )


def test_a_new_sweep_is_queued_and_not_yet_observed(sweep: Sweeps) -> None:
    """Tools that wait for an object see that nobody has answered yet."""
    assert {"phase": "Queued", "observedGeneration": -1} == sweep.get()["status"]


def test_a_status_at_creation_has_no_effect(sweeps: Sweeps) -> None:
    """Nobody can claim a result by writing it into the manifest."""
    status = json.dumps(FULL_STATUS.to_wire())
    sweeps.create(manifest() + f"status: {status}\n")

    assert {"phase": "Queued", "observedGeneration": -1} == sweeps.get()["status"]


def test_every_field_survives_the_api_server(sweeps: Sweeps) -> None:
    """Nothing of the models is pruned, retyped or rounded."""
    sweeps.create(with_spec(f"spec: {json.dumps(FULL_SPEC.to_wire())}"))
    answer = sweeps.patch_status(FULL_STATUS.to_wire())

    assert "" == answer.stderr
    found = sweeps.get()
    assert (FULL_SPEC.to_wire(), FULL_STATUS.to_wire()) == (found["spec"], found["status"])
    assert FULL_SPEC == TradingSweepSpec.model_validate(found["spec"])
    assert FULL_STATUS == TradingSweepStatus.model_validate(found["status"])


def test_every_field_of_rsi_survives_the_api_server(sweeps: Sweeps) -> None:
    """What only RSI has comes back as it was sent."""
    sweeps.create(with_spec(f"spec: {json.dumps(RSI_SPEC.to_wire())}"))

    assert RSI_SPEC == TradingSweepSpec.model_validate(sweeps.get()["spec"])


def test_an_rsi_without_a_period_has_the_usual_one(sweeps: Sweeps) -> None:
    """Fourteen bars, as everywhere."""
    sweeps.create(
        manifest(AN_RSI | {"rsi": "{enter: {min: 30, max: 30}, exit: {min: 70, max: 70}}"})
    )

    assert 14 == sweeps.get()["spec"]["rsi"]["period"]


def test_a_phase_and_a_reason_of_tomorrow_are_taken(sweep: Sweeps) -> None:
    """A newer operator can write to an older CRD."""
    condition = FULL_STATUS.conditions[0].to_wire() | {"reason": "Hibernated"}

    answer = sweep.patch_status({"phase": "Hibernating", "conditions": [condition]})

    assert "" == answer.stderr


@pytest.mark.parametrize("lower", [6, 0, None])
def test_record_version_cannot_fall(sweep: Sweeps, lower: int | None) -> None:
    """A projection that is older than the one that is there is refused, and changes nothing."""
    assert "" == sweep.patch_status({"recordVersion": 7, "phase": "Running"}).stderr

    answer = sweep.patch_status({"recordVersion": lower, "phase": "Queued"})

    assert "status.recordVersion" in answer.stderr
    assert "recordVersion must not fall" in answer.stderr
    assert (7, "Running") == tuple(sweep.get()["status"][k] for k in ("recordVersion", "phase"))


def test_a_status_cannot_be_taken_away_whole(sweep: Sweeps) -> None:
    """Removing the status is no way around the rule on recordVersion."""
    sweep.patch_status({"recordVersion": 7})

    assert "recordVersion must not fall" in sweep.patch_status(None).stderr


def test_record_version_may_stay_and_rise(sweep: Sweeps) -> None:
    """A newer projection is taken, and so is another look at the same record."""
    answers = [sweep.patch_status({"recordVersion": n, "run": n}) for n in (7, 7, 8, 1000)]

    assert ["", "", "", ""] == [answer.stderr for answer in answers]
    assert 1000 == sweep.get()["status"]["recordVersion"]


def test_a_metric_that_is_a_number_is_refused(sweep: Sweeps) -> None:
    """One float that comes back as an integer would break sorting for the whole namespace."""
    answer = sweep.patch_status({"best": {"periods": "15/30", "score": 2.47}})

    assert "status.best.score" in answer.stderr
    assert "must be of type string" in answer.stderr


def test_the_table_shows_a_waiting_sweep(sweep: Sweeps) -> None:
    """A sweep that nobody has looked at has its question and its phase in the table."""
    (row,) = sweep.table()

    assert ["NAME", "TICKER", "STRATEGY", "PHASE", "PROGRESS"] == list(row)[:5]
    assert ["BEST", "SCORE", "SHARPE", "VERDICT", "AGE"] == list(row)[5:]
    assert ("BTC-USD", "SMA", "Queued") == (row["TICKER"], row["STRATEGY"], row["PHASE"])


def test_the_wide_table_shows_a_finished_sweep(sweep: Sweeps) -> None:
    """Every column has the value that its head promises."""
    sweep.patch_status(FULL_STATUS.to_wire())

    (row,) = sweep.table("--output=wide")

    assert row.pop("AGE")
    assert row == {
        "NAME": "sweep",
        "TICKER": "BTC-USD",
        "STRATEGY": "SMA",
        "PHASE": "Completed",
        "PROGRESS": "100",
        "BEST": "15/30",
        "SCORE": "2.4700",
        "SHARPE": "1.8200",
        "VERDICT": "Luck",
        "JOB": "sweep_20250127_103045_btcusd",
        "COMBINATIONS": "8",
        "DURATION": "127",
        "REASON": "ResultsStored",
    }


def test_sweeps_are_selected_by_ticker_and_phase(sweeps: Sweeps) -> None:
    """A field selector finds the sweeps of a ticker in a phase, also those never patched."""
    for name, ticker in (("a", "BTC-USD"), ("b", "ETH-USD"), ("c", "BTC-USD")):
        sweeps.create(manifest({"ticker": ticker}, name=name))
    sweeps.attempt(
        "patch",
        PLURAL,
        "c",
        "--subresource=status",
        "--type=merge",
        '--patch={"status":{"phase":"Running"}}',
    )

    found = sweeps.table("--field-selector=spec.ticker=BTC-USD,status.phase=Queued")

    assert ["a"] == [row["NAME"] for row in found]


@pytest.mark.parametrize("name", ["tsweep", "tradingsweep", "trading"])
def test_a_sweep_answers_to_its_names(sweep: Sweeps, name: str) -> None:
    """The short name, the singular and the category all list sweeps."""
    assert "tradingsweep.trading.zixly.io/sweep" in sweep.attempt("get", name, "-o", "name").stdout


def test_all_does_not_mean_sweeps(sweep: Sweeps) -> None:
    """`kubectl delete all --all` leaves sweeps alone."""
    assert "tradingsweep" not in sweep.attempt("get", "all", "-o", "name").stdout


def test_explain_documents_a_field(crd: str, kubectl: Kubectl) -> None:
    """`kubectl explain` is a reference of the resource."""
    words = kubectl.run("explain", "tradingsweep.spec.step", f"--api-version={GROUP}/{VERSION}")

    assert "The distance from one period to the next in both ranges" in " ".join(words.split())


def test_a_name_of_63_characters_is_taken(sweeps: Sweeps) -> None:
    """The longest name that fits into a label is allowed."""
    name = hashlib.sha512(b"a name").hexdigest()[:63]
    sweeps.create(manifest(name=name))

    assert name == sweeps.get(name)["metadata"]["name"]

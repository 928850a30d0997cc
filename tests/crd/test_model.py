from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel, ValidationError

from tests.crd.full import FULL_SPEC, FULL_STATUS, RSI_SPEC, unset
from tradingsweep.crd.model import Condition, TradingSweepSpec, TradingSweepStatus
from tradingsweep.crd.wire import wire_name

SMALLEST = {
    "ticker": "BTC-USD",
    "fastRange": {"min": 10, "max": 20},
    "slowRange": {"min": 20, "max": 30},
    "step": 5,
}


def a_condition(moment: datetime) -> Condition:
    """A condition whose status changed at a moment."""
    return Condition(
        type="Ready", status="True", last_transition_time=moment, reason="Done", message=""
    )


@pytest.mark.parametrize(
    ("python", "wire"),
    [
        ("ticker", "ticker"),
        ("fast_range", "fastRange"),
        ("run_id", "runID"),
        ("sweep_run_id", "sweepRunID"),
        ("p_value", "pValue"),
        ("active_deadline_seconds", "activeDeadlineSeconds"),
        ("identity_hash", "identityHash"),
    ],
)
def test_a_name_is_spelled_as_kubernetes_spells(python: str, wire: str) -> None:
    """An ID is `ID` on the wire, as in the names of Kubernetes' own fields."""
    assert wire == wire_name(python)


def test_a_smallest_spec_has_the_documented_defaults() -> None:
    """The model fills in what the API server would."""
    assert TradingSweepSpec.model_validate(SMALLEST).to_wire() == SMALLEST | {
        "minTrades": 50,
        "strategyType": "SMA",
        "priority": 0,
        "activeDeadlineSeconds": 3600,
        "backoffLimit": 0,
        "suspend": False,
        "maxResultAgeSeconds": 0,
        "topResults": 3,
        "storeResults": 100,
    }


def test_a_spec_that_was_written_is_read_the_same() -> None:
    """Nothing of a spec changes on its way out and back."""
    for spec in (FULL_SPEC, RSI_SPEC):
        assert spec == TradingSweepSpec.model_validate(spec.to_wire())


def test_a_status_that_was_written_is_read_the_same() -> None:
    """Nothing of a status changes on its way out and back."""
    assert FULL_STATUS == TradingSweepStatus.model_validate(FULL_STATUS.to_wire())


def test_the_full_examples_leave_nothing_out() -> None:
    """A new field of the model must come into the examples that the round trips are made with."""
    assert ["spec.rsi"] == unset(FULL_SPEC, "spec") + unset(FULL_STATUS, "status")
    assert ["spec.fast_range", "spec.slow_range", "spec.macd"] == unset(RSI_SPEC, "spec")


def test_a_member_of_a_newer_version_is_ignored() -> None:
    """An object that a newer CRD took does not stop an older operator."""
    spec = TradingSweepSpec.model_validate({**SMALLEST, "hyperdrive": {"warp": 9}})

    assert spec == TradingSweepSpec.model_validate(SMALLEST)


def test_a_status_that_was_never_patched_is_the_default_one() -> None:
    """An absent status reads as queued and not yet observed, as the API server's default does."""
    status = TradingSweepStatus.model_validate({})

    assert ("Queued", -1) == (status.phase, status.observed_generation)


@pytest.mark.parametrize("ticker", ["BTC-USD\n", "btc-usd", "../../etc", "BT", "A" * 21, ""])
def test_a_bad_ticker_is_refused_by_the_model_too(ticker: str) -> None:
    """A spec that comes from elsewhere than the API server is held to the same pattern."""
    with pytest.raises(ValidationError, match="ticker"):
        TradingSweepSpec.model_validate({**SMALLEST, "ticker": ticker})


@pytest.mark.parametrize("step", [0, 51, "5", True, 5.0, None])
def test_a_number_is_never_guessed(step: object) -> None:
    """A text, a truth value or a float does not become a step."""
    with pytest.raises(ValidationError, match="step"):
        TradingSweepSpec.model_validate({**SMALLEST, "step": step})


@pytest.mark.parametrize(("part", "name"), [(FULL_SPEC, "step"), (FULL_STATUS, "run")])
def test_a_part_cannot_be_changed(part: BaseModel, name: str) -> None:
    """What a pass has observed stays what it has observed."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(part, name, 6)


def test_a_time_is_whole_seconds_in_utc() -> None:
    """A time from the ledger equals the one that comes back in the object."""
    moment = datetime(2025, 1, 27, 12, 30, 45, 987654, tzinfo=timezone(timedelta(hours=2)))

    condition = a_condition(moment)

    assert datetime(2025, 1, 27, 10, 30, 45, tzinfo=UTC) == condition.last_transition_time
    assert "2025-01-27T10:30:45Z" == condition.to_wire()["lastTransitionTime"]


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody guesses whose clock it was."""
    with pytest.raises(ValidationError, match="timezone"):
        a_condition(datetime(2025, 1, 27, 10, 30))  # noqa: DTZ001 (the naive time is the point)

"""A callback's body: the seed's two shapes, and everything else that can be posted."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradingsweep.contract import ContractError, parse_callback

COMPLETED: dict[str, Any] = {
    "event_type": "sweep.completed",
    "job_id": "sweep_20250127_103045_btcusd",
    "sweep_run_id": "run_abc123xyz789",
    "status": "completed",
    "ticker": "BTC-USD",
    "result_data": {
        "sweep_run_id": "run_abc123xyz789",
        "total_combinations": 8,
        "execution_time_seconds": 127,
        "completed_at": "2025-01-27T10:32:52Z",
    },
    "timestamp": "2025-01-27T10:32:52Z",
}
FAILED: dict[str, Any] = {
    "event_type": "sweep.failed",
    "job_id": "sweep_20250127_103045_btcusd",
    "status": "failed",
    "error_message": "Insufficient historical data for ticker BTC-USD",
    "timestamp": "2025-01-27T10:31:30Z",
}


def body(shape: dict[str, Any], **changes: object) -> bytes:
    """Return a shape as it is posted, with some members changed."""
    return json.dumps({**shape, **changes}).encode()


def test_the_seeds_completed_callback_names_its_results() -> None:
    """The job and the results of a completed sweep are read from the seed's example."""
    callback = parse_callback(body(COMPLETED))

    assert "completed" == callback.status
    assert "sweep_20250127_103045_btcusd" == callback.job_id
    assert "run_abc123xyz789" == callback.results_id


def test_the_seeds_failed_callback_gives_its_reason() -> None:
    """A failure is read in the API's own words, and has no results."""
    callback = parse_callback(body(FAILED))

    assert "failed" == callback.status
    assert "Insufficient historical data for ticker BTC-USD" == callback.error_message
    assert callback.results_id is None


def test_results_named_only_inside_result_data_are_found() -> None:
    """Either of the two places for the sweep_run_id is enough."""
    callback = parse_callback(body(COMPLETED, sweep_run_id=None))

    assert "run_abc123xyz789" == callback.results_id


def test_an_unknown_member_is_ignored() -> None:
    """An API may say more than we know."""
    assert parse_callback(body(FAILED)) == parse_callback(body(FAILED, shard={"a": [1, None]}))


def test_a_reason_arrives_in_one_clean_line() -> None:
    """What a condition will show has no line breaks, no invisible characters and an end."""
    callback = parse_callback(
        body(FAILED, error_message="no\r\n\x1b[31mdata\u202e\x00 " + "x" * 900)
    )

    assert callback.error_message is not None
    assert callback.error_message.startswith("no [31mdata xxx")
    assert 300 == len(callback.error_message)


@pytest.mark.parametrize("slash", ["/", "%2F"])
def test_a_reason_never_shows_where_callbacks_go(slash: str) -> None:
    """An API that complains of a failed delivery does not publish the token."""
    address = slash.join(["http://receiver:8080", "webhook", "sweep-callback", "3f3f", "k1.t0ken"])
    callback = parse_callback(body(FAILED, error_message=f"cannot reach ({address}): refused"))

    assert "cannot reach *** refused" == callback.error_message


@pytest.mark.parametrize(
    ("posted", "rule"),
    [
        (b"", "the body is empty"),
        (b" \r\n", "the body is empty"),
        (b"<html>busy</html>", "the body is not JSON"),
        (b'{"job_id": "a"', "the body is not JSON"),
        (b"9" * 60_000, "the body is not JSON"),
        (b"[]", "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b"[" * 60_000, "the body is nested too deeply"),
        (b'{"a":' * 12_000, "the body is nested too deeply"),
        (b"\xff\xfe{\x00}\x00", "the body is not UTF-8"),
        (body(FAILED, weight=float("nan")), "NaN and Infinity"),
        (b'{"job_id": "a", "job_id": "b"}', "a member comes twice"),
        (body(FAILED, job_id=None), "job_id: Input should be a valid string"),
        (body(FAILED, job_id=7), "job_id: Input should be a valid string"),
        (body(FAILED, job_id=""), "job_id: must be 1 to 128"),
        (body(FAILED, job_id="."), "job_id: must be 1 to 128"),
        (body(FAILED, job_id=".."), "job_id: must be 1 to 128"),
        (body(FAILED, job_id="a/b"), "job_id: must be 1 to 128"),
        (body(FAILED, job_id="a\n"), "job_id: must be 1 to 128"),
        (body(FAILED, job_id="j" * 129), "job_id: must be 1 to 128"),
        (body(COMPLETED, sweep_run_id="../best"), "sweep_run_id: must be 1 to 128"),
        (body(COMPLETED, result_data={"sweep_run_id": "other"}), "must be the same"),
        (body(COMPLETED, result_data="done"), "result_data: "),
        (body(COMPLETED, event_type="sweep.failed"), "event_type and status must say the same"),
        (body(COMPLETED, status="finished"), "status: Input should be 'completed' or 'failed'"),
        (body(COMPLETED, event_type=None), "event_type: "),
        (body(FAILED, error_message=["no data"]), "error_message: "),
    ],
)
def test_a_wrong_body_is_refused_with_its_rule(posted: bytes, rule: str) -> None:
    """What is not one of the two shapes gives one clean error that names member and rule."""
    with pytest.raises(ContractError) as refused:
        parse_callback(posted)

    assert rule in str(refused.value)


def test_an_error_never_repeats_what_was_posted() -> None:
    """A body may hold a secret, and errors are logged."""
    with pytest.raises(ContractError) as refused:
        parse_callback(body(FAILED, job_id="a secret/token", status="a secret/token"))

    assert "secret" not in str(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda shape, changes, cut: body(shape, **changes)[:cut],
        st.sampled_from([COMPLETED, FAILED]),
        st.dictionaries(st.sampled_from([*COMPLETED, "error_message"]), json_values, max_size=3),
        st.none() | st.integers(0, 400),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posted=bodies)
def test_any_bytes_are_a_callback_or_a_contract_error(posted: bytes) -> None:
    """Nothing that can be posted raises anything else, and what passes has usable ids."""
    with contextlib.suppress(ContractError):
        callback = parse_callback(posted)

        assert callback.job_id.isascii()
        assert callback.results_id not in ("", ".", "..")

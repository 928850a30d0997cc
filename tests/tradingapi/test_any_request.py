"""Any request that the OpenAPI document allows, or forbids: no 5xx, no hang, no surprise."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.tradingapi.server import KEY, Api

load_all_checks()

EXAMPLES = int(os.environ.get("EXAMPLES", "40"))
"""For each operation; more of them find more."""

PATIENCE = 10.0
"""Seconds for one answer."""

PROMISED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
        "ignored_auth",
    )
]

OPERATIONS = [
    ("GET", "/health"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/strategy/sweep"),
    ("GET", "/sse-proxy/jobs/{job_id}/stream"),
    ("GET", "/api/v1/jobs/{job_id}"),
    ("POST", "/api/v1/jobs/{job_id}/cancel"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/best"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/report"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/results"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/results.csv"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/results.parquet"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/heatmap"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/portfolio"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/tickers"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/pairs/{fast}/{slow}/trades"),
    ("GET", "/api/v1/sweeps/{sweep_run_id}/pairs/{fast}/{slow}/equity"),
]


@pytest.fixture(scope="module")
def described(api: Api) -> Any:
    """The real server's own document."""
    return schemathesis.openapi.from_url(f"{api.url}/openapi.json")


def test_no_operation_is_left_out(described: Any) -> None:
    """Who adds an endpoint has it tried here."""
    found = [operation.ok() for operation in described.get_all_operations()]

    assert sorted(OPERATIONS) == sorted((each.method.upper(), each.path) for each in found)


@pytest.fixture(scope="module")
def known(api: Api) -> dict[str, str]:
    """A run and a job that are there."""
    return known_of(api, {})


@pytest.fixture(scope="module")
def known_many(api: Api) -> dict[str, str]:
    """The same of many tickers."""
    return known_of(api, {"ticker": None, "tickers": "SYN:A,SYN:B", "min_trades": "10"})


def known_of(api: Api, form: dict[str, Any]) -> dict[str, str]:
    """Submit a sweep, and name what there is of it."""
    job_id = api.submit(form).json()["job_id"]
    return {"job_id": job_id, "sweep_run_id": api.wait_for(job_id, "completed")["sweep_run_id"]}


def hold(described: Any, operation: tuple[str, str], mode: GenerationMode, **known: str) -> int:
    """Try requests to one operation, with some of its path known; return how many held."""
    method, path = operation
    held = 0

    @given(case=described[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        nonlocal held
        there = {name: value for name, value in known.items() if name in case.path_parameters}
        case.path_parameters.update(there)
        case.call_and_validate(headers=KEY, timeout=PATIENCE, checks=PROMISED)
        held += 1

    holds()
    return held


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_any_good_request_is_answered_as_described(
    described: Any, known: dict[str, str], operation: tuple[str, str]
) -> None:
    """Within seconds, about things that are there."""
    assert hold(described, operation, GenerationMode.POSITIVE, **known) > 0


OF_RUNS = [operation for operation in OPERATIONS if "{sweep_run_id}" in operation[1]]


@pytest.mark.parametrize("operation", OF_RUNS, ids=" ".join)
def test_any_good_request_about_many_tickers_is_answered_as_described(
    described: Any, known_many: dict[str, str], operation: tuple[str, str]
) -> None:
    """Rows have places there."""
    assert hold(described, operation, GenerationMode.POSITIVE, **known_many) > 0


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_any_request_for_what_is_not_there_is_answered_as_described(
    described: Any, operation: tuple[str, str]
) -> None:
    """Ids of every kind."""
    assert hold(described, operation, GenerationMode.POSITIVE) > 0


@pytest.mark.parametrize("operation", OPERATIONS[1:], ids=" ".join)
def test_any_bad_request_is_refused_as_described(
    described: Any, operation: tuple[str, str]
) -> None:
    """With a 4xx, and never taken for a good one; `GET /health` has nothing to be wrong in."""
    assert hold(described, operation, GenerationMode.NEGATIVE) > 0

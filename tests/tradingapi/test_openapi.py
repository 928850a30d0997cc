"""The OpenAPI document: what it says is what the server does."""

from typing import Any

import httpx
import pytest

from tests.tradingapi.server import Api


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    """The server's own description."""
    body: dict[str, Any] = httpx.get(f"{api.url}/openapi.json").json()
    return body


def references(node: object) -> set[str]:
    """Collect every `$ref`."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(part) for part in node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_every_endpoint_is_described(document: dict[str, Any]) -> None:
    """With the methods that it has."""
    assert {path: sorted(methods) for path, methods in document["paths"].items()} == {
        "/health": ["get"],
        "/api/v1/strategy/sweep": ["post"],
        "/api/v1/auth/login": ["post"],
        "/api/v1/sweeps/{sweep_run_id}/best": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/report": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/results": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/results.csv": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/results.parquet": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/heatmap": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/portfolio": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/tickers": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/pairs/{fast}/{slow}/trades": ["get"],
        "/api/v1/sweeps/{sweep_run_id}/pairs/{fast}/{slow}/equity": ["get"],
        "/sse-proxy/jobs/{job_id}/stream": ["get"],
        "/api/v1/jobs/{job_id}": ["get"],
        "/api/v1/jobs/{job_id}/cancel": ["post"],
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Client generators stop at a broken one."""
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert references(document) <= known


def test_the_sweeps_body_is_described_for_both_content_types(document: dict[str, Any]) -> None:
    """With the same required fields, and with one ticker or many."""
    content = document["paths"]["/api/v1/strategy/sweep"]["post"]["requestBody"]["content"]

    assert {"application/json", "application/x-www-form-urlencoded"} == set(content)
    for described in content.values():
        assert {"fast_range", "slow_range", "webhook_url"} <= set(described["schema"]["required"])
        assert [["ticker"], ["tickers"]] == [
            one["required"] for one in described["schema"]["oneOf"]
        ]


def test_refusals_have_the_described_shape_and_no_422_is_promised(
    document: dict[str, Any],
) -> None:
    """FastAPI's own validation answer is not what this server sends."""
    for methods in document["paths"].values():
        for operation in methods.values():
            assert "422" not in operation["responses"]
    assert {"error", "detail"} == set(
        document["components"]["schemas"]["ProblemBody"]["properties"]
    )


def test_the_documentation_page_is_served(api: Api) -> None:
    """At the seed's address, without a key."""
    answer = httpx.get(f"{api.url}/docs")

    assert (200, True) == (answer.status_code, "/openapi.json" in answer.text)

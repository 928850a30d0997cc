"""Routes and resources are closed lists: no id and no name becomes a label."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradingsweep.adapters.kube_requests import resource
from tradingsweep.adapters.trading_api.endpoints import ENDPOINTS, OTHER, endpoint

SWEEPS = "/apis/trading.zixly.io/v1alpha1"


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/health", "GET /health"),
        ("POST", "/api/v1/strategy/sweep", "POST /api/v1/strategy/sweep"),
        ("GET", "/api/v1/sweeps/r-1/best?ticker=X&limit=3", "GET /api/v1/sweeps/{id}/best"),
        ("GET", "/api/v1/sweeps/r-1/report", "GET /api/v1/sweeps/{id}/report"),
        ("GET", "/api/v1/jobs/j.1", "GET /api/v1/jobs/{id}"),
        ("POST", "/api/v1/jobs/j.1/cancel", "POST /api/v1/jobs/{id}/cancel"),
        ("GET", "/sse-proxy/jobs/j.1/stream", "GET /sse-proxy/jobs/{id}/stream"),
        ("DELETE", "/health", OTHER),
        ("GET", "/api/v1/jobs/a/b", OTHER),
    ],
)
def test_a_request_is_named_by_its_route(method: str, path: str, route: str) -> None:
    """Without its ids and its query."""
    assert route == endpoint(method, path)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{SWEEPS}/tradingsweeps", "tradingsweeps"),
        (f"{SWEEPS}/namespaces/desk-a/tradingsweeps", "tradingsweeps"),
        (f"{SWEEPS}/namespaces/desk-a/tradingsweeps/btc/status", "tradingsweeps/status"),
        (f"{SWEEPS}/namespaces/desk-a/tradingsweeps/status", "tradingsweeps"),
        ("/apis/events.k8s.io/v1/namespaces/desk-a/events", "events"),
        ("/api/v1/namespaces/kube-system", "namespaces"),
        ("/apis/coordination.k8s.io/v1/namespaces/x/leases/tradingsweep-default", "leases"),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x", "customresourcedefinitions"),
        ("/version", "other"),
    ],
)
def test_a_path_of_the_api_server_is_named_by_its_resource(path: str, name: str) -> None:
    """A namespace or a sweep that is called like a resource changes nothing."""
    assert name == resource(path)


@given(method=st.sampled_from(["GET", "POST", "PUT"]), path=st.text(max_size=80))
def test_no_path_makes_a_new_label(method: str, path: str) -> None:
    """Whatever is asked, the labels stay a handful."""
    assert endpoint(method, "/" + path) in {*ENDPOINTS, OTHER}
    assert "/" not in resource("/" + path).removesuffix("/status")

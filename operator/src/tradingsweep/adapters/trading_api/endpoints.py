"""The Trading API's routes by name: a closed list, so that no id becomes a label of a metric."""

import re
from collections.abc import Callable

Heard = Callable[[str, str, float | None], None]
"""Takes a route, a status code or `none`, and seconds; None: its length says nothing."""

OTHER = "other"

_ROUTES = tuple(
    (method, route, re.compile(re.escape(route).replace(r"\{id\}", "[^/]+")))
    for method, route in (
        ("GET", "/health"),
        ("POST", "/api/v1/strategy/sweep"),
        ("GET", "/api/v1/sweeps/{id}/best"),
        ("GET", "/api/v1/sweeps/{id}/report"),
        ("GET", "/api/v1/jobs/{id}"),
        ("POST", "/api/v1/jobs/{id}/cancel"),
        ("POST", "/api/v1/auth/login"),
        ("GET", "/sse-proxy/jobs/{id}/stream"),
    )
)
ENDPOINTS = tuple(f"{method} {route}" for method, route, _ in _ROUTES)


def endpoint(method: str, path: str) -> str:
    """Return the route of a request, without its ids and its query."""
    plain = path.partition("?")[0]
    for wanted, route, pattern in _ROUTES:
        if wanted == method and pattern.fullmatch(plain):
            return f"{method} {route}"
    return OTHER


def nobody(_endpoint: str, _code: str, _seconds: float | None) -> None:
    """Hear nothing."""

"""Counting requests to the API server: by verb, resource and code, never by a name."""

from collections.abc import Callable
from types import SimpleNamespace

import aiohttp

Asked = Callable[[str, str, str], None]
"""Takes a verb, a resource such as `tradingsweeps/status`, and a status code or `none`."""

_RESOURCES = frozenset(
    {"tradingsweeps", "events", "leases", "namespaces", "customresourcedefinitions"}
)
_OTHER = "other"


def counting(asked: Asked) -> aiohttp.TraceConfig:
    """Return a tracer that tells of every request that ended, with an answer or without."""

    async def ended(
        _: aiohttp.ClientSession, __: SimpleNamespace, about: aiohttp.TraceRequestEndParams
    ) -> None:
        asked(about.method, resource(about.url.path), str(about.response.status))

    async def broke(
        _: aiohttp.ClientSession, __: SimpleNamespace, about: aiohttp.TraceRequestExceptionParams
    ) -> None:
        asked(about.method, resource(about.url.path), "none")

    tracer = aiohttp.TraceConfig()
    tracer.on_request_end.append(ended)
    tracer.on_request_exception.append(broke)
    return tracer


def resource(path: str) -> str:
    """Return what a path of the API server is about, without any name in it."""
    parts = [part for part in path.split("/") if part]
    # /api/v1/… or /apis/GROUP/VERSION/…, then perhaps namespaces/NAME before the resource.
    rest = parts[2:] if parts[:1] == ["api"] else parts[3:]
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    if not rest or rest[0] not in _RESOURCES:
        return _OTHER
    return f"{rest[0]}/status" if rest[2:3] == ["status"] else rest[0]

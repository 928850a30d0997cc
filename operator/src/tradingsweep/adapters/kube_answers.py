"""What the API server answers: its errors in our words, and what an answer must at least be."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from kubernetes.aio import client

from tradingsweep.errors import ClusterForbids, ClusterUnavailable

_UNKNOWN, _FORBIDDEN = 401, 403
_AWAY = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


def metadata_of(found: client.V1ObjectMeta | None) -> client.V1ObjectMeta:
    """Return an object's metadata, which the client's types leave open."""
    if found is None:
        raise ClusterUnavailable("the API server answered an object without metadata")
    return found


def mapping(body: object) -> dict[str, Any]:
    """Return an answer as an object of JSON."""
    if not isinstance(body, dict):
        raise ClusterUnavailable("the API server answered something that is not an object")
    return body


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the client's errors into ours; the caller has dealt with those that mean something."""
    try:
        yield
    except client.ApiException as error:
        kind = ClusterForbids if error.status in (_UNKNOWN, _FORBIDDEN) else ClusterUnavailable
        raise kind(f"{doing}: {error.status} {error.reason}") from error
    except _AWAY as error:
        raise ClusterUnavailable(f"{doing}: {str(error) or type(error).__name__}") from error

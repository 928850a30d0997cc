"""The Lease object of a shard at the API server."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client import CoordinationV1Api

from tradingsweep.errors import ClusterUnavailable
from tradingsweep.reconcile.leadership import LeaseRecord, LeaseTimes

_NOT_FOUND, _CONFLICT = 404, 409


class KubeLease:
    """See `reconcile.leadership.LeaseStore`; written with the version that was seen."""

    def __init__(self, api: client.ApiClient, namespace: str, name: str, times: LeaseTimes) -> None:
        self._api = CoordinationV1Api(api)
        self._namespace, self._name, self._times = namespace, name, times

    async def read(self) -> LeaseRecord | None:
        """Read the Lease; None where it does not exist."""
        asked = self._api.read_namespaced_lease(self._name, self._namespace)
        return await self._answer(asked, none_on=_NOT_FOUND)

    async def create(self, holder: str) -> LeaseRecord | None:
        """Create the Lease; None where somebody else did."""
        body = self._body(holder, transitions=0, version=None)
        asked = self._api.create_namespaced_lease(self._namespace, body)
        return await self._answer(asked, none_on=_CONFLICT)

    async def renew(self, seen: LeaseRecord, holder: str) -> LeaseRecord | None:
        """Write our name and the time over what was seen; None where it changed meanwhile."""
        transitions = seen.transitions + (seen.holder != holder)
        body = self._body(holder, transitions, seen.version)
        asked = self._api.replace_namespaced_lease(self._name, self._namespace, body)
        return await self._answer(asked, none_on=_CONFLICT)

    async def _answer(
        self, asked: Coroutine[Any, Any, client.V1Lease], *, none_on: int
    ) -> LeaseRecord | None:
        """Wait for an answer as long as the Lease allows; one status means None."""
        try:
            async with asyncio.timeout(self._times.retry):
                return _record(await asked)
        except client.ApiException as error:
            if error.status == none_on:
                return None
            raise ClusterUnavailable(f"the Lease: {error.status} {error.reason}") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ClusterUnavailable(f"the Lease: {str(error) or 'no answer in time'}") from error

    def _body(self, holder: str, transitions: int, version: str | None) -> client.V1Lease:
        # For people: nobody compares another machine's clock with its own.
        now = datetime.now(UTC)  # noqa: TID251
        return client.V1Lease(
            metadata=client.V1ObjectMeta(
                name=self._name, namespace=self._namespace, resource_version=version
            ),
            spec=client.V1LeaseSpec(
                holder_identity=holder,
                lease_duration_seconds=max(1, round(self._times.duration)),
                renew_time=now,
                acquire_time=now,
                lease_transitions=transitions,
            ),
        )


def _record(found: client.V1Lease) -> LeaseRecord:
    if found.metadata is None or found.metadata.resource_version is None:
        raise ClusterUnavailable("the API server answered a Lease without a version")
    spec = found.spec or client.V1LeaseSpec()
    return LeaseRecord(
        holder=spec.holder_identity or "",
        version=found.metadata.resource_version,
        transitions=spec.lease_transitions or 0,
    )

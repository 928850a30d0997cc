"""The Lease at a real API server: created, renewed, refused when stale, given back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dev.controlplane import ControlPlane
from tradingsweep.adapters import kube
from tradingsweep.adapters.lease import KubeLease
from tradingsweep.errors import ClusterUnavailable
from tradingsweep.reconcile.leadership import LeaseTimes


@asynccontextmanager
async def a_lease(control_plane: ControlPlane, namespace: str) -> AsyncIterator[KubeLease]:
    """Open the Lease of a test's namespace."""
    async with kube.connect("tests", str(control_plane.kubeconfig)) as cluster:
        yield cluster.lease(namespace, "tradingsweep-default", LeaseTimes())


async def test_a_lease_is_created_renewed_and_given_back(
    control_plane: ControlPlane, namespace: str
) -> None:
    """Each write is of exactly the version that was seen."""
    async with a_lease(control_plane, namespace) as lease:
        assert await lease.read() is None

        created = await lease.create("a")
        assert created is not None
        assert await lease.create("b") is None
        renewed = await lease.renew(created, "a")
        assert renewed is not None
        assert await lease.renew(created, "b") is None
        released = await lease.renew(renewed, "")

        assert released is not None
        assert ("", 1) == (released.holder, released.transitions)
        assert released == await lease.read()


async def test_an_api_server_that_is_away_is_said_to_be(
    control_plane: ControlPlane, namespace: str
) -> None:
    """Not an answer that could be mistaken for a free Lease."""
    async with a_lease(control_plane, namespace) as lease:
        away = KubeLease(lease._api.api_client, namespace, "x", LeaseTimes(retry=1e-6))

        with pytest.raises(ClusterUnavailable):
            await away.read()

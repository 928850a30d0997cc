"""Leadership by a Lease: one operator of a shard acts, the others wait.

The holder renews; whoever has watched a record unchanged for its whole duration may take it. No
clock of another machine is compared with ours: what counts is how long *we* have seen no change.

A Lease cannot fence. A leader that was stopped for longer than its lease goes on for a moment with
what it believes. So `may_act` is asked before each effect, against a clock that goes on while the
machine sleeps; admission checks the epoch in the ledger; and everything else is safe by
compare-and-set and resource versions. Whoever loses the Lease ends its process.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from tradingsweep.errors import ClusterUnavailable, LeadershipLost

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Seconds; the defaults are what Kubernetes' own controllers use."""

    duration: float = 15.0
    """How long others leave a record alone that does not change."""
    renew_within: float = 10.0
    """For how long after the start of a renewal its holder may act; then it gives up."""
    retry: float = 2.0
    """Between two tries, and the timeout of each request."""


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """The Lease as it was read."""

    holder: str
    """Empty where it was given back."""
    version: str
    """The object's resource version: every renewal changes it."""
    transitions: int = 0


class LeaseStore(Protocol):
    """The Lease object at the API server; every call is bounded by `LeaseTimes.retry`."""

    async def read(self) -> LeaseRecord | None:
        """Read it; None where it does not exist."""
        ...

    async def create(self, holder: str) -> LeaseRecord | None:
        """Create it; None where somebody else did."""
        ...

    async def renew(self, seen: LeaseRecord, holder: str) -> LeaseRecord | None:
        """Write our name and the time over what was seen; None where it changed meanwhile."""
        ...


class Leadership:
    """One process's part in leading a shard."""

    def __init__(
        self, store: LeaseStore, holder: str, times: LeaseTimes, clock: Callable[[], float]
    ) -> None:
        self._store, self._holder, self._times, self._clock = store, holder, times, clock
        self._held: LeaseRecord | None = None
        self._renewed_at = float("-inf")

    def may_act(self) -> bool:
        """Whether this process may still perform effects."""
        return self._clock() < self._renewed_at + self._times.renew_within

    async def acquire(self) -> None:
        """Wait until this process leads."""
        seen: LeaseRecord | None = None
        unchanged_since = self._clock()
        while True:
            begun = self._clock()
            try:
                found = await self._store.read()
                if found is None or seen is None or found.version != seen.version:
                    seen, unchanged_since = found, begun
                if await self._take(found, begun, unchanged_since):
                    return
            except ClusterUnavailable as error:
                log.warning("lease_unavailable", error=str(error))
            await asyncio.sleep(self._times.retry)

    async def _take(self, found: LeaseRecord | None, begun: float, unchanged_since: float) -> bool:
        if found is None:
            taken = await self._store.create(self._holder)
        elif found.holder == "" or begun - unchanged_since >= self._times.duration:
            taken = await self._store.renew(found, self._holder)
        else:
            return False
        if taken is None:
            return False
        self._held, self._renewed_at = taken, begun
        log.info("leading", holder=self._holder)
        return True

    async def keep(self) -> None:
        """Renew until the Lease is lost.

        Raises:
            LeadershipLost: another holder was seen, or it could not be renewed in time.
        """
        while True:
            await asyncio.sleep(self._times.retry)
            begun = self._clock()
            try:
                await self._renew(begun)
            except ClusterUnavailable as error:
                log.warning("lease_not_renewed", error=str(error))
            if self._clock() >= self._renewed_at + self._times.renew_within:
                raise LeadershipLost("the Lease could not be renewed in time")

    async def _renew(self, begun: float) -> None:
        if self._held is None:
            raise LeadershipLost("the Lease was never held")
        renewed = await self._store.renew(self._held, self._holder)
        if renewed is not None:
            self._held, self._renewed_at = renewed, begun
            return
        # Refused: our own write may have arrived without its answer, or somebody took the Lease.
        found = await self._store.read()
        if found is None or found.holder != self._holder:
            raise LeadershipLost(f"the Lease is held by {found.holder if found else 'nobody'}")
        self._held = found

    async def release(self) -> None:
        """Give the Lease back, so that another process need not wait for it to run out."""
        held, self._held, self._renewed_at = self._held, None, float("-inf")
        if held is None:
            return
        try:
            await self._store.renew(held, "")
        except ClusterUnavailable as error:
            log.warning("lease_not_released", error=str(error))

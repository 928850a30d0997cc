"""A Lease in memory, with versions as the API server keeps them: the port, in a few lines."""

from dataclasses import dataclass

from tradingsweep.errors import ClusterUnavailable
from tradingsweep.reconcile.leadership import LeaseRecord


@dataclass
class SharedLease:
    """One Lease for several contenders."""

    record: LeaseRecord | None = None
    away: bool = False
    """The API server does not answer."""
    loses_answers: bool = False
    """A write arrives, and its answer does not."""
    writes: int = 0

    async def read(self) -> LeaseRecord | None:
        """Read it."""
        self._answer()
        return self.record

    async def create(self, holder: str) -> LeaseRecord | None:
        """Create it, where it does not exist."""
        self._answer()
        if self.record is not None:
            return None
        return self._write(holder, 0)

    async def renew(self, seen: LeaseRecord, holder: str) -> LeaseRecord | None:
        """Write over exactly what was seen."""
        self._answer()
        if self.record is None or self.record.version != seen.version:
            return None
        written = self._write(holder, seen.transitions + (seen.holder != holder))
        if self.loses_answers:
            self.loses_answers = False
            raise ClusterUnavailable("the answer was lost")
        return written

    def _write(self, holder: str, transitions: int) -> LeaseRecord:
        self.writes += 1
        self.record = LeaseRecord(holder, str(self.writes), transitions)
        return self.record

    def _answer(self) -> None:
        if self.away:
            raise ClusterUnavailable("away")

"""Telling a newer CRD's defaults from what a person wrote for a newer operator.

The API server shows a new default in every object at once. Nothing is to stop for that, so the
published schema says which members are such defaults; it is asked only where one is met that this
program does not know, and no more than once in a while.
"""

from dataclasses import dataclass, field
from typing import Any

from tradingsweep.crd.newer import is_default
from tradingsweep.domain.facts import SweepObject
from tradingsweep.errors import ClusterForbids
from tradingsweep.reconcile.ports import Cluster


@dataclass(slots=True)
class NewestSchema:
    """The schema of `.spec` as it was published last."""

    schema: dict[str, Any] = field(default_factory=dict)
    again_at: float = 0.0
    """On the process's clock."""
    told: dict[str, int] = field(default_factory=dict)
    """By uid the generation that an Event told of."""

    async def unread(
        self, target: SweepObject | None, cluster: Cluster, now: float, pause: float
    ) -> tuple[str, ...]:
        """Return the members of an object that no older operator may pass over.

        Raises:
            ClusterUnavailable: the schema is needed and cannot be had now.
        """
        if target is None or not target.newer:
            return ()
        unread = self._unread(target)
        if unread and now >= self.again_at:
            try:
                self.schema = await cluster.spec_schema()
            except ClusterForbids:
                # Without the defaults everything unknown waits, and its Event says for what.
                self.schema = {}
            self.again_at = now + pause
            unread = self._unread(target)
        return unread

    def _unread(self, target: SweepObject) -> tuple[str, ...]:
        return tuple(
            path
            for path, value in sorted(target.newer.items())
            if not is_default(self.schema, path, value)
        )

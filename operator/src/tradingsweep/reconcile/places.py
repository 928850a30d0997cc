"""How many go first: asked once for all that wait in a namespace, and not by each of them.

With a thousand in line each would count a thousand others, and those that have a slot would wait
for the end of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tradingsweep.reconcile.ports import Key, Ledger

MOST = 1000
"""Nobody is told of more."""
FRESH = 1.0
"""Seconds for which a line counts as known; a status tells its place once a minute at most."""


@dataclass(frozen=True, slots=True)
class _Line:
    places: dict[str, int]
    until: float


@dataclass(slots=True)
class Places:
    """The lines that were looked at a moment ago, by namespace."""

    _lines: dict[str, _Line] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ahead(self, key: Key, ledger: Ledger, clock: Callable[[], float]) -> int:
        """Count those of the same namespace that go first, at most 1,000; 0 where nobody waits."""
        async with self._looking:
            line = self._lines.get(key.namespace)
            if line is None or clock() >= line.until:
                uids = await ledger.line(key.namespace)
                now = clock()
                line = _Line({uid: place for place, uid in enumerate(uids)}, now + FRESH)
                kept = {name: one for name, one in self._lines.items() if now < one.until}
                self._lines = kept | {key.namespace: line}
        return line.places.get(key.uid, MOST if len(line.places) == MOST else 0)

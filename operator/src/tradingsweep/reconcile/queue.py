"""The keyed queue: a key is in it once, and is worked on by one worker at a time.

A key that is added while a worker has it is looked at again afterwards, so no news is lost; a key
that is added a hundred times before that is looked at once.

Keys come in two lanes. Those that hardly need a look, thousands of finished sweeps when an operator
starts, wait behind all others: nobody's sweep is to wait for them.
"""

import asyncio
import random
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")

FIRST_BACKOFF = 0.5
"""Seconds before the second look at a key whose first one raised."""
LONGEST_BACKOFF = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """How a queue stands; times in seconds."""

    ready: int
    """Keys that wait for a worker."""
    oldest: float
    """How long the key that waits longest has been ready."""
    planned: int
    """Keys whose next look is planned."""
    running: int
    """Keys that workers have."""
    longest: float
    """How long a worker has had the key that was taken first."""


class KeyedQueue(Generic[K]):
    """Keys that want to be looked at."""

    def __init__(self) -> None:
        self._ready: deque[K] = deque()
        self._patient: OrderedDict[K, None] = OrderedDict()
        """Ready too, in order, but after those."""
        self._wanted: dict[K, float] = {}
        """Since when a look was asked for, on the loop's clock."""
        self._taken: dict[K, float] = {}
        """Since when a worker has it."""
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._arrived = asyncio.Event()

    def add(self, key: K) -> None:
        """Ask for a look, as soon as a worker is free."""
        if key in self._patient:
            del self._patient[key]
            self._ready.append(key)
        if key in self._wanted:
            return
        self._wanted[key] = _now()
        if key not in self._taken:
            self._ready.append(key)
            self._arrived.set()

    def add_patient(self, key: K) -> None:
        """Ask for a look when nothing else wants one."""
        if key in self._wanted or key in self._taken:
            self.add(key)
            return
        self._wanted[key] = _now()
        self._patient[key] = None
        self._arrived.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Ask for a look later; of several such wishes the earliest counts."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        planned = self._timers.get(key)
        if planned is not None and planned.when() <= loop.time() + seconds:
            return
        if planned is not None:
            planned.cancel()
        self._timers[key] = loop.call_later(seconds, self._ring, key)

    def _ring(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def take(self) -> K:
        """Wait for a key; it is the caller's until `done`."""
        while not self._ready and not self._patient:
            self._arrived.clear()
            await self._arrived.wait()
        key = self._ready.popleft() if self._ready else self._patient.popitem(last=False)[0]
        self._wanted.pop(key, None)
        self._taken[key] = _now()
        # Whatever was planned: this look sees it, and plans anew.
        planned = self._timers.pop(key, None)
        if planned is not None:
            planned.cancel()
        return key

    def done(self, key: K) -> None:
        """Give a key back; if it was added meanwhile it is ready again."""
        self._taken.pop(key, None)
        if key in self._wanted:
            self._ready.append(key)
            self._arrived.set()

    def succeeded(self, key: K) -> None:
        """Forget how often looks at this key have raised."""
        self._failures.pop(key, None)

    def failed(self, key: K) -> float:
        """Plan another look, later with each failure in a row; returns the seconds until it."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(failures - 1, 10))
        seconds = longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
        self.add_after(key, seconds)
        return seconds

    def load(self) -> Load:
        """Say how the queue stands."""
        now = _now()
        firsts = [next(iter(lane)) for lane in (self._ready, self._patient) if lane]
        return Load(
            ready=len(self),
            oldest=now - min((self._wanted[key] for key in firsts), default=now),
            planned=len(self._timers),
            running=len(self._taken),
            longest=now - min(self._taken.values(), default=now),
        )

    def __len__(self) -> int:
        return len(self._ready) + len(self._patient)


def _now() -> float:
    return asyncio.get_running_loop().time()


class Bell:
    """Something that can be rung by many and is waited for by one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Let the waiting one look at once."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait until it rings, but not longer than this."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()

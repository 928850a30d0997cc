"""Waiting for what will come true: the only place in the tests that sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Wanted: TypeAlias = T | Callable[[T], bool]
"""The value itself, or a predicate that it must satisfy."""

_LOOK_EVERY = 0.05
"""Seconds between two looks."""


@dataclass(frozen=True)
class _Seen(Generic[T]):
    """What one look found: a value, or the error that there was instead."""

    found: tuple[T] | None
    error: Exception | None = None

    def satisfies(self, wanted: Wanted[T]) -> bool:
        if self.found is None:
            return False
        (value,) = self.found
        return wanted(value) if callable(wanted) else value == wanted

    @property
    def value(self) -> T:
        assert self.found is not None
        return self.found[0]

    def disappointment(self, wanted: Wanted[T], within: float) -> AssertionError:
        hoped = getattr(wanted, "__name__", repr(wanted))
        last = f"the last error was {self.error!r}" if self.found is None else repr(self.found[0])
        failure = AssertionError(f"not {hoped} within {within:g} s: {last}")
        failure.__cause__ = self.error
        return failure


def eventually(probe: Callable[[], T], wanted: Wanted[T], *, within: float) -> T:
    """Call `probe` until it returns what is wanted, and return that.

    A probe that raises is looked at again, since what it looks for may not exist yet.

    Raises:
        AssertionError: `within` seconds passed; the message shows the last value or error.
    """
    end = time.monotonic() + within
    while True:
        seen = _look(probe)
        if seen.satisfies(wanted):
            return seen.value
        if time.monotonic() > end:
            raise seen.disappointment(wanted, within)
        time.sleep(_LOOK_EVERY)


async def eventually_async(
    probe: Callable[[], Awaitable[T]], wanted: Wanted[T], *, within: float
) -> T:
    """Do as `eventually`, with a probe that is awaited."""
    end = time.monotonic() + within
    while True:
        seen = await _look_async(probe)
        if seen.satisfies(wanted):
            return seen.value
        if time.monotonic() > end:
            raise seen.disappointment(wanted, within)
        await asyncio.sleep(_LOOK_EVERY)


def _look(probe: Callable[[], T]) -> _Seen[T]:
    try:
        return _Seen((probe(),))
    except Exception as error:  # noqa: BLE001 (any error may be the one that goes away)
        return _Seen(None, error)


async def _look_async(probe: Callable[[], Awaitable[T]]) -> _Seen[T]:
    try:
        return _Seen((await probe(),))
    except Exception as error:  # noqa: BLE001 (any error may be the one that goes away)
        return _Seen(None, error)

"""What a pass tells whoever counts: a port, so that no loop knows a library for metrics."""

from enum import StrEnum
from typing import Protocol

from tradingsweep.domain.changes import InboxOutcome


class Result(StrEnum):
    """How a pass ended."""

    SUCCESS = "success"
    REQUEUE = "requeue"
    """It ran out of steps and goes on at once."""
    REQUEUE_AFTER = "requeue_after"
    """Something outside is away: tried again later."""
    ERROR = "error"
    """It raised: a bug, or an object that nothing can be done with."""


class Measures(Protocol):
    """Whoever counts."""

    def reconciled(self, result: Result, seconds: float) -> None:
        """Count a pass."""
        ...

    def dealt_with(self, outcome: InboxOutcome) -> None:
        """Count a callback that was dealt with."""
        ...


class Unmeasured:
    """Nobody counts."""

    def reconciled(self, result: Result, seconds: float) -> None:
        """Count nothing."""

    def dealt_with(self, outcome: InboxOutcome) -> None:
        """Count nothing."""

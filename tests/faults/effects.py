"""The twelve effects of one sweep, the three moments of a kill, and their cells.

The numbers are the submission protocol's. *Before*: nothing has left. *Between*: the effect has
happened and its answer has not come back. *After*: the answer is here, and nothing else has begun.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from typing_extensions import override


class Effect(IntEnum):
    """What the operator (number 6: the receiver) does outside itself for a sweep."""

    SWEEP_ROWS = 1
    """The commit of the sweep's and its first run's rows."""
    INTENT = 2
    """The commit of the intent to POST."""
    POST = 3
    JOB_ID = 4
    """The commit of the job id that the API named."""
    STATUS_SUBMITTED = 5
    """The status patch that shows it at the API."""
    INBOX = 6
    """The commit of a callback."""
    FAILED = 7
    """The commit of an end without results, or of the next attempt."""
    STORED = 8
    """The commit of the results with the end of the run."""
    STATUS_FINAL = 9
    """The status patch that shows the end."""
    EVENT = 10
    CANCEL = 11
    """The request to the API to cancel a job."""
    DELETE = 12
    """The deletion of an object whose time is over."""


class Moment(StrEnum):
    """When the process is killed."""

    BEFORE = "before"
    BETWEEN = "between"
    AFTER = "after"


@dataclass(frozen=True)
class Cell:
    """One cell of the crash matrix."""

    effect: Effect
    moment: Moment

    @override
    def __str__(self) -> str:
        return f"{self.effect.value}/{self.moment.value}"

    @classmethod
    def read(cls, text: str) -> "Cell":
        """Read what `str` wrote."""
        number, _, moment = text.partition("/")
        return cls(Effect(int(number)), Moment(moment))


CELLS = tuple(Cell(effect, moment) for effect in Effect for moment in Moment)


@dataclass(frozen=True)
class Kill:
    """What a plan does to a process: in this cell, at the n-th such effect of this sweep."""

    cell: Cell
    sweep: str
    """Its name."""
    nth: int = 1
    freezes: bool = False
    """The process is stopped there instead, and goes on when somebody lets it (SIGCONT)."""

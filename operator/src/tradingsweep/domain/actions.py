"""What a decision can ask for: a closed union, performed by `reconcile.perform`."""

from dataclasses import dataclass
from datetime import datetime

from tradingsweep.domain.changes import Change, InboxMark, Learned
from tradingsweep.domain.facts import Submission


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do; look again at a time, or when something rings."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AwaitSlot:
    """Wait for admission, which chooses among all that wait."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AwaitUpgrade:
    """Say that the spec asks for what only a newer operator can do, and leave it to that one."""

    members: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """Write a change; nothing outside the ledger is touched."""

    change: Change


@dataclass(frozen=True, slots=True)
class Submit:
    """POST the stored request."""

    submission: Submission
    first: bool
    """No request of this key has left before: a refusal is certain."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Keep an eye on the job's stream, and rest."""

    submission: Submission
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AskAtOnce:
    """Ask the job's stream next of all: somebody says, without proof, that there is news.

    The change is written all the same.
    """

    submission: Submission
    change: Change


@dataclass(frozen=True, slots=True)
class Collect:
    """Fetch the results and store them."""

    submission: Submission
    sweep_run_id: str
    inbox: tuple[InboxMark, ...] = ()
    learned: tuple[Learned, ...] = ()
    """Facts that are appended with whatever comes of it."""


@dataclass(frozen=True, slots=True)
class LastQuestion:
    """The deadline has passed: ask once more what became of the job."""

    submission: Submission


Action = (
    Rest | AwaitSlot | AwaitUpgrade | Record | Submit | Follow | AskAtOnce | Collect | LastQuestion
)

"""What one decision writes: a single transaction of the ledger, described as data (W1).

A change names only what it does; the ledger applies it with a compare-and-set on the version of the
sweep, or not at all.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tradingsweep.domain.answers import ResultPage
from tradingsweep.domain.facts import Reusable
from tradingsweep.domain.phases import Event, Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State


@dataclass(frozen=True, slots=True)
class Seen:
    """What is taken over from the object: its generation, and the fields that steer a run."""

    generation: int
    priority: int
    deadline_seconds: int
    store_results: int
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """Commands that were answered with this change; None: no such command."""

    run_request: str | None = None
    cancel_request: str | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run begins (or, while it waits, is rewritten in place)."""

    run_no: int
    identity: dict[str, Any]
    spec_hash: str
    parameters: dict[str, Any]
    """The seed's names: ticker, fast_range, slow_range, step, min_trades, …"""
    requested: int
    combinations: int


@dataclass(frozen=True, slots=True)
class Move:
    """A submission changes its state."""

    key: str
    to: State
    sweep_run_id: str | None = None
    unknown_until: datetime | None = None
    cancel: bool = False
    """Ask the API to cancel each job that is known of it."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A job id that the API named for a submission: a fact, appended and never dropped (W2)."""

    key: str
    job_id: str
    source: str
    """answer, lookup, callback, stream or status."""


class InboxOutcome(StrEnum):
    """What became of a callback."""

    APPLIED = "applied"
    LATE = "late"
    MISMATCHED = "mismatched"
    MALFORMED = "malformed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class InboxMark:
    """A callback is dealt with."""

    id: int
    outcome: InboxOutcome


@dataclass(frozen=True, slots=True)
class RunEdit:
    """Counters and times of the run that change without a change of phase."""

    failed_attempts: int | None = None
    collect_tries: int | None = None
    next_at: datetime | None = None
    restarts_deadline: bool = False
    """The next intent sets a new one."""


class Deletion(StrEnum):
    """Why an object is let go after its end."""

    TTL = "ttl"
    """Its own ttlSecondsAfterFinished is over."""
    HISTORY = "history"
    """A program made it, and its namespace has more finished ones than are kept."""


class Repair(StrEnum):
    """What no event told, and was found by comparing ledger and objects."""

    MISSED_DELETION = "missed_deletion"
    """An audit found that the object was gone."""
    ADOPTED = "adopted"
    """A finished sweep of a lost ledger was taken over from its status."""
    LEDGER_ROLLED_BACK = "ledger_rolled_back"
    """A ledger's lost rows were rebuilt from a status, and are held."""
    OBJECT_RESTORED = "object_restored"
    """An object that is older than the ledger knows it is held."""


@dataclass(frozen=True, slots=True)
class LateResults:
    """A job of a superseded run ended well: its results are worth keeping."""

    key: str
    job_id: str
    sweep_run_id: str | None
    """None: the callback did not name it."""

    @property
    def payload(self) -> dict[str, str | None]:
        """What the outbox keeps of it."""
        return {
            "submission_key": self.key,
            "job_id": self.job_id,
            "sweep_run_id": self.sweep_run_id,
        }


@dataclass(frozen=True, slots=True)
class Restored:
    """What a status knows and the ledger has lost: its rows are rebuilt, and nothing is sent."""

    ledger_id: str
    """The ledger that the status names."""
    version: int
    """Its recordVersion, below which the ledger's must not stay."""
    phase: Phase
    run: NewRun
    """Without parameters where the object asks another question by now."""
    attempt: int | None = None
    state: State | None = None
    """Of that attempt; None: there was none."""
    job_id: str | None = None
    sweep_run_id: str | None = None
    unknown_until: datetime | None = None
    queued_at: datetime | None = None
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    summary: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A Kubernetes Event about the sweep, through the outbox."""

    type: str
    """Normal or Warning."""
    reason: Reason
    note: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address, through the outbox."""

    to: str
    notice: dict[str, Any]
    """What it says, as JSON: see `domain.notices`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: everything in it happens, or nothing."""

    reason: Reason | None = None
    """None: reason and message stay as they are."""
    message: str = ""
    event: Event | None = None
    """Moves the phase; None: the phase stays."""
    seen: Seen | None = None
    opens: NewRun | None = None
    rewrites: NewRun | None = None
    run: RunEdit | None = None
    moves: tuple[Move, ...] = ()
    learned: tuple[Learned, ...] = ()
    releases: tuple[str, ...] = ()
    """Keys of ended submissions whose job is known to have ended: their slots are free.

    Where the change names the job too, only that one has ended: another job that is known of the
    same submission keeps the slot."""
    late: tuple[LateResults, ...] = ()
    """Results of runs that were superseded: fetched and stored under them, and never shown."""
    in_vain: tuple[str, ...] = ()
    """Keys that were looked up, and whose answer tells nothing and will not change."""
    reopens: bool = False
    """A further submission of the run is put in line, in state ready."""
    results: ResultPage | None = None
    """Stored under the submission that moves to completed."""
    inbox: tuple[InboxMark, ...] = ()
    answered: Answered | None = None
    announce: tuple[Announcement, ...] = field(default=())
    mails: tuple[Mail, ...] = ()
    object_gone: bool = False
    object_back: bool = False
    """A human accepts that an object that was deleted is there again."""
    reuses: Reusable | None = None
    """The run that the change opens is completed at once, with the results of this one."""
    deletes: Deletion | None = None
    """The object is to be deleted, through the outbox."""
    holds: Reason | None = None
    """Nothing goes on until a human, or news, decides; the next event ends the hold."""
    frees: bool = False
    """A human ends the hold, without an event of the run."""
    restores: Restored | None = None
    repairs: Repair | None = None
    wakes: bool = False
    """Somebody beside the operator decides: its process is to look, through the outbox."""

    @property
    def ends_a_hold(self) -> bool:
        """Whether nobody is waited for any more."""
        return self.frees or self.object_back or self.object_gone or self.event is not None

    def also(self, *, answered: Answered) -> "Change":
        """Return the same change, which answers a command too."""
        return replace(self, answered=answered)

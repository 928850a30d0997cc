"""The frozen inputs of a decision: the object, the ledger's rows, the news, and the time.

`now` comes from Postgres with the rows (W4). A process's own clock never decides anything.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradingsweep.crd.model import TradingSweepSpec
from tradingsweep.domain.answers import News, Result
from tradingsweep.domain.phases import TERMINAL, Phase
from tradingsweep.domain.policy import Policy
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import LIVE, State


@dataclass(frozen=True, slots=True)
class SweepObject:
    """The TradingSweep as the API server showed it last."""

    uid: str
    namespace: str
    name: str
    generation: int
    resource_version: str
    spec: TradingSweepSpec
    status: dict[str, Any]
    """As found, to be compared with what it should be."""
    deleting: bool = False
    run_requested: str | None = None
    """A moment in RFC 3339, by annotation: run it again."""
    cancel_requested: str | None = None
    """A moment in RFC 3339, by annotation: cancel the run."""
    owner: str | None = None
    """Who would bring the object back, or take it away: a controller, Argo CD, Flux, Helm."""
    created_by: str | None = None
    """The program that made it, by label; what a person or Git applied carries none."""
    newer: dict[str, Any] = field(default_factory=dict)
    """What of its spec this program does not know or take, by path: a newer CRD admitted it."""

    @property
    def seems_finished(self) -> bool:
        """Its status says that nothing is left to do; the ledger may know better."""
        status = self.status
        return (
            status.get("phase") in TERMINAL
            and status.get("observedGeneration") == self.generation
            and status.get("lastHandledRunRequest") == self.run_requested
            and not self.deleting
        )


@dataclass(frozen=True, slots=True)
class SweepRow:
    """The ledger's row of a sweep."""

    uid: str
    namespace: str
    name: str
    generation_seen: int
    spec_hash: str
    run_no: int
    phase: Phase
    reason: str
    message: str
    version: int
    suspended: bool = False
    """spec.suspend of the generation that was seen."""
    run_request: str | None = None
    """The command to run again that was answered last."""
    cancel_request: str | None = None
    """The command to cancel that was answered last."""
    object_gone_at: datetime | None = None
    deletion_asked_at: datetime | None = None
    """Its time after the end was over, and the object is to be deleted."""
    spared: bool = False
    """It came back after it was deleted: it is not deleted again."""
    adopted_from: str | None = None
    """The ledger that the object's status named when the row was rebuilt from it."""
    hold: Reason | None = None
    """A human must decide, and this is why; the phase stays what it was."""
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """The current run: one answer to one question."""

    id: str
    run_no: int
    spec_hash: str
    requested: int
    """Pairs that the ranges and the step span."""
    combinations: int
    """Pairs of them that are valid."""
    queued_at: datetime
    parameters: dict[str, Any]
    """What it asks for, under the Trading API's own names."""
    store_results: int
    failed_attempts: int = 0
    collect_tries: int = 0
    next_at: datetime | None = None
    """Not before this: a back-off."""
    deadline_at: datetime | None = None
    """Set by the first intent."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    adopted: bool = False
    """It ended in a ledger that is lost; what it came to is known from the status alone."""
    summary: dict[str, Any] = field(default_factory=dict)
    """What the last stored page said beside its rows: stored, returned, total, sweep_run_id."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One intent to POST."""

    key: str
    run_no: int
    n: int
    state: State
    form: dict[str, str]
    """The form fields as sent, without the callback's URL."""
    leader_epoch: int | None = None
    intent_at: datetime | None = None
    post_before: datetime | None = None
    unknown_until: datetime | None = None
    deadline_at: datetime | None = None
    sweep_run_id: str | None = None
    vain_look_ups: int = 0
    """How often its key was answered with what will not change, and names no job."""
    job_ids: tuple[str, ...] = ()
    """In the order in which they were learned."""
    shares_job: bool = False
    """Another submission has a job of the same name: what is asked by it may be about either."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A callback, as it was received."""

    id: int
    key: str
    body: bytes
    signed: bool
    received_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """The latest news of a job from its stream; it lives in the process, not in the ledger."""

    news: News
    progress_percent: float | None = None
    progress_message: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the ledger knows of one sweep, read in one snapshot."""

    now: datetime
    ledger_id: str
    foreign: bool = False
    """The sweep's row belongs to another cluster, shard or program: it is not ours to touch."""
    sweep: SweepRow | None = None
    run: Run | None = None
    submissions: tuple[Submission, ...] = ()
    """All of the current run, and the live or lingering ones of earlier runs, oldest first."""
    inbox: tuple[InboxRow, ...] = ()
    """Unprocessed callbacks, oldest first."""
    top: tuple[Result, ...] = ()
    """The best stored results, as many as a status can show."""
    last_completed: "CompletedRun | None" = None
    reusable: "Reusable | None" = None
    """The best candidate among the finished runs that asked what the object asks now."""
    ahead: int | None = None
    """How many sweeps of the same queue go first; None where nobody asked."""
    api_down_until: datetime | None = None
    credentials_rejected_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What an object asks: by its name, and by the hash of its identity."""

    namespace: str
    name: str
    spec_hash: str


@dataclass(frozen=True, slots=True)
class Reusable:
    """A finished run of the same namespace that asked the same question."""

    job_id: str
    name: str
    """The sweep's."""
    run_no: int
    completed_at: datetime
    came_back: bool
    """The sweep had the same name, and was deleted by its own ttlSecondsAfterFinished."""
    adopted: bool = False
    """It is another cluster's, whose finished runs this one was told to take over."""


@dataclass(frozen=True, slots=True)
class CompletedRun:
    """The latest run that completed, for `status.lastCompleted`."""

    run_no: int
    spec_hash: str
    completed_at: datetime
    best: Result | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision may look at."""

    object: SweepObject | None
    """None: it certainly does not exist any more."""
    view: View
    policy: Policy = field(default_factory=Policy)
    unread: tuple[str, ...] = ()
    """Members of the spec that ask for what only a newer operator can do."""
    heard: Heard | None = None
    posted: bool = False
    """This process has already begun to POST the current submission."""
    surplus: bool = False
    """Its namespace has more finished objects made by programs than are kept, and younger ones."""
    epoch: int = 0
    """This process's number as leader."""
    looked_at: float = 0.0
    """Seconds on the process's clock, from before `now` was read."""

    @property
    def now(self) -> datetime:
        """The ledger's time of this look."""
        return self.view.now

    @property
    def late(self) -> bool:
        """The deadline of the run has passed."""
        run = self.view.run
        return run is not None and run.deadline_at is not None and self.now >= run.deadline_at

    @property
    def submission(self) -> Submission | None:
        """The live submission of the current run."""
        run = self.view.run
        return next(
            (
                s
                for s in self.view.submissions
                if run is not None and s.run_no == run.run_no and s.state in LIVE
            ),
            None,
        )

"""What the shell needs of the outside, as narrow protocols; the adapters implement them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from tradingsweep.domain.answers import Answer, Health, News, Order, ResultPage
from tradingsweep.domain.changes import Change
from tradingsweep.domain.facts import Question, SweepObject, View


@dataclass(frozen=True, slots=True)
class Key:
    """Which sweep: its uid decides, its name only finds it."""

    uid: str
    namespace: str
    name: str


class Cluster(Protocol):
    """The Kubernetes API server."""

    async def get(self, key: Key) -> SweepObject | None:
        """Read the object; None only where it certainly does not exist (404, or another uid)."""
        ...

    async def patch_status(self, target: SweepObject, patch: dict[str, Any]) -> SweepObject | None:
        """Write a merge patch against exactly the version that was looked at.

        Returns:
            The object as it is now; None where it changed meanwhile or is gone: look again.
        """
        ...

    async def spec_schema(self) -> dict[str, Any]:
        """Return the schema of `.spec` that objects are admitted under; empty: not known yet."""
        ...

    async def delete(self, target: SweepObject) -> bool:
        """Delete exactly the version that was looked at; False where it changed meanwhile."""
        ...

    async def emit(self, event: "KubeEvent") -> None:
        """Create an Event; one of that name that is there already is the same one."""
        ...


@dataclass(frozen=True, slots=True)
class KubeEvent:
    """An Event of events.k8s.io/v1 about a sweep."""

    name: str
    """Fixed by the sweep, the version and the reason: a second creation is refused."""
    key: Key
    type: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the outbox that this process has claimed."""

    id: int
    kind: str
    """event, cancel, look, collect, delete_object or mail."""
    key: Key
    payload: dict[str, Any]
    tries: int


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """How many sweeps may be at the API."""

    total: int
    per_namespace: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """How many finished objects of a namespace are kept, of those that a program made."""

    completed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a submission of any run asked for."""

    run_id: str
    form: dict[str, str]
    store_results: int


class Ledger(Protocol):
    """Postgres: the truth of what happened outside the cluster."""

    async def view(self, uid: str, asks: Question | None = None) -> View:
        """Read everything that is known of a sweep, in one snapshot, with the ledger's time.

        Args:
            uid: the sweep's.
            asks: what its object asks; with it, the finished run that has answered it is read too.
        """
        ...

    async def line(self, namespace: str) -> list[str]:
        """List the sweeps of a namespace that wait, who goes first first, at most 1,000."""
        ...

    async def write(self, key: Key, view: View, change: Change) -> bool:
        """Apply a change with a compare-and-set on the version in the view (W1).

        Returns:
            False where somebody else decided first: nothing was written, observe again.
        """
        ...

    async def learn_job_id(self, submission_key: str, job_id: str, source: str) -> None:
        """Append a job id as a fact: without a version, by anybody, never dropped (W2)."""
        ...

    async def admit(self, limits: AdmissionLimits, max_combinations: int) -> list[Key]:
        """Give the free slots to those who are next, and commit their intents."""
        ...

    async def anyone_waiting(self, max_combinations: int) -> bool:
        """Whether a sweep could take a slot now."""
        ...

    async def open_sweeps(self) -> list[Key]:
        """List the sweeps of this shard that have not ended."""
        ...

    async def surplus(self, uids: Sequence[str], limits: HistoryLimits) -> list[Key]:
        """List those of these sweeps that are beyond the limits of their namespace, oldest first.

        At most a thousand; what was deleted once and came back is neither counted nor listed.
        """
        ...

    async def ended_sweeps(self) -> list[Key]:
        """List the sweeps of this shard that have ended and are not known to be gone."""
        ...

    async def audit_is_confirmed(self) -> bool:
        """Whether a human has said, lately, that what is missing was meant to be deleted."""
        ...

    async def called_back(self) -> list[Key]:
        """List the sweeps with callbacks that nobody has dealt with."""
        ...

    async def callback_raised(self, uid: str) -> None:
        """Count a try on the sweep's oldest callback; after five it is set aside as dead."""
        ...

    def api_keeps_keys(self, *, keeps: bool) -> None:
        """Record with later intents whether the API honors idempotency keys."""
        ...

    async def api_is_down(self, wait: timedelta, *, credentials: bool) -> None:
        """Let nobody be admitted for a while."""
        ...

    async def api_is_up(self) -> None:
        """Admit again; a rejected key stays rejected until its time is over."""
        ...

    async def claimed_elsewhere(self, sweep_run_id: str, run_id: str) -> bool:
        """Whether another run has taken its results from this sweep run."""
        ...

    async def asked_by(self, submission_key: str) -> "Asked | None":
        """Return what a submission asked for; None where its run takes no results any more."""
        ...

    async def store_late(self, submission_key: str, page: ResultPage) -> None:
        """Store the results of a superseded run under it, once; nothing else changes."""
        ...

    async def claim_effects(self, limit: int, *, mails: bool = False) -> list[Effect]:
        """Take due rows of the outbox for a while: mails, or all others."""
        ...

    async def effect_done(self, effect: Effect, *, released: bool = False) -> None:
        """Mark an effect as performed; a confirmed cancel releases the slot."""
        ...

    async def effect_failed(self, effect: Effect, wait: timedelta, *, dead: bool) -> bool:
        """Put an effect back, or, where that is wanted, aside for good.

        A cancellation is never set aside while its job may hold a slot.

        Returns:
            Whether it was set aside.
        """
        ...

    async def prune(self, limit: int) -> dict[str, int]:
        """Delete at most so many rows of each kind that were dealt with long ago; their counts."""
        ...


class Mailer(Protocol):
    """The mail server."""

    async def send(self, effect: Effect) -> None:
        """Send one mail.

        Raises:
            MailRefused: it will never be taken.
            MailUnavailable: the server is away, or did not take it now.
        """
        ...


class TradingApi(Protocol):
    """The Trading API; see `adapters.trading_api` for what each answer means."""

    async def health(self) -> Health:
        """Ask whether it is there, and what it can do."""
        ...

    async def submit(self, order: Order, *, first: bool, may_send: Callable[[], bool]) -> Answer:
        """POST a sweep; never raises for an outcome."""
        ...

    async def best(self, sweep_run_id: str, ticker: str, limit: int) -> ResultPage:
        """Fetch the best results."""
        ...

    async def report(self, sweep_run_id: str) -> str:
        """Fetch the report on a run's results, as JSON that can be stored.

        Raises:
            TradingSweepError: there is none that could be used, or the API is away.
        """
        ...

    def follow(self, job_id: str, within: float) -> AsyncGenerator[News]:
        """Listen to a job's stream for at most so many seconds; close it to leave earlier."""
        ...

    async def status(self, job_id: str) -> News | None:
        """Ask what became of a job, where the API can tell; None: it waits."""
        ...

    async def cancel(self, job_id: str) -> bool:
        """Ask to cancel; True: asked, False: it had ended or is not known."""
        ...

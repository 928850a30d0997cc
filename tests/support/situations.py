"""Builders of sweeps as the core sees them: a test names what matters, the rest is ordinary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tests.support.said import JOB, RUN, a_page
from tradingsweep.crd.model import TradingSweepSpec
from tradingsweep.domain.answers import Done, News, Progress
from tradingsweep.domain.changes import NewRun
from tradingsweep.domain.facts import (
    CompletedRun,
    Facts,
    Heard,
    InboxRow,
    Reusable,
    Run,
    Submission,
    SweepObject,
    SweepRow,
    View,
)
from tradingsweep.domain.phases import TERMINAL, Phase
from tradingsweep.domain.policy import Policy
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.request import form, new_run
from tradingsweep.domain.submissions import State

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
KEY = "a" * 64
EPOCH = 7


def a_spec(**changes: Any) -> TradingSweepSpec:
    """The seed's example; a change is named as in YAML."""
    return TradingSweepSpec.model_validate(
        {
            "ticker": "BTC-USD",
            "fastRange": {"min": 10, "max": 20},
            "slowRange": {"min": 20, "max": 30},
            "step": 5,
        }
        | changes
    )


class A:
    """The facts about one sweep, built up in the order in which they happen.

    `A.sweep().accepted().called_back(completed())` has been recorded, submitted, and called back.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @classmethod
    def sweep(cls, **spec: Any) -> Self:
        """A recorded sweep that waits for a slot, one minute old."""
        return cls(_waiting(a_spec(**spec)))

    @classmethod
    def new_sweep(cls, **spec: Any) -> Self:
        """An object that was never looked at."""
        return cls(Facts(_an_object(a_spec(**spec)), View(NOON, "ledger"), epoch=EPOCH))

    def with_policy(self, **changes: Any) -> Self:
        """Change what the operator was told."""
        return self._with(policy=replace(self.facts.policy, **changes))

    def at_an_api_with_keys(self) -> Self:
        """The API honors idempotency keys."""
        return self.with_policy(keeps_keys=True)

    def edited(self, **spec: Any) -> Self:
        """The object has a newer generation, with another spec."""
        target = self._object()
        return self._with(
            object=replace(target, generation=target.generation + 1, spec=a_spec(**spec))
        )

    def beyond_us(self) -> Self:
        """The object's spec has a member that only a newer operator knows."""
        return self._with(unread=("fees",))

    def deleted(self) -> Self:
        """The object does not exist any more."""
        return self._with(object=None)

    def being_deleted(self) -> Self:
        """The object has a deletionTimestamp."""
        return self._with(object=replace(self._object(), deleting=True))

    def intended(self, *, by: int = EPOCH, ago: float = 0, posted: bool = False) -> Self:
        """Admitted: the intent was committed so many seconds ago."""
        return self._submit(State.INTENT, ago, leader_epoch=by)._with(posted=posted)

    def put_back(self) -> Self:
        """Certainly not sent: in line again, under the same key."""
        return self._submit(State.READY, 5)

    def unknown(self, *, ago: float = 10, wait: float = 900) -> Self:
        """Sent so many seconds ago, and no answer came."""
        return self._submit(
            State.UNKNOWN, ago, unknown_until=NOON + timedelta(seconds=wait - ago)
        )._phase(Phase.SUBMITTED, Reason.OUTCOME_UNKNOWN)

    def held(self, reason: Reason = Reason.OUTCOME_UNKNOWN) -> Self:
        """A human is waited for, since a minute."""
        sweep = self.facts.view.sweep
        assert sweep is not None
        held = replace(sweep, hold=reason, held_at=NOON - timedelta(minutes=1), message="look")
        return self._view(sweep=held)

    def accepted(self, *, ago: float = 10) -> Self:
        """The API has the job."""
        return self._submit(State.ACCEPTED, ago, job_ids=(JOB,))._phase(
            Phase.SUBMITTED, Reason.SUBMITTED
        )

    def in_state(self, state: State) -> Self:
        """Move the submission to any state."""
        moved = replace(self.facts.view.submissions[-1], state=state)
        return self._view(submissions=(*self.facts.view.submissions[:-1], moved))

    def looked_up_in_vain(self, times: int) -> Self:
        """The same key was answered with what will not change, and names no job."""
        asked = replace(self.facts.view.submissions[-1], vain_look_ups=times)
        return self._view(submissions=(*self.facts.view.submissions[:-1], asked))

    def named(self, job_id: str) -> Self:
        """A job id was appended as a fact."""
        named = replace(self.facts.view.submissions[-1], job_ids=(job_id,))
        return self._view(submissions=(*self.facts.view.submissions[:-1], named))

    def sharing_its_job(self) -> Self:
        """Another submission has a job of the same name."""
        shared = replace(self.facts.view.submissions[-1], shares_job=True)
        return self._view(submissions=(*self.facts.view.submissions[:-1], shared))

    def replaced_by_another(self) -> Self:
        """The submission was given up, and the next one waits."""
        first = replace(self.facts.view.submissions[-1], state=State.REPLACED)
        second = replace(first, key="b" * 64, n=2, state=State.READY, job_ids=(), intent_at=None)
        return self._view(submissions=(first, second))._phase(Phase.QUEUED, Reason.NEXT_ATTEMPT)

    def running(self) -> Self:
        """Progress was seen."""
        return self.accepted()._phase(Phase.RUNNING, Reason.RUNNING)._run(started_at=NOON)

    def ended(self, phase: Phase = Phase.COMPLETED, reason: Reason = Reason.COMPLETED) -> Self:
        """The run is over, well by default."""
        to = State.COMPLETED if phase is Phase.COMPLETED else State.FAILED
        page = a_page()
        summary = {"stored": 2, "returned": 2, "total": 8} if phase is Phase.COMPLETED else {}
        best = CompletedRun(1, self._run_row().spec_hash, NOON, page.results[0])
        return (
            self.accepted(ago=120)
            .in_state(to)
            ._phase(phase, reason)
            ._run(completed_at=NOON, summary=summary)
            ._view(
                top=page.results if phase is Phase.COMPLETED else (),
                last_completed=best if phase is Phase.COMPLETED else None,
            )
        )

    def called_back(self, body: bytes, *, key: str = KEY, signed: bool = True) -> Self:
        """A callback lies in the inbox."""
        row = InboxRow(len(self.facts.view.inbox) + 1, key, body, signed, NOON)
        return self._view(inbox=(*self.facts.view.inbox, row))

    def heard(self, news: News, percent: float | None = None) -> Self:
        """The job's stream said something."""
        if isinstance(news, Progress):
            percent = news.percent
        return self._with(heard=Heard(news, percent))

    def done(self, sweep_run_id: str | None = RUN) -> Self:
        """The job's stream said that it is done."""
        return self.heard(Done(sweep_run_id))

    def suspended(self) -> Self:
        """The sweep is to be held, and that was seen."""
        sweep = self.facts.view.sweep
        assert sweep is not None
        return self._view(sweep=replace(sweep, suspended=True))

    def asked_to(self, **command: Any) -> Self:
        """An annotation asks for something: run_requested or cancel_requested."""
        return self._with(object=replace(self._object(), **command))

    def owned_by(self, owner: str) -> Self:
        """Somebody would bring the object back."""
        return self._with(object=replace(self._object(), owner=owner))

    def made_by(self, program: str) -> Self:
        """A program made the object, and said so by label."""
        return self._with(object=replace(self._object(), created_by=program))

    def beyond_the_history(self) -> Self:
        """The namespace has more finished objects than are kept, and younger ones."""
        return self._with(surplus=True)

    def answered_before(self, *, ago: float, came_back: bool = False) -> Self:
        """A finished run of the namespace asked the same question."""
        source = Reusable("job-1", "other", 3, NOON - timedelta(seconds=ago), came_back)
        return self._view(reusable=source)

    def past_its_deadline(self) -> Self:
        """The run's time is over since a second."""
        over = NOON - timedelta(seconds=1)
        submissions = tuple(replace(s, deadline_at=over) for s in self.facts.view.submissions)
        return self._view(submissions=submissions)._run(deadline_at=over)

    def with_run(self, **changes: Any) -> Self:
        """Change the run's row."""
        return self._run(**changes)

    def with_status(self, **status: Any) -> Self:
        """Let the object show a status."""
        return self._with(object=replace(self._object(), status=status))

    def with_view(self, **changes: Any) -> Self:
        """Change what else was read."""
        return self._view(**changes)

    def _object(self) -> SweepObject:
        assert self.facts.object is not None
        return self.facts.object

    def _run_row(self) -> Run:
        assert self.facts.view.run is not None
        return self.facts.view.run

    def _with(self, **changes: Any) -> Self:
        return type(self)(replace(self.facts, **changes))

    def _view(self, **changes: Any) -> Self:
        return self._with(view=replace(self.facts.view, **changes))

    def _run(self, **changes: Any) -> Self:
        return self._view(run=replace(self._run_row(), **changes))

    def _phase(self, phase: Phase, reason: Reason) -> Self:
        assert self.facts.view.sweep is not None
        ended = "the words of the end" if phase in TERMINAL else ""
        sweep = replace(self.facts.view.sweep, phase=phase, reason=reason.value, message=ended)
        return self._view(sweep=sweep)

    def _submit(self, state: State, ago: float, **changes: Any) -> Self:
        at = NOON - timedelta(seconds=ago)
        deadline = at + timedelta(hours=1)
        submission = Submission(
            key=KEY,
            run_no=1,
            n=1,
            state=state,
            form=form(self._run_row().parameters),
            leader_epoch=EPOCH,
            intent_at=at,
            post_before=at + timedelta(seconds=5),
            deadline_at=deadline,
        )
        return self._view(submissions=(replace(submission, **changes),))._run(deadline_at=deadline)


def _an_object(spec: TradingSweepSpec) -> SweepObject:
    return SweepObject("uid-1", "desk-a", "btc-sma", 1, "1001", spec, {})


def _waiting(spec: TradingSweepSpec) -> Facts:
    described: NewRun = new_run(spec, 1)
    sweep = SweepRow(
        uid="uid-1",
        namespace="desk-a",
        name="btc-sma",
        generation_seen=1,
        spec_hash=described.spec_hash,
        run_no=1,
        phase=Phase.QUEUED,
        reason=Reason.WAITING.value,
        message="",
        version=1,
    )
    run = Run(
        id="9a2f7f0e-0000-4000-8000-000000000000",
        run_no=1,
        spec_hash=described.spec_hash,
        requested=described.requested,
        combinations=described.combinations,
        queued_at=NOON - timedelta(minutes=1),
        parameters=described.parameters,
        store_results=spec.store_results,
    )
    view = View(NOON, "ledger", sweep=sweep, run=run)
    return Facts(_an_object(spec), view, policy=Policy(), epoch=EPOCH)

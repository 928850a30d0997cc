"""What a pass lets be traced: a port, so that no loop knows a library for traces."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from tradingsweep.domain.actions import Action, AskAtOnce, Collect, Record
from tradingsweep.domain.answers import Answer
from tradingsweep.domain.changes import InboxMark
from tradingsweep.domain.facts import Facts


class Sending(Protocol):
    """One POST of a submission, while it is traced."""

    @property
    def header(self) -> str | None:
        """What is sent along as `traceparent`; None: nothing."""
        ...

    def answered(self, answer: Answer) -> None:
        """Say what it came to."""
        ...


class Traces(Protocol):
    """Whoever traces. A step is part of the one that it is taken in."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Trace the block."""
        ...

    def note(self, **facts: str | int | None) -> None:
        """Say something about the step that goes on; None says nothing."""
        ...

    def about(self, submission_key: str) -> None:
        """Link the step that goes on to the POST of a submission."""
        ...

    def sending(self, submission_key: str, *, first: bool) -> AbstractContextManager[Sending]:
        """Trace a POST of a submission: the step that others link to, if it is the first."""
        ...


class Untraced:
    """Nobody traces."""

    header: str | None = None

    def step(self, name: str) -> AbstractContextManager[None]:
        """Trace nothing."""
        del name
        return nullcontext()

    def note(self, **facts: str | int | None) -> None:
        """Say nothing."""

    def about(self, submission_key: str) -> None:
        """Link nothing."""

    def sending(self, submission_key: str, *, first: bool) -> AbstractContextManager[Sending]:
        """Send nothing along."""
        del submission_key, first
        return nullcontext(self)

    def answered(self, answer: Answer) -> None:
        """Say nothing."""


def name_in_trace(facts: Facts, traces: Traces) -> None:
    """Say which run a pass is about, and link it to the latest submission, where there is one."""
    run = facts.view.run
    if run is None:
        return
    traces.note(run=run.run_no)
    ours = [s for s in facts.view.submissions if s.run_no == run.run_no]
    if ours:
        traces.note(attempt=ours[-1].n, submission=ours[-1].key[:12])
        traces.about(ours[-1].key)


@contextmanager
def hearing(action: Action, facts: Facts, traces: Traces) -> Iterator[None]:
    """Trace what is done about a callback as a step of its own, linked to its submission."""
    outcomes = {mark.id: mark.outcome for mark in _marks(action)}
    heard = next((row for row in facts.view.inbox if row.id in outcomes), None)
    if heard is None:
        yield
        return
    with traces.step("callback"):
        waited = facts.now - heard.received_at
        traces.note(
            outcome=outcomes[heard.id],
            submission=heard.key[:12],
            waited_ms=int(waited.total_seconds() * 1000),
        )
        traces.about(heard.key)
        yield


def _marks(action: Action) -> tuple[InboxMark, ...]:
    match action:
        case Collect():
            return action.inbox
        case Record(change) | AskAtOnce(_, change):
            return change.inbox
        case _:
            return ()

"""The operator's traces: the port of `reconcile.tracing`, on OpenTelemetry."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from tradingsweep.adapters.tracing.opening import open_telemetry
from tradingsweep.domain.answers import Accepted, Answer, NotSent
from tradingsweep.reconcile.tracing import Sending, Traces, Untraced

if TYPE_CHECKING:
    from tradingsweep.adapters.tracing.telemetry import Posting, Telemetry


@contextmanager
def traced() -> Iterator[Traces]:
    """Trace the operator while the block runs, where a collector is named."""
    telemetry = open_telemetry("operator")
    if telemetry is None:
        yield Untraced()
        return
    try:
        yield _Passes(telemetry)
    finally:
        telemetry.close()


class _Passes:
    def __init__(self, telemetry: "Telemetry") -> None:
        self._telemetry = telemetry

    def step(self, name: str) -> AbstractContextManager[None]:
        return self._telemetry.step(name)

    def note(self, **facts: str | int | None) -> None:
        self._telemetry.note(**facts)

    def about(self, submission_key: str) -> None:
        self._telemetry.about(submission_key)

    @contextmanager
    def sending(self, submission_key: str, *, first: bool) -> Iterator[Sending]:
        with self._telemetry.posting(submission_key, first=first) as posting:
            posting.note(submission=submission_key[:12], repeated=None if first else "yes")
            yield _Sending(posting, self._telemetry)


class _Sending:
    def __init__(self, posting: "Posting", telemetry: "Telemetry") -> None:
        self._posting, self._telemetry = posting, telemetry

    @property
    def header(self) -> str:
        return self._posting.header

    def answered(self, answer: Answer) -> None:
        """Take over what it came to, and nothing of the API's words: they may hold the token."""
        match answer:
            case NotSent():
                self._posting.withdraw()
                self._telemetry.note(not_sent=answer.reason)
            case Accepted():
                self._posting.note(answer="Accepted", job_id=answer.job_id)
            case _:
                self._posting.note(answer=type(answer).__name__)

"""OpenTelemetry, and the only file that knows it: steps, links, and the ids of a submission's POST.

The trace id of a POST is the first 32 digits of its submission's key, its span id the next 16. So
whoever knows the key can link to it: the receiver from a callback's address, without a right to
read the ledger, and an operator that was killed in between (docs/decisions/tracing.md).
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from threading import Thread

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)
from typing_extensions import override

CLOSE_WITHIN = 3.0
"""Seconds that the last spans have to leave: a collector that is away must not hold up an end."""
_POST = "submit"

Facts = Mapping[str, str | int | None]


class Posting:
    """One POST of a submission, while it is traced."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.withdrawn = False

    @property
    def header(self) -> str:
        """What is sent along as `traceparent`."""
        at = self.span.get_span_context()
        return f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"

    def note(self, **facts: str | int | None) -> None:
        """Say what it came to."""
        _note(self.span, facts)

    def withdraw(self) -> None:
        """Say that it certainly did not arrive: nothing will ever link to it."""
        self.withdrawn = True


class Telemetry:
    """Traces one process; spans leave from a thread, and are dropped where they are too many."""

    def __init__(self, process: str) -> None:
        self._ids = _Ids()
        self._provider = TracerProvider(
            resource=_resource(process), id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("tradingsweep", version("tradingsweep"))

    @contextmanager
    def step(self, name: str, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[None]:
        """Trace the block, as a part of the step that it is in.

        Of an exception only the class is told: its words may hold what nobody should read.
        """
        with self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def request(self, name: str) -> AbstractContextManager[None]:
        """Trace the block as the answer to a request."""
        return self.step(name, SpanKind.SERVER)

    def note(self, **facts: str | int | None) -> None:
        """Say something about the step that goes on; None says nothing."""
        _note(trace.get_current_span(), facts)

    def about(self, submission_key: str) -> None:
        """Link the step that goes on to the POST of a submission."""
        trace.get_current_span().add_link(self._of(submission_key))

    @contextmanager
    def posting(self, submission_key: str, *, first: bool) -> Iterator[Posting]:
        """Trace a POST, linked to the step that it is in.

        The first that may have arrived has the ids that others link to, and begins a trace; one
        that repeats it is a part of that. One that was withdrawn leaves none.
        """
        link = Link(trace.get_current_span().get_span_context())
        at = self._of(submission_key)
        if first:
            with self._ids.given(at):
                span = self._start(Context(), link)
        else:
            span = self._start(trace.set_span_in_context(NonRecordingSpan(at), Context()), link)
        posting = Posting(span)
        try:
            yield posting
        finally:
            # A span that never ends is never sent: its ids stay free for the POST that arrives.
            if not posting.withdrawn:
                span.end()

    def close(self) -> None:
        """Send what is left, and wait no longer than that may take."""
        closing = Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_WITHIN)

    def _start(self, context: Context, link: Link) -> Span:
        return self._tracer.start_span(_POST, context, SpanKind.CLIENT, links=[link])

    def _of(self, key: str) -> SpanContext:
        """Return where the POST of a submission is; sampled, if its own process sampled it."""
        trace_id, span_id = int(key[:32], 16) or 1, int(key[32:48], 16) or 1
        chosen = self._provider.sampler.should_sample(None, trace_id, _POST).decision
        sampled = chosen is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))


class _Ids(RandomIdGenerator):
    """Random ids, or within a block those of one place."""

    def __init__(self) -> None:
        self._given: ContextVar[SpanContext | None] = ContextVar("given", default=None)

    @contextmanager
    def given(self, at: SpanContext) -> Iterator[None]:
        token = self._given.set(at)
        try:
            yield
        finally:
            self._given.reset(token)

    @override
    def generate_trace_id(self) -> int:
        at = self._given.get()
        return super().generate_trace_id() if at is None else at.trace_id

    @override
    def generate_span_id(self) -> int:
        at = self._given.get()
        return super().generate_span_id() if at is None else at.span_id


def _note(span: Span, facts: Facts) -> None:
    for name, value in facts.items():
        if value is not None:
            span.set_attribute(f"tradingsweep.{name}", value)


def _resource(process: str) -> Resource:
    """Name the process, unless OTEL_SERVICE_NAME does."""
    told = os.environ.get("OTEL_SERVICE_NAME")
    return Resource.create(
        {
            "service.name": told or f"tradingsweep-{process}",
            "service.version": version("tradingsweep"),
            "service.instance.id": socket.gethostname(),
        }
    )

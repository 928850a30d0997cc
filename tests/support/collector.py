"""A collector of traces: takes OTLP over HTTP, decodes it, and keeps every span."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from typing_extensions import override

_PATIENCE = 20.0
"""Seconds for the server's thread to end."""


@dataclass(frozen=True)
class TracedSpan:
    """One step, as the collector was told of it; ids in hexadecimal."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    links: tuple[tuple[str, str], ...]
    """Trace and span of each step that it is linked to."""
    notes: dict[str, str]


@dataclass
class Collector:
    """What came in."""

    url: str = ""
    raw: list[bytes] = field(default_factory=list)
    _spans: list[TracedSpan] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take(self, body: bytes) -> None:
        """Decode a request and keep its spans."""
        found = list(_decoded(ExportTraceServiceRequest.FromString(body)))
        with self._lock:
            self.raw.append(body)
            self._spans += found

    def spans(self, name: str = "", service: str = "") -> list[TracedSpan]:
        """Return what has come in so far, of one name and of one process, or all."""
        with self._lock:
            return [
                span
                for span in self._spans
                if name in ("", span.name) and service in ("", span.service)
            ]


def _decoded(request: ExportTraceServiceRequest) -> Iterator[TracedSpan]:
    for group in request.resource_spans:
        told = {a.key: a.value.string_value for a in group.resource.attributes}
        for scope in group.scope_spans:
            for span in scope.spans:
                yield TracedSpan(
                    service=told["service.name"],
                    name=span.name,
                    trace=span.trace_id.hex(),
                    span=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    links=tuple((one.trace_id.hex(), one.span_id.hex()) for one in span.links),
                    notes={
                        a.key: a.value.string_value or str(a.value.int_value)
                        for a in span.attributes
                    },
                )


@contextmanager
def collector() -> Iterator[Collector]:
    """Listen on a free port of 127.0.0.1 while the block runs."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one export."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert "/v1/traces" == self.path
            kept.take(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE)

"""A small real HTTP server that takes callbacks and answers as it is told."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

PATIENCE = 20.0
"""Seconds for which a callback is waited for."""


@dataclass(frozen=True)
class Callback:
    """One POST that came in."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """Its JSON."""
        parsed = json.loads(self.raw)
        assert isinstance(parsed, dict)
        return parsed


@dataclass
class CallbackServer:
    """Listens on a free port of 127.0.0.1 while the `with` block lasts."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Statuses and headers of the next answers; 202 when there are none left."""
    stall: threading.Event | None = None
    """While it is not set, a callback is read and not answered."""
    calls: Queue[Callback] = field(default_factory=Queue)
    _http: ThreadingHTTPServer = field(init=False)

    @property
    def url(self) -> str:
        """Where it listens, with a path that holds a secret."""
        return f"http://127.0.0.1:{self._http.server_port}/callback/s3cr3t-token"

    def next(self) -> Callback:
        """Wait for the next callback."""
        return self.calls.get(timeout=PATIENCE)

    def is_quiet(self, seconds: float) -> bool:
        """Say whether no callback comes for a while."""
        try:
            self.calls.get(timeout=seconds)
        except Empty:
            return True
        return False

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                owner.calls.put(Callback(self.path, dict(self.headers), self.rfile.read(size)))
                if owner.stall is not None:
                    owner.stall.wait(PATIENCE)
                status, headers = owner.answers.pop(0) if owner.answers else (202, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            @override
            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.stall is not None:
            self.stall.set()
        self._http.shutdown()
        self._http.server_close()

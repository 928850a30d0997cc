"""A job's event stream: bytes to events to news. Pure and bounded.

Written here because the client libraries for server-sent events buffer a line for as long as the
server does not end it; 40 lines of parsing are less than a guard around them.
"""

from collections.abc import Callable, Iterator

from tradingsweep.contract import ContractError, JobStatus, StreamEvent, parse
from tradingsweep.domain.answers import Broken, Done, News, Progress

MAX_LINE = 64 * 1024
"""Bytes of a line, and of an event's data."""
MAX_GARBAGE = 100
"""Events of one visit that may mean nothing before the stream counts as no stream."""
NO_REASON = "the Trading API gave no reason"


class EventReader:
    """Turns a stream's bytes into the data of its events.

    WHATWG HTML, 9.2.6: lines end in LF, CR or CRLF, an empty line ends an event, `data` lines are
    joined by LF; other fields and comments mean nothing to us.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the data of each event that ends in this chunk.

        Raises:
            ContractError: a line, or an event's data, is over `MAX_LINE`.
        """
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        first, *rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._grow(first)
        for piece in rest:
            yield from self._end_line()
            self._grow(piece)

    def _grow(self, piece: bytes) -> None:
        self._line += piece
        if self._size + len(self._line) > MAX_LINE:
            raise ContractError(f"an event of the stream is over {MAX_LINE // 1024} KiB")

    def _end_line(self) -> Iterator[bytes]:
        line, self._line = bytes(self._line), bytearray()
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
                self._size += len(value) + 1
            return
        if self._data:
            yield b"\n".join(self._data)
        self._data, self._size = [], 0


class Newsreader:
    """Turns a stream's bytes into news of the job; what is none is skipped, up to a number."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._events = EventReader()
        self._redact = redact
        self._garbage = 0

    def feed(self, chunk: bytes) -> Iterator[News]:
        """Yield what the events of this chunk say.

        Raises:
            ContractError: the stream is no event stream, or not one of ours.
        """
        for data in self._events.feed(chunk):
            try:
                event = parse(StreamEvent, data)
            except ContractError as refused:
                self._garbage += 1
                if self._garbage > MAX_GARBAGE:
                    raise ContractError(f"the stream says nothing usable: {refused}") from None
                continue
            yield news_of(event, self._redact)


def news_of(event: StreamEvent, redact: Callable[[str], str]) -> News:
    """Say what an event means; a stream's error may be the stream's own, so it is not final."""
    if event.error:
        return Broken(redact(event.message or NO_REASON), confirmed=False)
    if event.done and event.status in (None, "completed"):
        return Done(event.sweep_run_id)
    if event.done:
        said = event.message or f"the job ended as {event.status}"
        return Broken(redact(said), confirmed=False)
    return Progress(event.percent or 0.0, redact(event.message or ""))


def news_in(status: JobStatus, redact: Callable[[str], str]) -> News | None:
    """Say what a job's status means: final where it has ended, nothing while it is queued."""
    match status.status:
        case "queued":
            return None
        case "running":
            return Progress(status.percent or 0.0)
        case "completed":
            return Done(status.sweep_run_id)
        case "failed":
            return Broken(redact(status.error_message or NO_REASON), confirmed=True)
        case "cancelled":
            return Broken("cancelled", confirmed=True)

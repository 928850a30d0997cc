"""A program that answers over HTTP: started, stopped, killed and started again by name."""

import urllib.request
from types import TracebackType
from typing import Self

from dev.processes import Command, Process

_PROBE_TIMEOUT = 2.0
"""Seconds for one answer."""

# A proxy of the environment has no way to 127.0.0.1.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Service:
    """`with Service(command, url) as service:` runs it until the block ends.

    Entering starts it without waiting, so that several can come up together.
    """

    def __init__(self, command: Command, ready_url: str, *, within: float = 60.0) -> None:
        self.command = command
        self._ready_url = ready_url
        self._within = within
        self._process: Process

    @property
    def process(self) -> Process:
        """The process that runs now, or the last one that did."""
        return self._process

    @property
    def is_ready(self) -> bool:
        """Whether its ready URL answers 200."""
        try:
            with _direct.open(self._ready_url, timeout=_PROBE_TIMEOUT) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def start(self) -> Self:
        """Start it again, on the same ports, and do not wait."""
        self._process = Process(self.command)
        return self

    def wait_ready(self) -> Self:
        """Wait until it is ready.

        Raises:
            ProcessError: it ended, or took too long; the message shows the end of its log.
        """
        self._process.wait_ready(lambda: self.is_ready, self._within)
        return self

    def stop(self) -> None:
        """Ask it to end, and kill it after its grace."""
        self._process.stop()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

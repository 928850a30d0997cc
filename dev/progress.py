"""What a long step shows: a live line on a terminal, a plain line every ten seconds elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.status import Status

_EVERY = 10.0
"""Seconds between two plain lines."""


class Progress(Protocol):
    """Where a long step says how far it is."""

    def say(self, line: str) -> None:
        """Show a line that stays."""

    def at(self, where: str) -> None:
        """Show where the step is now; the next call replaces it."""


class Quiet:
    """Shows nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def at(self, where: str) -> None:
        """Show nothing."""


class _Live:
    def __init__(self, console: Console, status: Status) -> None:
        self._console, self._status = console, status

    def say(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False)

    def at(self, where: str) -> None:
        self._status.update(where)


class _Lines:
    def __init__(self) -> None:
        self._next = 0.0

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def at(self, where: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self.say(where)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress on stderr, which leaves stdout to results."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    with console.status("") as status:
        yield _Live(console, status)

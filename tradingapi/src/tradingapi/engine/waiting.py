"""A progress bar on stderr, for what takes longer than two seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

PATIENCE: Final = 2.0
"""Seconds that nobody needs to be told about."""


class Waiting:
    """Steps that are counted; a bar comes when two seconds are over, where someone looks at it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun = progress.get_time()

    def step(self, part: float, name: str) -> None:
        """Say that so much (0..1) of a step is done."""
        task = self._task(name)
        self._progress.update(task, completed=part)
        console = self._progress.console
        seen = console.is_terminal or console.is_jupyter
        if seen and self._progress.get_time() - self._begun > PATIENCE:
            self._progress.start()

    def count(self, name: str) -> "Count":
        """Return a listener for (done, in all)."""
        return Count(self, name)

    def _task(self, name: str) -> TaskID:
        for task in self._progress.tasks:
            if task.description == name:
                return task.id
        for task in self._progress.tasks:
            self._progress.remove_task(task.id)
        return self._progress.add_task(name, total=1.0)


class Count:
    """Tells a bar of things done, out of so many."""

    def __init__(self, waiting: Waiting, name: str) -> None:
        self._waiting = waiting
        self._name = name

    def __call__(self, done: int, total: int) -> None:
        """Take the news."""
        self._waiting.step(done / max(total, 1), self._name)


@contextmanager
def waiting() -> Iterator[Waiting]:
    """Wait for something; the bar is gone afterwards."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    try:
        yield Waiting(progress)
    finally:
        if progress.live.is_started:
            progress.stop()

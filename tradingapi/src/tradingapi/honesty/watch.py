"""How far a report is, and whether it is still wanted."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the part that is done, 0 to 1, and the name of what is being done."""

Cancel = Callable[[], bool]
"""Asked between two pieces of work, from any thread; true ends the report."""


class ReportCancelledError(Exception):
    """The report was canceled before it was finished; there is no partial one."""


class Watch:
    """Tells progress and notices a cancellation. One step is about a sweep of the grid."""

    def __init__(self, steps: int, progress: Progress | None, cancel: Cancel | None) -> None:
        self._steps = steps
        self._done = 0
        self._progress = progress
        self._cancel = cancel

    def check(self, name: str) -> None:
        """Ask whether the report is still wanted.

        Raises:
            ReportCancelledError: It is not.
        """
        if self._cancel is not None and self._cancel():
            raise ReportCancelledError(f"canceled during {name}")

    def step(self, name: str) -> None:
        """Say that a step was done.

        Raises:
            ReportCancelledError: The report is no longer wanted.
        """
        self.check(name)
        self._done = min(self._done + 1, self._steps)
        if self._progress is not None:
            self._progress(self._done / self._steps, name)

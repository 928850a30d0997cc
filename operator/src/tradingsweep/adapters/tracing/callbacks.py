"""The receiver's traces: one step for each genuine callback, linked to its submission's POST."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tradingsweep.adapters.tracing.opening import open_telemetry

if TYPE_CHECKING:
    from tradingsweep.adapters.tracing.telemetry import Telemetry


class Callbacks:
    """What the routes tell of callbacks whose token was verified: a stranger makes no traces."""

    def __init__(self, telemetry: "Telemetry | None" = None) -> None:
        self._telemetry = telemetry

    @contextmanager
    def received(self, route: str, submission_key: str) -> Iterator[Callable[[str], None]]:
        """Trace the block, which is told how to say what became of the callback."""
        if self._telemetry is None:
            yield _nobody
            return
        with self._telemetry.request(f"POST {route}"):
            self._telemetry.note(submission=submission_key[:12])
            self._telemetry.about(submission_key)
            yield self._kept

    def _kept(self, kept: str) -> None:
        if self._telemetry is not None:
            self._telemetry.note(kept=kept)


@contextmanager
def traced() -> Iterator[Callbacks]:
    """Trace the receiver while the block runs, where a collector is named."""
    telemetry = open_telemetry("receiver")
    try:
        yield Callbacks(telemetry)
    finally:
        if telemetry is not None:
            telemetry.close()


def _nobody(kept: str) -> None:
    del kept

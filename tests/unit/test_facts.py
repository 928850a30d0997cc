"""What an object says of itself."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.situations import A
from tradingsweep.domain.facts import SweepObject

FINISHED = {"phase": "Completed", "observedGeneration": 1}
ASKED = "2026-11-27T10:00:00Z"


def an_object(status: dict[str, Any], **changes: Any) -> SweepObject:
    """An object of generation 1 with this status."""
    target = A.new_sweep().facts.object
    assert target is not None
    return replace(target, generation=1, status=status, **changes)


def test_a_finished_sweep_seems_finished() -> None:
    """Completed or Failed, of the spec as it is now."""
    assert an_object(FINISHED).seems_finished
    assert an_object({**FINISHED, "phase": "Failed"}).seems_finished


@pytest.mark.parametrize(
    "target",
    [
        an_object({}),
        an_object({**FINISHED, "phase": "Running"}),
        an_object({**FINISHED, "observedGeneration": 0}),
        an_object(FINISHED, deleting=True),
        an_object(FINISHED, run_requested=ASKED),
    ],
    ids=["no status", "running", "edited", "being deleted", "asked to run again"],
)
def test_a_sweep_that_wants_something_does_not(target: SweepObject) -> None:
    """Each of these is somebody's wish or the end of one, and is looked at in its turn."""
    assert not target.seems_finished


def test_a_wish_that_was_answered_is_none() -> None:
    """The annotation stays on the object; the status says that it was handled."""
    answered = {**FINISHED, "lastHandledRunRequest": ASKED}

    assert an_object(answered, run_requested=ASKED).seems_finished

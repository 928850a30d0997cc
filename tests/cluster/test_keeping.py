"""Results that are used again, and objects that go after their end, on real parts."""

from typing import Any

from tests.support.eventually import eventually
from tests.support.system import PATIENCE, System

GRID: dict[str, Any] = {"fastRange": {"min": 11, "max": 21}, "slowRange": {"min": 31, "max": 41}}


def test_the_same_question_is_answered_without_a_submission(gated: System) -> None:
    """Same results, no job; the reason says so and names the source."""
    gated.apply("asked-first", **GRID)
    first = gated.wait_until_completed("asked-first")

    gated.apply("asked-again", maxResultAgeSeconds=3600, **GRID)

    second = gated.wait_until_completed("asked-again")
    assert ("Completed", "Reused") == gated.standing("asked-again")
    assert "asked-first" in gated.conditions("asked-again")["Ready"]["message"]
    assert [] == gated.jobs("asked-again")
    assert first["topResults"] == second["topResults"]
    assert first["results"] == second["results"]


def test_a_finished_sweep_goes_after_its_time_and_leaves_its_results(gated: System) -> None:
    """The object is deleted, the rows stay."""
    gated.apply("short-lived", ttlSecondsAfterFinished=1)

    eventually(lambda: gated.objects.sweep(gated.namespace, "short-lived"), None, within=PATIENCE)

    assert gated.results("short-lived")
    assert "Completed" == gated.recorded("short-lived")["phase"]


def test_a_sweep_that_comes_back_takes_its_old_results_and_stays(gated: System) -> None:
    """What self-heal brings back is not run again, and not deleted again."""
    spec: dict[str, Any] = {"ttlSecondsAfterFinished": 1, "runID": "self-healed"}
    gated.apply("self-healed", **spec)
    eventually(lambda: gated.objects.sweep(gated.namespace, "self-healed"), None, within=PATIENCE)

    gated.apply("self-healed", **spec)

    gated.wait_until_completed("self-healed")
    assert ("Completed", "Reused") == gated.standing("self-healed")
    assert 1 == len(gated.jobs("self-healed"))
    assert gated.recorded("self-healed")["spared"]

"""Hold, run again, cancel: asked for with kubectl, answered by the operator."""

from tests.support.eventually import eventually
from tests.support.system import System


def annotate(system: System, name: str, command: str, moment: str) -> None:
    """Give a sweep a command."""
    text = f"trading.zixly.io/{command}={moment}"
    system.kubectl.run("annotate", "tradingsweep", name, "-n", system.namespace, text)


def test_a_suspended_sweep_is_held_and_runs_when_it_is_resumed(gated: System) -> None:
    """Nothing of it reaches the API before."""
    gated.apply("held", suspend=True)

    eventually(
        lambda: gated.conditions("held").get("Suspended", {}).get("status"), "True", within=40
    )
    assert [] == gated.jobs("held")
    gated.edit("held", suspend=False)

    gated.wait_until_completed("held")
    assert 1 == len(gated.jobs("held"))


def test_a_running_sweep_that_is_suspended_runs_anew_when_it_is_resumed(endless: System) -> None:
    """Its job is cancelled; the next attempt has another key and no failure behind it."""
    endless.apply("interrupted")
    endless.wait_for("interrupted", "Submitted", "Running")

    endless.edit("interrupted", suspend=True)

    eventually(
        lambda: endless.conditions("interrupted").get("Suspended", {}).get("status"),
        "True",
        within=40,
    )
    eventually(lambda: [job.state for job in endless.jobs("interrupted")], ["cancelled"], within=40)
    endless.edit("interrupted", suspend=False)
    eventually(lambda: len(endless.jobs("interrupted")), 2, within=40)
    endless.delete("interrupted")


def test_a_sweep_is_run_again_by_an_annotation(gated: System) -> None:
    """One more job for the same question; the command is answered once."""
    gated.apply("again")
    gated.wait_until_completed("again")

    annotate(gated, "again", "run-requested-at", "2026-03-02T12:00:00Z")

    eventually(
        lambda: (gated.status("again").get("run"), gated.phase("again")),
        (2, "Completed"),
        within=60,
    )
    status = gated.status("again")
    assert "2026-03-02T12:00:00Z" == status["lastHandledRunRequest"]
    assert 2 == len(gated.jobs("again"))


def test_a_running_sweep_is_cancelled_by_an_annotation(endless: System) -> None:
    """Failed, with the reason Cancelled, and cancelled at the API."""
    endless.apply("unwanted")
    endless.wait_for("unwanted", "Submitted", "Running")

    annotate(endless, "unwanted", "cancel-requested-at", "2026-03-02T12:00:00Z")

    endless.wait_for("unwanted", "Failed")
    assert ("Failed", "Cancelled") == endless.standing("unwanted")
    eventually(lambda: [job.state for job in endless.jobs("unwanted")], ["cancelled"], within=40)


def test_what_is_no_moment_is_no_command(gated: System) -> None:
    """A wrong annotation is left alone, and the sweep goes its way."""
    gated.apply("mistaken")
    annotate(gated, "mistaken", "cancel-requested-at", "now")

    status = gated.wait_until_completed("mistaken")

    assert "lastHandledCancelRequest" not in status

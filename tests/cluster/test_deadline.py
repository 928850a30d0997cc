"""A run ends at its deadline, whatever the API does: asked a last time, failed, cancelled."""

from tests.support.eventually import eventually
from tests.support.scripted_api import reply, says
from tests.support.scripted_system import STATUS, STREAM, Scripted, job_of, takes
from tests.support.system import PATIENCE, System

PASSES = """
UPDATE pipeline_jobs AS r SET deadline_at = now() FROM sweeps AS w
WHERE w.uid = r.sweep_uid AND w.namespace = %s AND w.name = %s RETURNING r.id
"""
"""Lets the deadline of a run pass now: the shortest that can be asked for is a minute away."""


def let_the_deadline_pass(system: System, name: str) -> None:
    """Move the deadline, and touch the object so that the operator looks at once."""
    assert 1 == len(system.rows(PASSES, system.namespace, name))
    system.kubectl.run("annotate", "tsweep", name, "-n", system.namespace, "touched=true")


def test_a_job_that_never_ends_fails_at_the_deadline_and_is_cancelled(endless: System) -> None:
    """The API says that it still runs: DeadlineExceeded, one Event, and no job is left behind."""
    endless.apply("never-ends")
    endless.wait_for("never-ends", "Running")
    let_the_deadline_pass(endless, "never-ends")

    endless.wait_for("never-ends", "Failed")

    assert ("Failed", "DeadlineExceeded") == endless.standing("never-ends")
    assert "activeDeadlineSeconds" in endless.conditions("never-ends")["Failed"]["message"]
    eventually(lambda: endless.jobs("never-ends")[0].state, "cancelled", within=PATIENCE)
    eventually(
        lambda: [e["reason"] for e in endless.objects.events(endless.namespace, "never-ends")],
        ["DeadlineExceeded"],
        within=PATIENCE,
    )


def test_a_job_that_has_ended_unheard_is_collected_at_the_deadline(scripted: Scripted) -> None:
    """No callback came and the stream is silent: the last question finds the results."""
    name, job = "ended-unheard", job_of("ended-unheard")
    scripted.submissions(takes(name))
    scripted.ends(name)
    scripted.runs(name)
    scripted.system.apply(name)
    scripted.system.wait_for(name, "Running")
    completed = {"job_id": job, "status": "completed", "sweep_run_id": f"run-{name}"}
    scripted.api.on(f"{STATUS}{job}", says(200, completed))
    let_the_deadline_pass(scripted.system, name)

    scripted.system.wait_until_completed(name)

    assert 1 == len(scripted.system.results(name))


def test_a_job_that_nobody_knows_at_the_deadline_is_lost(scripted: Scripted) -> None:
    """The last question is answered 404: ExternalJobLost, which is another reason than late."""
    name, job = "unknown-at-last", job_of("unknown-at-last")
    scripted.submissions(takes(name))
    scripted.runs(name)
    scripted.system.apply(name)
    scripted.system.wait_for(name, "Running")
    scripted.api.on(f"{STATUS}{job}", reply(404))
    let_the_deadline_pass(scripted.system, name)

    scripted.system.wait_for(name, "Failed")

    assert ("Failed", "ExternalJobLost") == scripted.system.standing(name)
    assert scripted.api.asked(f"{STREAM}{job}/")

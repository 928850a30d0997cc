"""Deleting a sweep ends its run, never hangs, and leaves nothing running at the API."""

from tests.support.eventually import eventually
from tests.support.system import PATIENCE, System


def run_states(system: System, name: str) -> list[str]:
    """Return the states of all runs of sweeps of a name, the oldest first."""
    rows = system.rows(
        "SELECT j.status FROM pipeline_jobs AS j JOIN sweeps AS w ON w.uid = j.sweep_uid"
        " WHERE w.namespace = %s AND w.name = %s ORDER BY j.created_at",
        system.namespace,
        name,
    )
    return [row["status"] for row in rows]


def job_states(system: System, name: str) -> list[str]:
    """Return the states of a sweep's jobs at the API, once none of them goes on."""

    def states() -> list[str]:
        return [job.state for job in system.jobs(name)]

    return eventually(states, lambda found: not {"queued", "running"} & {*found}, within=PATIENCE)


def test_a_sweep_deleted_in_flight_is_cancelled_and_gone_at_once(endless: System) -> None:
    """There is no finalizer; the job ends at the API, and the ledger keeps its row."""
    endless.apply("deleted")
    endless.wait_for("deleted", "Running")
    found = endless.objects.sweep(endless.namespace, "deleted")
    assert found is not None
    assert "finalizers" not in found["metadata"]

    endless.delete("deleted")

    assert endless.objects.sweep(endless.namespace, "deleted") is None
    assert ["cancelled"] == job_states(endless, "deleted")
    assert ["CANCELLED"] == run_states(endless, "deleted")


def test_a_sweep_of_the_same_name_runs_anew(gated: System) -> None:
    """It is another object: neither the old job nor the old results are its own."""
    gated.apply("recreated")
    eventually(lambda: gated.recorded("recreated")["phase"], "Running", within=PATIENCE)
    gated.delete("recreated")
    gated.apply("recreated")

    status = gated.wait_until_completed("recreated")

    old, new = gated.jobs("recreated")
    assert ("cancelled", "completed") == (old.state, new.state)
    assert new.job_id == status["jobID"]
    assert 1 == status["run"]
    assert ["CANCELLED", "COMPLETED"] == run_states(gated, "recreated")


def test_a_sweep_deleted_while_the_operator_is_down_is_cancelled_at_its_start(
    endless: System,
) -> None:
    """No watch event tells of it: the ledger's open rows are held against what is there."""
    endless.apply("deleted-unseen")
    endless.wait_for("deleted-unseen", "Running")
    endless.stack.operator.kill()
    endless.delete("deleted-unseen")

    endless.restart_operator()

    assert ["cancelled"] == job_states(endless, "deleted-unseen")
    assert ["CANCELLED"] == run_states(endless, "deleted-unseen")


def test_a_cancel_waits_for_a_trading_api_that_is_away(endless: System) -> None:
    """An operator that never met the API does not conclude that it cannot cancel."""
    endless.apply("deleted-unheard")
    endless.wait_for("deleted-unheard", "Running")
    endless.stack.operator.kill()
    endless.stack.trading_api.kill()
    endless.delete("deleted-unheard")
    endless.restart_operator()
    eventually(lambda: run_states(endless, "deleted-unheard"), ["CANCELLED"], within=PATIENCE)
    eventually(lambda: tries(endless, "deleted-unheard"), lambda n: n > 0, within=PATIENCE)

    endless.stack.trading_api.start().wait_ready()

    assert ["cancelled"] == job_states(endless, "deleted-unheard")
    assert ["CANCELLED"] == run_states(endless, "deleted-unheard")


def tries(system: System, name: str) -> int:
    """Return how often the cancel of a sweep's job was tried."""
    (row,) = system.rows(
        "SELECT o.tries FROM outbox AS o JOIN sweeps AS w ON w.uid = o.sweep_uid"
        " WHERE w.name = %s AND o.kind = 'cancel'",
        name,
    )
    return int(row["tries"])


def test_a_finished_sweep_keeps_its_results_when_it_is_deleted(usual: System) -> None:
    """No row dies with its object."""
    usual.apply("finished")
    usual.wait_until_completed("finished")
    stored = usual.results("finished")

    usual.delete("finished")

    eventually(
        lambda: usual.recorded("finished")["object_gone_at"], lambda at: at is not None, within=20
    )
    assert stored == usual.results("finished") != []
    assert ["COMPLETED"] == run_states(usual, "finished")

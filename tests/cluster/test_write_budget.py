"""What a sweep costs, counted by the API server's own audit log, with the delays of production."""

from collections import Counter
from datetime import datetime, timedelta
from operator import truth
from pathlib import Path
from typing import Any

from dev.audit import Write
from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.system import PATIENCE, System

QUIET = 8.0
"""Seconds: four of the operator's longest looks at the ledger."""


def writes(system: System) -> list[Write]:
    """Return what the operator wrote in the system's namespace, but for its Lease."""
    found = system.control_plane.writes(namespace=system.namespace)
    return [w for w in found if not w.agent.startswith("kubectl") and w.resource != "leases"]


def commits(system: System) -> int:
    """Return how many transactions the ledger has seen: the operator looks, though it rests."""
    query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    return int(system.rows(query)[0]["xact_commit"])


def instant(text: str) -> datetime:
    """Read a time of a status."""
    return datetime.fromisoformat(text)


def wait_until_told(system: System, name: str) -> None:
    """Wait for the Event of a sweep's end: the last that is written."""
    eventually(lambda: len(system.objects.events(system.namespace, name)), 1, within=PATIENCE)


def test_a_quick_sweep_costs_two_patches_and_one_event(usual: System) -> None:
    """Nothing else is written about it, whatever it went through."""
    # The API's first sweep loads its kernels: where processors are busy that is not quick.
    usual.apply("first")
    usual.wait_until_completed("first")
    wait_until_told(usual, "first")
    before = Counter(_kind(write) for write in writes(usual))
    usual.apply("quick")
    usual.wait_until_completed("quick")
    wait_until_told(usual, "quick")

    def spent() -> Counter[str]:
        return Counter(_kind(write) for write in writes(usual)) - before

    eventually(lambda: spent()["create events"], 1, within=PATIENCE)
    assert {"patch tradingsweeps/status", "create events"} == set(spent())
    assert spent()["patch tradingsweeps/status"] <= 2


def test_at_rest_nothing_is_written_but_leases(usual: System) -> None:
    """Finished sweeps, good and bad, are looked at again and again, and left alone."""
    usual.apply("rests")
    usual.apply("rests-failed", ticker="NOPRICES")
    usual.wait_for("rests", "Completed")
    usual.wait_for("rests-failed", "Failed")
    for name in ("rests", "rests-failed"):
        wait_until_told(usual, name)
    looked, versions, before = commits(usual), _versions(usual), len(writes(usual))

    usual.let_pass(QUIET)

    assert [] == writes(usual)[before:]
    assert versions == _versions(usual)
    assert commits(usual) > looked + 4


def test_a_long_sweep_costs_a_patch_every_five_seconds_at_most(
    ground: Ground, tmp_path: Path
) -> None:
    """Never more than 3 and one per 5 s of running time, though the API reports ten times more."""
    with ground.system(tmp_path, Settings(api={"min_job_seconds": "11"})) as system:
        system.apply("long", fastRange={"min": 5, "max": 50}, slowRange={"min": 20, "max": 200})
        percents = set()

        def has_ended() -> bool:
            status = system.status("long")
            percents.add(status.get("progress", {}).get("percent"))
            return "Completed" == str(status["phase"])

        eventually(has_ended, truth, within=PATIENCE)
        wait_until_told(system, "long")

        status = system.status("long")
        ran = instant(status["completedAt"]) - instant(status["submittedAt"])
        assert timedelta(seconds=10) < ran
        assert len(system.patches("long")) <= 3 + ran.total_seconds() / 5
        assert len(percents - {None, 0, 100}) >= 1, "progress is shown while it runs"
        assert 1 == len(system.control_plane.writes(namespace=system.namespace, resource="events"))


def _kind(write: Write) -> str:
    return f"{write.verb} {write.resource}/{write.subresource}".rstrip("/")


def _versions(system: System) -> dict[str, Any]:
    return {row["name"]: row["version"] for row in system.rows("SELECT name, version FROM sweeps")}

"""What a GitOps controller does to sweeps, on real parts: it never makes one run twice by itself.

Argo CD's and Flux's requests to the API server are a server-side apply of the same manifest, a
deletion, a delete with a create after it; kubectl makes the same ones here.
"""

import json
from typing import Any

from dev.argocd import script
from dev.judges import Judges
from dev.judges import judges as built_judges
from dev.progress import Quiet
from tests.support.eventually import eventually
from tests.support.manifests import a_sweep
from tests.support.system import PATIENCE, System

TRACKING = "argocd.argoproj.io/tracking-id"


def sync(system: System, name: str, **spec: Any) -> None:
    """Apply what Git holds, as Argo CD does with ServerSideApply=true."""
    manifest = json.loads(a_sweep(name, **spec))
    manifest["metadata"]["annotations"] = {TRACKING: f"desk:{name}"}
    where = ("-n", system.namespace, "--server-side", "--force-conflicts", "-f", "-")
    system.kubectl.run("apply", *where, text=json.dumps(manifest))


def uid(system: System, name: str) -> str:
    """Return which object of that name is there now."""
    found = system.objects.sweep(system.namespace, name)
    assert found is not None
    return str(found["metadata"]["uid"])


def act(system: System, name: str, action: str) -> None:
    """Click on an action in Argo CD: its script runs, and the difference is patched in."""
    judges: Judges = built_judges(Quiet())
    before = system.objects.sweep(system.namespace, name)
    assert before is not None
    (after,) = judges.lua(script(f"actions/{action}"), [before])
    change = {
        "metadata": {"annotations": after["metadata"]["annotations"]},
        "spec": {"suspend": after["spec"]["suspend"]},
    }
    where = ("-n", system.namespace, "--type=merge", "-p", json.dumps(change))
    system.kubectl.run("patch", "tradingsweep", name, *where)


def test_a_sync_of_what_is_there_changes_nothing(gated: System) -> None:
    """Same uid, same generation, one job, and no patch of ours for it."""
    sync(gated, "synced")
    gated.wait_until_completed("synced")
    before, patches = uid(gated, "synced"), len(gated.patches("synced"))

    sync(gated, "synced")

    gated.let_pass(2)
    assert (before, 1) == (uid(gated, "synced"), len(gated.jobs("synced")))
    assert patches == len(gated.patches("synced"))


def test_a_sweep_that_self_heal_brings_back_is_answered_with_its_results(gated: System) -> None:
    """Somebody deleted it; with maxResultAgeSeconds it is not run a second time."""
    spec: dict[str, Any] = {"maxResultAgeSeconds": 3600, "runID": "healed"}
    sync(gated, "healed", **spec)
    first = gated.wait_until_completed("healed")
    gated.delete("healed")

    sync(gated, "healed", **spec)

    second = gated.wait_until_completed("healed")
    assert ("Completed", "Reused") == gated.standing("healed")
    assert first["topResults"] == second["topResults"]
    assert 1 == len(gated.jobs("healed"))


def test_a_sweep_that_is_replaced_by_force_is_answered_with_its_results(gated: System) -> None:
    """Force=true,Replace=true deletes and creates: another uid, the same question, one job."""
    manifest = a_sweep("replaced", maxResultAgeSeconds=3600, runID="replaced")
    gated.kubectl.run("apply", "-n", gated.namespace, "-f", "-", text=manifest)
    gated.wait_until_completed("replaced")
    before = uid(gated, "replaced")

    gated.kubectl.run(
        "replace",
        "--force",
        "--cascade=background",
        "-n",
        gated.namespace,
        "-f",
        "-",
        text=manifest,
    )

    gated.wait_until_completed("replaced")
    assert before != uid(gated, "replaced")
    assert 1 == len(gated.jobs("replaced"))


def test_a_replacement_in_place_is_no_new_question(gated: System) -> None:
    """Replace=true without force is a PUT: the status stays, and nothing runs."""
    manifest = a_sweep("put", runID="put")
    gated.kubectl.run("apply", "-n", gated.namespace, "-f", "-", text=manifest)
    gated.wait_until_completed("put")
    before = uid(gated, "put")

    gated.kubectl.run("replace", "-n", gated.namespace, "-f", "-", text=manifest)

    gated.let_pass(2)
    assert (before, 1) == (uid(gated, "put"), len(gated.jobs("put")))
    assert "Completed" == gated.phase("put")


def test_a_sweep_that_argo_cd_tracks_is_left_to_argo_cd(gated: System) -> None:
    """The operator does not delete it after its time: self-heal would bring it back for ever."""
    sync(gated, "tracked", ttlSecondsAfterFinished=1)
    gated.wait_until_completed("tracked")
    before = uid(gated, "tracked")

    gated.let_pass(4)

    assert (before, 1) == (uid(gated, "tracked"), len(gated.jobs("tracked")))


def test_a_pruned_sweep_goes_at_once_and_its_job_with_it(endless: System) -> None:
    """No finalizer holds the sync up, and the Trading API does not work for nobody."""
    sync(endless, "pruned")
    endless.wait_for("pruned", "Submitted", "Running")

    endless.delete("pruned")

    assert endless.objects.sweep(endless.namespace, "pruned") is None
    eventually(
        lambda: [job.state for job in endless.jobs("pruned")], ["cancelled"], within=PATIENCE
    )


def test_run_again_from_argo_cd_survives_self_heal_and_happens_once(gated: System) -> None:
    """Git does not know the command, so a sync neither undoes nor repeats it."""
    sync(gated, "clicked")
    gated.wait_until_completed("clicked")

    act(gated, "clicked", "run-again")

    eventually(
        lambda: (gated.status("clicked").get("run"), gated.phase("clicked")),
        (2, "Completed"),
        within=PATIENCE,
    )
    sync(gated, "clicked")
    gated.let_pass(2)
    assert 2 == len(gated.jobs("clicked"))
    assert 2 == gated.status("clicked")["run"]


def test_cancel_from_argo_cd_ends_the_run(endless: System) -> None:
    """And the next sync does not begin it anew."""
    sync(endless, "stopped")
    endless.wait_for("stopped", "Submitted", "Running")

    act(endless, "stopped", "cancel")

    endless.wait_for("stopped", "Failed")
    sync(endless, "stopped")
    endless.let_pass(2)
    assert ("Failed", "Cancelled") == endless.standing("stopped")
    assert 1 == len(endless.jobs("stopped"))

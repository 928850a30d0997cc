"""The life of an installation, in order: each test goes on from where the one before it ended."""

import shutil
import time
from operator import truth
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.bars import at_most, below, exactly
from dev.samples import EXPECTED, FOLDER, disappointment
from tests.e2e import rights
from tests.e2e.conftest import NEW, OLD, Ground
from tests.e2e.release import CHART, PATIENCE, HelmError, Release
from tests.e2e.sweeps import (
    TWENTY,
    apply_twenty,
    nothing_lost_or_doubled,
    phases,
    status,
    wait_until,
)
from tests.support.eventually import eventually
from tests.support.manifests import a_sweep

DESK = "desk-a"
SLOW = {"tradingApi.settings.minJobSeconds": 15, "tradingApi.settings.workers": TWENTY}
MANY = {"operator.settings.maxConcurrentSweeps": TWENTY}
STARTING = ("schema_awaited", "trading_api_unavailable", "cannot store", "pool 'inbox'", "'inbox':")
"""What may be said while the parts of an installation come up in any order."""
LOSING = (
    *STARTING,
    "lease_not_re",
    "lease_unavailable",
    "unavailable",
    "interrupted",
    "ApiUnavailable",
    "effect_failed",
    "cannot wake",
    "discarding",
    "connect",
    "no_report",
)
"""What may be said, beside that, while a part is away."""
AWAY = 60.0
"""Seconds without an API server."""
LEADERLESS = (*LOSING, "the Lease could not be renewed", "kube-system", "failed; will", "Failed to")
"""What may be said, beside that, by processes that cannot keep or take the Lease, and by kopf."""


@pytest.fixture(scope="session")
def release(ground: Ground) -> Release:
    """The release whose story this is."""
    namespace = ground.new_namespace("tradingsweep")
    ground.kubectl.run("create", "namespace", DESK)
    return Release(ground.kubectl, namespace, ground.images(OLD))


def test_an_installation_is_ready(ground: Ground, release: Release, tmp_path: Path) -> None:
    """The release before this one, in a namespace where only restricted pods run."""
    began = time.monotonic()
    release.deploy("install", MANY, chart=previous(tmp_path))
    ground.bars.append(below("helm install to ready", time.monotonic() - began, "s", 60))

    assert [] == release.complaints(*STARTING)


def test_helms_own_test_passes(release: Release) -> None:
    """The receiver answers under the name that callbacks use."""
    said = release.helm("test", release.name, "--timeout", f"{PATIENCE:g}s")

    assert "Phase:          Succeeded" in said


def test_the_samples_end_as_they_must(ground: Ground, release: Release) -> None:
    """Results are in kubectl and in SQL, and the seed's example has them within seconds."""
    kubectl = ground.kubectl
    # The first sweep pays for what is loaded once.
    kubectl.run("apply", "-n", DESK, "-f", str(FOLDER / "sp500-sma.yaml"))
    wait_until(kubectl, DESK, ["sp500-sma"], "Completed")
    began = time.monotonic()
    kubectl.run("apply", "-n", DESK, "-f", str(FOLDER / "btc-sma.yaml"))
    kubectl.run("wait", "--for=condition=Complete", "tradingsweep/btc-sma", "-n", DESK)
    ground.bars.append(
        below("apply to Completed, seed's example", time.monotonic() - began, "s", 5)
    )
    kubectl.run("apply", "-n", DESK, "-f", str(FOLDER))
    wait_until(kubectl, DESK, list(EXPECTED), "Completed", "Failed")

    sweeps = kubectl.get("tradingsweeps", "-n", DESK)["items"]
    assert [] == [why for sweep in sweeps if (why := disappointment(sweep)) is not None]
    best = status(kubectl, DESK, "btc-sma")["best"]["periods"]
    stored = release.sql(
        "SELECT r.fast_period || '/' || r.slow_period FROM trading_sweep_results r"
        " JOIN pipeline_jobs j ON j.id = r.job_id JOIN sweeps s ON s.uid = j.sweep_uid"
        " WHERE s.name = 'btc-sma' ORDER BY r.rank LIMIT 1"
    )
    assert [[best]] == stored
    assert [] == release.complaints()


def test_the_api_called_back_under_the_services_name(release: Release) -> None:
    """A callback came through the receiver's Service, once; the stream may have been faster."""
    heard = release.sql(
        "SELECT s.callback_base, i.outcome, count(*) FROM sweeps w"
        " JOIN submissions s ON s.sweep_uid = w.uid"
        " JOIN callback_inbox i ON i.submission_key = s.key"
        " WHERE w.name = 'btc-sma' GROUP BY 1, 2"
    )
    service = f"{release.full_name}-receiver.{release.namespace}.svc"

    ((base, outcome, count),) = heard
    assert outcome in ("applied", "late")
    assert "1" == count
    assert str(urlsplit(base).hostname).startswith(service)


def test_each_account_has_its_rights_and_no_others(ground: Ground, release: Release) -> None:
    """As `kubectl auth can-i` sees it, for every process and for viewers and editors."""
    wrong = rights.differences(ground.kubectl, release.namespace, DESK)

    ground.bars.append(exactly("rights that differ from the table", len(wrong), "", 0))
    assert [] == wrong


def test_a_deleted_sweep_leaves_its_results(ground: Ground, release: Release) -> None:
    """The object goes at once, for there is no finalizer; the ledger keeps what it came to."""
    ground.kubectl.run("delete", "tradingsweep", "btc-sma", "-n", DESK, "--timeout=30s")

    def rows() -> list[list[str]]:
        return release.sql(
            "SELECT s.object_gone_at IS NOT NULL, count(*) > 0 FROM sweeps s"
            " JOIN pipeline_jobs j ON j.sweep_uid = s.uid"
            " JOIN trading_sweep_results r ON r.job_id = j.id"
            " WHERE s.name = 'btc-sma' GROUP BY 1"
        )

    eventually(rows, [["t", "t"]], within=PATIENCE)


def test_an_upgrade_with_twenty_in_flight_loses_and_doubles_nothing(
    ground: Ground, release: Release
) -> None:
    """Every pod is replaced meanwhile, the Trading API's and the leader's too."""
    release.deploy("upgrade", {**MANY, **SLOW})
    names = apply_twenty(ground.kubectl, DESK, "upgraded")
    wait_until(ground.kubectl, DESK, names, "Submitted", "Running", "Completed")
    assert "Completed" not in phases(ground.kubectl, DESK, names)

    release.images = ground.images(NEW)
    release.deploy("upgrade", {**MANY, **SLOW})
    wait_until(ground.kubectl, DESK, names, "Completed", "Failed")

    wrong = nothing_lost_or_doubled(release, DESK, names)
    ground.bars.append(exactly("sweeps lost or doubled by an upgrade", len(wrong), "of 20", 0))
    assert [] == wrong
    assert [] == release.complaints(*LOSING)


def test_pods_killed_one_after_another_lose_and_double_nothing(
    ground: Ground, release: Release
) -> None:
    """Leader, receiver, Postgres and Trading API, while twenty sweeps are at the API."""
    names = apply_twenty(ground.kubectl, DESK, "killed")
    wait_until(ground.kubectl, DESK, names, "Submitted", "Running", "Completed")
    for component in ("operator", "receiver", "postgres", "tradingapi"):
        pods = [pod["metadata"]["name"] for pod in release.pods(component)]
        release.kill(release.leader() if component == "operator" else pods[0])
        release.wait_ready(component)
    wait_until(ground.kubectl, DESK, names, "Completed", "Failed")

    wrong = nothing_lost_or_doubled(release, DESK, names)
    ground.bars.append(exactly("sweeps lost or doubled by four kills", len(wrong), "of 20", 0))
    assert [] == wrong
    assert [] == release.complaints(*LOSING)


def test_a_minute_without_an_api_server_loses_and_doubles_nothing(
    ground: Ground, release: Release
) -> None:
    """Jobs end meanwhile, and callbacks are taken; the leader ends, and somebody leads after it."""
    names = apply_twenty(ground.kubectl, DESK, "apart")
    wait_until(ground.kubectl, DESK, names, "Submitted", "Running", "Completed")
    with ground.without_api_server():
        began = time.monotonic()
        eventually(lambda: time.monotonic() - began > AWAY, truth, within=2 * AWAY)
        answer = ground.kubectl.attempt("get", "--raw", "/readyz", "--request-timeout=2s")
        assert 0 != answer.returncode
    back = time.monotonic()
    wait_until(ground.kubectl, DESK, names, "Completed", "Failed")
    took = time.monotonic() - back
    ground.bars.append(below("API server back to twenty sweeps ended", took, "s", PATIENCE))
    release.wait_ready("operator", "receiver", "postgres", "tradingapi")

    assert 0 < sum(release.restarts(pod) for pod in release.pods("operator"))
    wrong = nothing_lost_or_doubled(release, DESK, names)
    what = "sweeps lost or doubled by a minute without an API server"
    ground.bars.append(exactly(what, len(wrong), "of 20", 0))
    assert [] == wrong
    assert [] == release.complaints(*LEADERLESS)


def test_the_operator_is_small(ground: Ground, release: Release) -> None:
    """Its resident memory, after all of that."""
    sizes = []
    for pod in release.pods("operator"):
        said = ground.kubectl.run(
            *("exec", pod["metadata"]["name"], "-n", release.namespace, "--"),
            *("grep", "VmRSS", "/proc/1/status"),
        )
        sizes.append(int(said.split()[1]) / 1024)
    ground.bars.append(at_most("resident memory of an operator", max(sizes), "MiB", 150))

    assert sizes


def test_a_second_installation_is_refused(ground: Ground, release: Release) -> None:
    """Two releases do not share a cluster's CRD by accident: the words name it."""
    other = Release(ground.kubectl, ground.new_namespace("second"), ground.images(NEW), "second")

    with pytest.raises(HelmError, match=r"tradingsweeps\.trading\.zixly\.io"):
        other.deploy("install")


def test_an_uninstallation_keeps_resource_and_sweeps(ground: Ground, release: Release) -> None:
    """Sweeps are their owners'; only who deletes the CRD deletes them."""
    release.helm("uninstall", release.name, "--wait", "--timeout", f"{PATIENCE:g}s")

    assert ground.kubectl.get("tradingsweeps", "-n", DESK)["items"]
    # helm does not wait for the pods, which the garbage collector takes some time to find.
    eventually(lambda: release.pods("operator"), [], within=PATIENCE)


def test_an_installation_for_one_namespace_works_over_the_kept_resource(ground: Ground) -> None:
    """It reads nothing of the whole cluster, and leaves other namespaces alone."""
    kubectl = ground.kubectl
    kubectl.run("create", "namespace", "desk-b")
    small = Release(kubectl, ground.new_namespace("small"), ground.images(NEW), "small")
    uid = kubectl.get("namespace", "kube-system")["metadata"]["uid"]
    small.deploy(
        "install",
        {
            "crds.enabled": "false",
            "watchNamespaces": "{desk-b}",
            "clusterId": uid,
            "fullnameOverride": "tradingsweep",
        },
    )
    for desk in ("desk-b", DESK):
        kubectl.run("apply", "-n", desk, "-f", str(FOLDER / "btc-sma.yaml"))
    wait_until(kubectl, "desk-b", ["btc-sma"], "Completed")

    assert [] == rights.of_whole_cluster(kubectl, "small")
    assert ["Queued"] == phases(kubectl, DESK, ["btc-sma"])
    assert [] == small.complaints(*STARTING)
    small.helm("uninstall", "small", "--wait", "--timeout", f"{PATIENCE:g}s")


def test_an_installation_by_kustomize_completes_sweeps(
    ground: Ground, release: Release, tmp_path: Path
) -> None:
    """`kubectl apply -k`, over the resource, the volumes and the Secret that helm left."""
    kubectl = ground.kubectl
    # The CRD that helm left has helm's label: `docs/install.md` says so.
    folder = str(ground.kustomized(tmp_path))
    kubectl.run("apply", "--server-side", "--force-conflicts", "-k", folder)
    release.wait_ready("operator", "receiver", "postgres", "tradingapi")
    # One has waited since the installation that was for one namespace alone.
    kubectl.run("apply", "-n", DESK, "-f", str(FOLDER / "btc-sma.yaml"))
    kubectl.run("apply", "-n", DESK, "-f", "-", text=a_sweep("by-kustomize", minTrades=99))

    wait_until(kubectl, DESK, ["by-kustomize", "btc-sma"], "Completed")

    wrong = nothing_lost_or_doubled(release, DESK, ["by-kustomize"])
    assert [] == wrong
    assert [] == release.complaints(*STARTING)


def previous(folder: Path) -> Path:
    """Return the chart as the release before this one: its own version and image."""
    copy = folder / "tradingsweep"
    shutil.copytree(CHART, copy)
    chart = copy / "Chart.yaml"
    chart.write_text(chart.read_text().replace("version: 0.1.0", "version: 0.0.9", 1))
    return copy

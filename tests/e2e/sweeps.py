"""Sweeps on a cluster, and what became of them."""

import json
from typing import Any

from dev.kubectl import Kubectl
from tests.e2e.release import PATIENCE, Release
from tests.support.eventually import eventually
from tests.support.manifests import a_sweep

TWENTY = 20


def apply_twenty(kubectl: Kubectl, namespace: str, prefix: str) -> list[str]:
    """Apply twenty sweeps that differ, at once; returns their names."""
    names = [f"{prefix}-{number}" for number in range(TWENTY)]
    items = [json.loads(a_sweep(name, minTrades=10 + at)) for at, name in enumerate(names)]
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    kubectl.run("apply", "-n", namespace, "-f", "-", text=json.dumps(document))
    return names


def phases(kubectl: Kubectl, namespace: str, names: list[str]) -> list[str]:
    """Return the phases that occur among some sweeps."""
    found = kubectl.get("tradingsweeps", "-n", namespace)["items"]
    wanted = [one for one in found if one["metadata"]["name"] in names]
    assert len(names) == len(wanted)
    return sorted({one["status"]["phase"] for one in wanted})


def wait_until(kubectl: Kubectl, namespace: str, names: list[str], *wanted: str) -> None:
    """Wait until every one of some sweeps shows one of these phases."""
    eventually(
        lambda: phases(kubectl, namespace, names),
        lambda seen: set(seen) <= set(wanted),
        within=PATIENCE,
    )


def status(kubectl: Kubectl, namespace: str, name: str) -> dict[str, Any]:
    """Return `.status` of one sweep."""
    found: dict[str, Any] = kubectl.get("tradingsweep", name, "-n", namespace)["status"]
    return found


def nothing_lost_or_doubled(release: Release, namespace: str, names: list[str]) -> list[str]:
    """Hold object, ledger and API's book against each other; returns what differs.

    Each sweep has one run and one submission, which the API has as one job, and the ledger has as
    many results as the status says.
    """
    rows = release.sql(
        "SELECT w.namespace || '/' || w.name, count(DISTINCT j.id), count(DISTINCT s.key),"
        " string_agg(DISTINCT s.state::text, ','), count(DISTINCT i.external_job_id),"
        " min(i.external_job_id),"
        " (SELECT count(*) FROM trading_sweep_results r JOIN pipeline_jobs p ON p.id = r.job_id"
        "  WHERE p.sweep_uid = w.uid)"
        " FROM sweeps w JOIN pipeline_jobs j ON j.sweep_uid = w.uid"
        " JOIN submissions s ON s.run_id = j.id"
        " LEFT JOIN submission_job_ids i ON i.submission_key = s.key"
        " GROUP BY w.uid, w.namespace, w.name"
    )
    ledger = {row[0]: row[1:] for row in rows}
    states = dict(release.api_jobs())
    wrong = []
    for name in names:
        runs, submissions, state, jobs, job, results = ledger[f"{namespace}/{name}"]
        shown = status(release.kubectl, namespace, name)["results"]["stored"]
        found = (runs, submissions, state, jobs, states.get(job), results)
        if found != ("1", "1", "completed", "1", "completed", str(shown)):
            wrong.append(f"{name}: {found}, status says {shown} results")
    return wrong

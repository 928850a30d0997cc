"""Who gets a slot: never more than the limit, namespaces in turn, priority within each."""

import pytest

from tests.support.api_ledger import most_at_once
from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.system import PATIENCE, System

EACH = 6
SETTINGS = Settings(
    operator={"max_concurrent_sweeps": "2", "time_scale": "0.1"},
    api={"min_job_seconds": "0.3", "workers": "8"},
    namespaces=2,
    gated=True,
)
"""The API itself would run eight jobs at a time."""


@pytest.fixture(scope="module")
def admitted(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Submit twelve sweeps at a moment; returns the admissions in order, and all jobs at once."""
    with ground.system(tmp_path_factory.mktemp("admission"), SETTINGS) as system:
        count = "SELECT count(*)::int AS n FROM sweeps WHERE phase = 'Queued'"
        with system.gate.closed():
            for namespace in system.namespaces:
                for number in range(EACH):
                    system.apply(f"sweep-{number}", namespace=namespace, priority=number % 3)
            eventually(lambda: system.rows(count)[0]["n"], 2 * EACH, within=PATIENCE)
        done = count.replace("Queued", "Completed")
        eventually(lambda: system.rows(done)[0]["n"], 2 * EACH, within=PATIENCE)
        return _admissions(system)


def _admissions(system: System) -> list[dict[str, object]]:
    rows = system.rows(
        "SELECT w.namespace, w.name, r.priority, r.created_at, s.intent_at"
        " FROM submissions AS s JOIN pipeline_jobs AS r ON r.id = s.run_id"
        " JOIN sweeps AS w ON w.uid = s.sweep_uid ORDER BY s.intent_at, w.namespace"
    )
    worst = most_at_once(system.jobs())
    return [{**row, "most_at_once": worst, "jobs": len(system.jobs())} for row in rows]


def test_the_api_never_has_more_jobs_than_the_limit(admitted: list[dict[str, object]]) -> None:
    """Twelve sweeps are twelve jobs, of which two run at a time: the API counted."""
    assert {12} == {row["jobs"] for row in admitted}
    assert {2} == {row["most_at_once"] for row in admitted}


def test_namespaces_take_turns(admitted: list[dict[str, object]]) -> None:
    """However many sweeps one namespace has, the other is never two slots behind."""
    first = admitted[0]["namespace"]
    lead = 0
    for row in admitted:
        lead += 1 if row["namespace"] == first else -1
        assert abs(lead) <= 1


def test_priority_goes_first_within_a_namespace_then_age(
    admitted: list[dict[str, object]],
) -> None:
    """Of equal priority, who has waited longest is next."""
    for namespace in {row["namespace"] for row in admitted}:
        line = [row for row in admitted if row["namespace"] == namespace]

        assert ["sweep-2", "sweep-5", "sweep-1", "sweep-4", "sweep-0", "sweep-3"] == [
            row["name"] for row in line
        ]

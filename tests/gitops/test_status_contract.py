"""One object, three readers: kstatus, Argo CD's health script and our own function agree.

The table is `tests/support/standings.py`; its objects come from the projection that the operator
uses, so a change of the conditions that confuses somebody who waits fails here.
"""

from pathlib import Path

import pytest

from dev.judges import Judges
from tests.support.standings import STANDINGS, WITHOUT_STATUS
from tradingsweep.domain.readiness import Readiness, readiness

HEALTH = (Path(__file__).parents[2] / "manifests/argocd/health.lua").read_text()


def test_the_table_has_every_kind_of_standing() -> None:
    """At least twenty objects, and each meaning is there."""
    assert len(STANDINGS) >= 20
    assert set(Readiness) == {standing.means for standing in STANDINGS}


def test_our_own_function_reads_each_object_as_the_table_says() -> None:
    """Whoever waits with our tools hears the same as with theirs."""
    wanted = {standing.name: standing.means for standing in STANDINGS}

    assert wanted == {standing.name: readiness(standing.sweep) for standing in STANDINGS}


def test_kstatus_reads_each_object_as_the_table_says(judges: Judges) -> None:
    """Flux waits exactly as long as it should, and calls nothing ready that is not."""
    statuses = judges.kstatus([standing.sweep for standing in STANDINGS])

    wanted = {standing.name: standing.means.kstatus for standing in STANDINGS}
    names = [standing.name for standing in STANDINGS]
    assert wanted == dict(zip(names, statuses, strict=True))


def test_argo_cd_reads_each_object_as_the_table_says(judges: Judges) -> None:
    """The health script gives Argo CD's word for it, with the reason in words."""
    said = judges.lua(HEALTH, [standing.sweep for standing in STANDINGS])

    wanted = {standing.name: standing.means.argo_cd for standing in STANDINGS}
    names = [standing.name for standing in STANDINGS]
    assert wanted == dict(zip(names, (health["status"] for health in said), strict=True))
    assert all(health["message"] for health in said)


def test_argo_cd_shows_why_a_sweep_failed(judges: Judges) -> None:
    """The message is the condition's: nobody has to open the YAML."""
    failed = next(standing for standing in STANDINGS if standing.name == "failed: JobFailed")

    (health,) = judges.lua(HEALTH, [failed.sweep])

    assert "the words of the end" == health["message"]


@pytest.mark.parametrize(
    "half",
    [
        WITHOUT_STATUS,
        WITHOUT_STATUS | {"status": {}},
        WITHOUT_STATUS | {"status": {"observedGeneration": 1}},
        WITHOUT_STATUS | {"status": {"observedGeneration": 1, "conditions": []}},
        {"metadata": {}},
        {},
    ],
    ids=[
        "no status",
        "empty status",
        "no conditions",
        "empty conditions",
        "no generation",
        "empty",
    ],
)
def test_half_an_object_breaks_no_reader(judges: Judges, half: dict[str, object]) -> None:
    """Argo CD calls a resource whose script fails Unknown, for ever: it must not fail."""
    (health,) = judges.lua(HEALTH, [half])

    assert "Progressing" == health["status"]


def test_a_half_read_object_is_in_progress_to_us_too() -> None:
    """An object that says nothing has not been looked at."""
    assert Readiness.IN_PROGRESS is readiness(WITHOUT_STATUS)
    nothing = WITHOUT_STATUS | {"status": {"observedGeneration": 1}}
    assert Readiness.IN_PROGRESS is readiness(nothing)

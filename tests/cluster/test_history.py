"""The history limits on a real API server: what programs made goes, the rest stays."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.manifests import a_sweep
from tests.support.system import PATIENCE, System

MARK = "example.com/applied-by"
LABELED = {"trading.zixly.io/created-by": "gateway"}


@pytest.fixture(scope="module")
def short(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that keeps two completed sweeps and one failed one, with an owner's mark of ours."""
    settings = Settings(
        operator={
            "completed_history_limit": "2",
            "failed_history_limit": "1",
            "owner_marks": MARK,
            "time_scale": "0.05",
            "max_concurrent_sweeps": "10",
        },
    )
    with ground.system(tmp_path_factory.mktemp("short-history"), settings) as running:
        yield running


def apply(system: System, name: str, metadata: dict[str, Any], **spec: Any) -> None:
    """`kubectl apply` a sweep with labels or annotations."""
    body = json.loads(a_sweep(name, **spec))
    body["metadata"] |= metadata
    system.kubectl.run("apply", "-n", system.namespace, "-f", "-", text=json.dumps(body))


def there(system: System, names: list[str]) -> list[str]:
    """Return those names under which there still is an object."""
    return [name for name in names if system.objects.sweep(system.namespace, name) is not None]


def test_a_namespace_keeps_the_youngest_of_what_programs_made(short: System) -> None:
    """Two completed and one failed stay, beside all that people applied and others own."""
    people, owned = ["person-1", "person-2"], ["owned-1", "owned-2"]
    for name in people:
        apply(short, name, {})
    for name in owned:
        apply(short, name, {"labels": LABELED, "annotations": {MARK: "somebody"}})
    for name in (*people, *owned):
        short.wait_until_completed(name)
    made = [f"made-{number}" for number in range(4)]
    failed = ["failed-0", "failed-1"]
    for name in made:
        apply(short, name, {"labels": LABELED})
        short.wait_until_completed(name)
    for name in failed:
        apply(short, name, {"labels": LABELED}, ticker="NOPRICES")
        short.wait_for(name, "Failed")

    eventually(lambda: there(short, made), made[2:], within=PATIENCE)
    eventually(lambda: there(short, failed), failed[1:], within=PATIENCE)

    assert people + owned == there(short, people + owned)
    assert short.results("made-0")


def test_what_comes_back_takes_its_old_results_and_stays(short: System) -> None:
    """The gateway's self-heal makes no loop."""
    first = [f"again-{number}" for number in range(3)]
    for number, name in enumerate(first):
        apply(short, name, {"labels": LABELED}, runID=f"again-{number}")
        short.wait_until_completed(name)
    eventually(lambda: there(short, first), first[1:], within=PATIENCE)

    apply(short, "again-0", {"labels": LABELED}, runID="again-0")

    short.wait_until_completed("again-0")
    assert ("Completed", "Reused") == short.standing("again-0")
    assert 1 == len(short.jobs("again-0"))
    assert short.recorded("again-0")["spared"]

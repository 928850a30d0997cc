"""Whatever people do to a sweep, it ends where a fresh sweep of the final spec ends."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.faults.amount import WHOLE, amount
from tests.faults.rest import wrong_at_rest
from tests.faults.world import World, faulty_system
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

WITHIN = 180.0
_numbers = count(1)

GOOD = (
    {"slowRange": {"min": 20, "max": 30}},
    {"slowRange": {"min": 25, "max": 40}},
    {"fastRange": {"min": 5, "max": 15}},
    {"minTrades": 1000},
    {"minTrades": 50},
    {"strategyType": "EMA"},
    {"priority": 5},
    {"topResults": 1},
    {"runID": "again"},
)
BAD = ({"ticker": "NOPRICES"}, {"preset": "Minimum", "ticker": "NOPRICES"})
EDITS = st.sampled_from(GOOD + BAD)
ACTS: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    EDITS.map(lambda spec: ("edit", spec)),
    st.just(("suspend", {"suspend": True})),
    st.just(("resume", {"suspend": False})),
    st.just(("recreate", {})),
    st.integers(1, 15).map(lambda tenths: ("wait", {"tenths": tenths})),
)
COMPARED = ("phase", "best", "topResults", "results", "combinations", "verdict")


@pytest.fixture(scope="module")
def world(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One system for all sequences; each has sweeps of its own."""
    with faulty_system(ground, tmp_path_factory.mktemp("sequences")) as running:
        yield running


@settings(
    max_examples=amount(5, 60),
    deadline=None,
    derandomize=not WHOLE,
    suppress_health_check=list(HealthCheck),
)
@given(acts=st.lists(ACTS, min_size=2, max_size=8))
def test_any_sequence_of_edits_ends_where_a_fresh_sweep_of_the_last_spec_ends(
    world: World, acts: list[tuple[str, dict[str, Any]]]
) -> None:
    """Bad then good, suspended, run again, deleted and created anew: the last spec decides."""
    number = next(_numbers)
    name, fresh = f"sequence-{number}", f"fresh-{number}"
    spec: dict[str, Any] = {}
    world.system.objects.create(world.namespace, a_sweep(name))
    for what, about in acts:
        note(f"{what} {about}")
        spec = _act(world, name, spec, what, about)
    world.system.objects.edit(world.namespace, name, {"spec": {"suspend": False}})
    spec.pop("suspend", None)
    world.system.objects.create(world.namespace, a_sweep(fresh, **spec))

    assert [] == wrong_at_rest(world, within=WITHIN)
    assert _shown(world, fresh) == _shown(world, name)


def _act(
    world: World, name: str, spec: dict[str, Any], what: str, about: dict[str, Any]
) -> dict[str, Any]:
    """Do one thing to the sweep; returns its spec afterwards."""
    match what:
        case "wait":
            world.system.let_pass(about["tenths"] / 10)
            return spec
        case "recreate":
            world.system.objects.delete(world.namespace, name)
            world.system.objects.create(world.namespace, a_sweep(name, **spec))
            return spec
        case _:
            world.system.objects.edit(world.namespace, name, {"spec": about})
            return {**spec, **about}


def _shown(world: World, name: str) -> dict[str, Any]:
    """Return what a person sees of a sweep's end, whatever happened on the way."""
    status = world.system.status(name)
    found = world.system.objects.sweep(world.namespace, name)
    assert found is not None
    ended = {c["type"]: c["reason"] for c in status["conditions"] if c["status"] == "True"}
    return {
        **{key: status.get(key) for key in COMPARED},
        "conditions": ended,
        "ticker": found["spec"]["ticker"],
        "current": status["observedGeneration"] == found["metadata"]["generation"],
    }

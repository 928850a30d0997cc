"""SIGKILL of the operator, once at each step: nothing is lost, and nothing happens twice."""

from collections.abc import Iterator

import pytest

from tests.cluster.kills import DOCUMENTED_SURFACE, KILLS, ONCE, Kill, outcome
from tests.support.ground import Ground
from tests.support.system import System


@pytest.fixture(scope="module")
def plain_system(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system at an API with the documented surface alone, and a gate before it."""
    with ground.system(tmp_path_factory.mktemp("system"), DOCUMENTED_SURFACE) as running:
        yield running


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.name)
def test_a_killed_operator_finishes_the_sweep_with_one_job(gated: System, kill: Kill) -> None:
    """At an API that keeps keys, the same POST again is a look-up."""
    assert ONCE == outcome(kill, gated)


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.name)
def test_a_killed_operator_needs_no_more_than_the_documented_api(
    plain_system: System, kill: Kill
) -> None:
    """Without keys nothing is sent again until no callback can still name the job."""
    assert ONCE == outcome(kill, plain_system)

"""Lists and watches that are behind, and changes that nobody saw one by one."""

from collections.abc import Iterator

import pytest

from tests.faults.amount import WHOLE
from tests.faults.faults import says
from tests.faults.kube_proxy import SWEEPS_LIST, SWEEPS_WATCH, stale_lists
from tests.faults.rest import wrong_at_rest
from tests.faults.world import World, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

WITHIN = 120.0
EDIT = {"spec": {"slowRange": {"min": 25, "max": 40}}}


@pytest.fixture(scope="module")
def world(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One system for these tests; each has sweeps of its own."""
    with faulty_system(ground, tmp_path_factory.mktemp("stale")) as running:
        yield running


def create(world: World, *names: str) -> None:
    """Create small good sweeps."""
    for name in names:
        world.system.objects.create(world.namespace, a_sweep(name))


def complete(world: World, *names: str) -> None:
    """Wait until these sweeps have ended, which must be well."""
    for name in names:
        world.system.wait_until_completed(name, within=WITHIN)


@pytest.mark.parametrize("writes_old", (1, 2, 3, 4, 5) if WHOLE else (1, 5))
def test_a_list_some_writes_old_undoes_nothing(world: World, writes_old: int) -> None:
    """A finished sweep, an edited one and a deleted one, seen as they were: nothing runs again."""
    names = [f"old-{writes_old}-{what}" for what in ("done", "edited", "deleted")]
    create(world, *names)
    complete(world, *names)
    world.system.objects.edit(world.namespace, names[1], EDIT)
    eventually(lambda: world.system.status(names[1]).get("run"), 2, within=WITHIN)
    complete(world, names[1])
    world.system.objects.delete(world.namespace, names[2])
    eventually(lambda: world.system.recorded(names[2])["object_gone_at"], bool, within=WITHIN)
    jobs = len(world.system.jobs(*names))

    with stale_lists(world.ways.kube, world.watcher, writes_old):
        _look_again(world)
        world.system.let_pass(2)

    assert [] == wrong_at_rest(world)
    assert jobs == len(world.system.jobs(*names))
    assert 2 == world.system.status(names[1])["run"]


def test_a_deletion_and_a_new_object_of_the_name_seen_as_one_event_are_two_sweeps(
    world: World,
) -> None:
    """The old one's run is closed and the new one has a run, and results, of its own."""
    create(world, "again")
    complete(world, "again")
    old = world.system.recorded("again")["uid"]
    with world.ways.kube.holding(SWEEPS_WATCH):
        world.system.objects.delete(world.namespace, "again")
        create(world, "again")
        _look_again(world)

    complete(world, "again")
    assert [] == wrong_at_rest(world)
    rows = world.system.rows("SELECT uid, object_gone_at FROM sweeps WHERE name = 'again'")
    assert {True: 1, False: 1} == {
        gone: sum((row["object_gone_at"] is not None) is gone for row in rows)
        for gone in (True, False)
    }
    assert str(old) != str(world.system.recorded("again")["uid"])
    assert 2 == len({job.submission_key for job in world.system.jobs("again")})


def test_a_sweep_deleted_in_flight_and_made_anew_unseen_gets_its_own_results(world: World) -> None:
    """The job of the first is cancelled or forgotten, and its callback is not the second's."""
    create(world, "swap")
    eventually(lambda: len(world.system.jobs("swap")), 1, within=WITHIN)
    with world.ways.kube.holding(SWEEPS_WATCH):
        world.system.objects.delete(world.namespace, "swap")
        world.system.objects.create(world.namespace, a_sweep("swap", slowRange=OTHER))
        _look_again(world)

    complete(world, "swap")
    assert [] == wrong_at_rest(world)
    (uid,) = world.system.rows(
        "SELECT uid FROM sweeps WHERE name = 'swap' AND object_gone_at IS NULL"
    )
    slow = world.system.rows(
        "SELECT DISTINCT r.slow_period AS slow FROM trading_sweep_results AS r"
        " JOIN submissions AS s ON s.key = r.submission_key WHERE s.sweep_uid = %s",
        uid["uid"],
    )
    assert {25, 30, 35, 40} >= {row["slow"] for row in slow}


OTHER = {"min": 25, "max": 40}


def test_a_watch_whose_version_is_gone_is_begun_anew(world: World) -> None:
    """410 Gone again and again, and 500 to the lists between: what changed meanwhile is seen."""
    with (
        world.ways.kube.rule(says(410), path=SWEEPS_WATCH, times=3),
        world.ways.kube.rule(says(500), method="GET", path=SWEEPS_LIST, times=2),
    ):
        world.ways.kube.cut_streams(SWEEPS_WATCH)
        create(world, "unseen")
        complete(world, "unseen")

    assert [] == wrong_at_rest(world)


def _look_again(world: World) -> None:
    """Cut the watches, so that the informer lists; it does so within seconds."""
    asked = len(world.ways.kube.passed)
    world.ways.kube.cut_streams(SWEEPS_WATCH)
    eventually(lambda: len(world.ways.kube.passed) > asked, bool, within=WITHIN)

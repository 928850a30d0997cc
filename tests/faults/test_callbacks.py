"""Callbacks that are lost, doubled, late, early, forged, replayed, or far too many."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.faults.amount import amount
from tests.faults.faults import Held, says, twice
from tests.faults.rest import wrong_at_rest
from tests.faults.traps import SUBMIT
from tests.faults.world import CALLBACK, SURFACES, World, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

WITHIN = 120.0
SENDERS = 16


@pytest.fixture(scope="module", params=list(SURFACES))
def world(
    ground: Ground, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One system for these tests, at each of the two APIs; each test has sweeps of its own."""
    folder = tmp_path_factory.mktemp("callbacks")
    # An answer may be held as long as a job takes: that is not what these tests are about.
    patient = {"TRADINGSWEEP_POST_TIMEOUT_SECONDS": "30"}
    with faulty_system(ground, folder, SURFACES[request.param], operator=patient) as running:
        yield running


def create(world: World, *names: str) -> None:
    """Create small good sweeps."""
    for name in names:
        world.system.objects.create(world.namespace, a_sweep(name))


def all_complete(world: World, *names: str) -> None:
    """Wait until these sweeps have ended, which must be well."""
    for name in names:
        world.system.wait_until_completed(name, within=WITHIN)


def heard(world: World, name: str) -> list[dict[str, Any]]:
    """Return the inbox's rows about sweeps of a name, oldest first."""
    return world.system.rows(
        "SELECT i.* FROM callback_inbox AS i JOIN submissions AS s ON s.key = i.submission_key"
        " JOIN sweeps AS w ON w.uid = s.sweep_uid WHERE w.name = %s ORDER BY i.id",
        name,
    )


def address(world: World, name: str) -> str:
    """Return the callback address that the API was given for a sweep, which only the API knows."""
    (submission,) = world.system.submissions(name)
    (job,) = [job for job in world.system.jobs() if job.submission_key == submission["key"]]
    return str(job.request["webhook_url"])


def post(url: str, body: bytes | dict[str, Any]) -> int:
    """Send a callback as the API would."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return httpx.post(
        url, content=content, headers=headers, timeout=30, trust_env=False
    ).status_code


def test_sweeps_complete_when_every_callback_is_lost(world: World) -> None:
    """The stream, or the job's status, or the last question tells what no callback told."""
    names = [f"lost-{n}" for n in range(amount(3, 20))]
    with world.ways.callbacks.rule(says(202), path=CALLBACK):
        create(world, *names)
        all_complete(world, *names)

    assert [] == [row for name in names for row in heard(world, name)]
    assert [] == wrong_at_rest(world)


def test_a_callback_that_comes_twice_is_heard_once(world: World) -> None:
    """Its second copy is no second row."""
    with world.ways.callbacks.rule(twice, path=CALLBACK):
        create(world, "twice-0", "twice-1")
        all_complete(world, "twice-0", "twice-1")
        assert [] == wrong_at_rest(world)

    assert {1} == {len(heard(world, name)) for name in ("twice-0", "twice-1")}


def test_callbacks_that_overtake_each_other_end_their_own_sweeps(world: World) -> None:
    """The first of three is held until the others have come."""
    held = Held()
    with world.ways.callbacks.rule(held.before, path=CALLBACK, times=1):
        create(world, "order-0", "order-1", "order-2")
        eventually(held.come.is_set, bool, within=WITHIN)
        eventually(lambda: sum(len(heard(world, f"order-{n}")) for n in range(3)), 2, within=WITHIN)
        held.let_go()

    all_complete(world, "order-0", "order-1", "order-2")
    assert [] == wrong_at_rest(world)


def test_a_callback_that_comes_before_the_answer_is_not_lost(world: World) -> None:
    """It names the job before the operator knows that there is one."""
    held = Held()
    with world.ways.trading.rule(held.after, method="POST", path=SUBMIT, times=1):
        create(world, "early")
        eventually(lambda: len(heard(world, "early")), 1, within=WITHIN)
        held.let_go()

    all_complete(world, "early")
    (row,) = heard(world, "early")
    ids = world.system.rows(
        "SELECT min(j.learned_at) AS at FROM submission_job_ids AS j"
        " WHERE j.submission_key = %s AND j.source = 'answer'",
        row["submission_key"],
    )
    assert ids[0]["at"] is None or row["received_at"] < ids[0]["at"]
    assert 1 == len(world.system.jobs("early"))
    assert [] == wrong_at_rest(world)


def test_a_callback_after_the_objects_deletion_changes_nothing(world: World) -> None:
    """It is dealt with, and no results of a sweep that is gone are shown or doubled."""
    create(world, "gone")
    eventually(lambda: world.system.phase("gone"), "Running", within=WITHIN)
    url = address(world, "gone")
    world.system.objects.delete(world.namespace, "gone")
    eventually(lambda: world.system.recorded("gone")["object_gone_at"], bool, within=WITHIN)

    (job,) = world.system.jobs("gone")
    body = {"event": "sweep.completed", "job_id": job.job_id, "status": "completed"}
    assert 202 == post(url, {**body, "sweep_run_id": "run_late"})

    assert [] == wrong_at_rest(world)
    assert {True} == {row["processed_at"] is not None for row in heard(world, "gone")}
    assert [] == world.system.results("gone")


def test_a_callback_for_somebody_elses_job_is_not_believed(world: World) -> None:
    """The address of one sweep and the job of another: neither gets the other's results."""
    with world.ways.callbacks.rule(says(202), path=CALLBACK):
        create(world, "mine", "theirs")
        for name in ("mine", "theirs"):
            eventually(lambda name=name: len(world.system.jobs(name)), 1, within=WITHIN)  # type: ignore[misc] # one name a round
        (theirs,) = world.system.jobs("theirs")
        body = {"job_id": theirs.job_id, "status": "completed", "sweep_run_id": "run_of_theirs"}
        assert 202 == post(_around(world, address(world, "mine")), body)
        all_complete(world, "mine", "theirs")

    assert [] == wrong_at_rest(world)
    ids = {world.system.status(name)["sweepRunID"] for name in ("mine", "theirs")}
    assert 2 == len(ids)


def test_a_forged_callback_leaves_no_trace(world: World) -> None:
    """A token that is wrong in one character, one of another sweep, none, and a key of nobody."""
    create(world, "forged", "other")
    all_complete(world, "forged", "other")
    assert [] == wrong_at_rest(world)
    before = len(heard(world, "forged"))
    url = address(world, "forged")
    place, _, token = url.rpartition("/")
    stolen = address(world, "other").rpartition("/")[2]
    wrong = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    key = place.rpartition("/")[2]

    tried = [
        post(f"{place}/{wrong}", b"{}"),
        post(f"{place}/{stolen}", b"{}"),
        post(place, b"{}"),
        post(url.replace(key, "0" * 64), b"{}"),
    ]

    assert {401, 404} >= set(tried)
    assert before == len(heard(world, "forged"))


def test_a_callback_that_is_replayed_changes_nothing(world: World) -> None:
    """After the end, a hundred times: no row, no write, no second Event."""
    create(world, "replayed")
    all_complete(world, "replayed")
    assert [] == wrong_at_rest(world)
    (row,) = heard(world, "replayed")[:1]
    before = world.system.recorded("replayed")["version"]

    answers = {post(address(world, "replayed"), bytes(row["body"])) for _ in range(100)}

    assert {202} == answers
    assert [] == wrong_at_rest(world)
    assert 1 == len(heard(world, "replayed"))
    assert before == world.system.recorded("replayed")["version"]


def test_a_burst_at_one_address_is_bounded_and_keeps_nobody_else_out(world: World) -> None:
    """So many bodies that nobody meant: a few are kept, and every sweep completes meanwhile."""
    held = Held()
    with world.ways.callbacks.rule(held.before, path=CALLBACK):
        create(world, "burst", "bystander")
        eventually(lambda: len(world.system.jobs("burst")), 1, within=WITHIN)
        url = address(world, "burst")
        answers = sent(_around(world, url), amount(500, 10_000))
        # There is no room for the genuine one any more: its sender would try for minutes.
        with world.ways.callbacks.rule(says(202), path=re.escape(urlsplit(url).path)):
            held.let_go()
            all_complete(world, "burst", "bystander")
            assert [] == wrong_at_rest(world)

    assert {202, 429} == set(answers)
    assert MOST_KEPT == len(heard(world, "burst"))


def sent(url: str, many: int) -> Counter[int]:
    """Send so many different callbacks to one address, some at a time; count the answers."""
    with (
        ThreadPoolExecutor(SENDERS) as senders,
        httpx.Client(timeout=60, trust_env=False) as client,
    ):
        bodies = ({"job_id": f"burst-{n}"} for n in range(many))
        return Counter(senders.map(lambda body: client.post(url, json=body).status_code, bodies))


MOST_KEPT = 16
"""Rows of one submission, whatever is sent to its address."""


def _around(world: World, url: str) -> str:
    """Lead an address around the proxy, to the receiver itself."""
    return re.sub(r"^http://[^/]+", world.system.stack.wiring.receiver_url, url)

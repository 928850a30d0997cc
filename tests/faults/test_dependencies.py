"""Postgres, the API server and the Trading API, each of them slow, wrong, silent or gone.

At both APIs. What an API without keys may do under two faults at once is its non-promise, and the
checker allows that and nothing else.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.amount import amount, some
from tests.faults.faults import (
    cut_after,
    cut_before,
    instead,
    late,
    rewritten,
    says,
    twice,
)
from tests.faults.http_proxy import Act, Reply, Rule
from tests.faults.rest import wrong_at_rest
from tests.faults.traps import SUBMIT
from tests.faults.world import SURFACES, World, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

WITHIN = 180.0
SWEEPS = "/apis/trading"


@pytest.fixture(scope="module", params=list(SURFACES))
def world(
    ground: Ground, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One system for these tests, at each of the two APIs; each test has sweeps of its own."""
    folder = tmp_path_factory.mktemp("dependencies")
    with faulty_system(ground, folder, SURFACES[request.param]) as running:
        yield running


def complete(world: World, *names: str) -> None:
    """Wait until these sweeps have ended, which must be well."""
    for name in names:
        world.system.wait_until_completed(name, within=WITHIN)


def create(world: World, *names: str) -> None:
    """Create small good sweeps."""
    for name in names:
        world.system.objects.create(world.namespace, a_sweep(name))


def without_a_job_id(reply: Reply) -> Reply:
    """Make an acceptance that names no job."""
    return _changed(reply, job_id="")


def with_a_strange_job_id(reply: Reply) -> Reply:
    """Make an acceptance with a job id that would be a path."""
    return _changed(reply, job_id="../../api/v1/jobs")


def _changed(reply: Reply, **members: str) -> Reply:
    if not reply.is_success:
        return reply
    return Reply(reply.status, json.dumps({**json.loads(reply.body), **members}).encode())


TO_A_SUBMISSION: dict[str, Act] = {
    "502-after-it-accepted": instead(Reply(502, b"bad gateway")),
    "500-before": says(500, b"oops"),
    "503-after-it-accepted": instead(Reply(503, b"later")),
    "504-after-it-accepted": instead(Reply(504, b"slow")),
    "429": says(429, b"full", Retry_After="1"),
    "408": says(408),
    "425": says(425),
    "401": says(401, b'{"error": "Unauthorized"}'),
    "302": instead(Reply(302, b"", {"Location": "http://169.254.169.254/"})),
    "cut-before": cut_before,
    "cut-after": cut_after,
    "late": late(3),
    "heard-late": late(3, before=True),
    "twice": twice,
    "garbage": instead(Reply(202, b"<html>Accepted</html>")),
    "nothing": instead(Reply(202)),
    "without-a-job-id": rewritten(without_a_job_id),
    "strange-job-id": rewritten(with_a_strange_job_id),
    "a-mebibyte": instead(Reply(202, b'{"job_id": "' + b"x" * 2**20)),
}
"""What an answer to a POST can be, or what becomes of it."""
NEEDS_KEYS = ("twice",)
"""Without a key the API cannot know that it was sent once; nor can who sent it."""


def test_every_wrong_answer_to_a_submission_ends_in_one_set_of_results(world: World) -> None:
    """All at once, one for each sweep: none fails, and none has a job more than was sent."""
    names = {
        f"answer-{label}": act
        for label, act in TO_A_SUBMISSION.items()
        if world.surface.keeps_keys or label not in NEEDS_KEYS
    }
    with ExitStack() as rules:
        for place, (name, act) in enumerate(names.items()):
            # A rule knows its sweep by a number in the form that nothing else depends on.
            mark = f"min_trades={11 + place}&".encode()
            rule = Rule(act, "POST", SUBMIT, contains=mark, times=1)
            world.ways.trading.rules.append(rule)
            rules.callback(world.ways.trading.rules.remove, rule)
            sweep = a_sweep(name, minTrades=11 + place)
            world.system.objects.create(world.namespace, sweep)
        complete(world, *names)
        taken = [rule.taken for rule in world.ways.trading.rules]

    assert [1] * len(names) == taken
    assert [] == wrong_at_rest(world)


def test_a_request_that_the_network_doubles_costs_a_job_and_no_results(
    ground: Ground, tmp_path: Path
) -> None:
    """At an API without keys: both jobs are known, and the results of one are stored, once."""
    with faulty_system(ground, tmp_path, SURFACES["seed"]) as world:
        with world.ways.trading.rule(twice, method="POST", path=SUBMIT, times=1):
            create(world, "doubled")
            complete(world, "doubled")
        # The other one's callback names it.
        ids = "SELECT external_job_id AS id FROM submission_job_ids"
        eventually(lambda: len(world.system.rows(ids)), 2, within=WITHIN)

        jobs, (submission,) = world.system.jobs("doubled"), world.system.submissions("doubled")
        named, status = world.system.rows(ids), world.system.status("doubled")
        (shown,) = [job for job in jobs if job.job_id == status["jobID"]]

        assert {row["id"] for row in named} == {job.job_id for job in jobs}
        assert 2 == len(jobs)
        assert ("completed", shown.sweep_run_id) == (
            submission["state"],
            submission["sweep_run_id"],
        )
        stored = world.system.results("doubled")
        assert {shown.sweep_run_id} == {row["sweep_run_id"] for row in stored}
        assert status["results"]["stored"] == len(stored)


TO_A_QUESTION_FOR_RESULTS: dict[str, Act] = {
    "of-another-run": instead(Reply(200, b'{"sweep_run_id": "run_of_another", "results": []}')),
    "404-once": says(404, b'{"error": "Not found"}'),
    "500": says(500),
    "cut": cut_before,
    "half": instead(Reply(200, b'{"results": [')),
    "late": late(2),
}


@pytest.mark.parametrize("act", some(2, TO_A_QUESTION_FOR_RESULTS))
def test_results_that_cannot_be_had_at_once_are_had_later(world: World, act: Act) -> None:
    """One wrong answer to the question for results, and the right one afterwards."""
    name = f"best-{len(world.system.jobs())}"
    with world.ways.trading.rule(act, method="GET", path=r"/api/v1/sweeps/[^/]+/best", times=1):
        create(world, name)
        complete(world, name)

    assert [] == wrong_at_rest(world)


def test_a_trading_api_that_is_silent_for_a_while_loses_nothing(world: World) -> None:
    """Every connection to it is cut for three seconds in the middle of everything."""
    names = [f"silent-{n}" for n in range(3)]
    create(world, *names)
    eventually(lambda: len(world.system.jobs(*names)), bool, within=WITHIN)
    with world.ways.trading.rule(cut_before):
        world.ways.trading.cut_streams()
        world.system.let_pass(3)

    complete(world, *names)
    assert [] == wrong_at_rest(world)


def test_the_answer_to_any_commit_may_be_lost(world: World) -> None:
    """It happened, and nobody is told: each look that follows finds what it did."""
    for n in range(amount(3, 40)):
        # Each sweep loses the answer of a later commit than the one before.
        skipped = world.ways.postgres.commits + n
        create(world, f"commit-{n}")
        eventually(lambda least=skipped: world.ways.postgres.commits >= least, bool, within=WITHIN)  # type: ignore[misc] # one number a round
        world.ways.postgres.lose_commits(1)
    complete(world, *(f"commit-{n}" for n in range(amount(3, 40))))
    world.ways.postgres.lose_commits(0)

    assert [] == wrong_at_rest(world)


def test_postgres_may_go_away_at_any_moment(world: World) -> None:
    """Its connections are cut wherever they stand, again and again, the receiver's too."""
    names = [f"away-{n}" for n in range(amount(2, 12))]
    for n, name in enumerate(names):
        create(world, name)
        (world.ways.inbox if n % 2 else world.ways.postgres).cut()
    with world.ways.postgres.closed(), world.ways.inbox.closed():
        world.system.let_pass(2)

    complete(world, *names)
    assert [] == wrong_at_rest(world)


TO_A_WRITE: dict[str, Act] = {
    "cut-after": cut_after,
    "429": says(429, Retry_After="1"),
    "500": says(500),
    "cut-before": cut_before,
    "slow": late(0.5),
}


@pytest.mark.parametrize("act", some(2, TO_A_WRITE))
def test_writes_to_an_api_server_in_trouble_are_made_good(world: World, act: Act) -> None:
    """Statuses and Events end as they should, whatever becomes of the first tries."""
    name = f"kube-{len(world.system.jobs())}"
    with world.ways.kube.rule(act, method="PATCH|POST", path=rf"{SWEEPS}|/apis/events", times=3):
        create(world, name)
        complete(world, name)

    assert [] == wrong_at_rest(world)
    assert 1 == len(world.system.objects.events(world.namespace, name))


def test_an_api_server_that_restarts_loses_no_sweep(world: World) -> None:
    """Watches are cut, lists refused, and sweeps are created meanwhile."""
    create(world, "before-restart")
    with world.ways.kube.rule(cut_before, path=f"{SWEEPS}|/apis/events"):
        world.ways.kube.cut_streams()
        create(world, "during-restart")
        world.system.objects.delete(world.namespace, "before-restart")
        world.system.let_pass(3)

    complete(world, "during-restart")
    assert [] == wrong_at_rest(world)
    assert world.system.recorded("during-restart")["object_gone_at"] is None

"""What the proxies and people do while a trial's sweeps go their way; each is for one mutant."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count

import httpx

from tests.faults.faults import Held, cut_before, instead, rewritten, says, twice
from tests.faults.http_proxy import Asked, Forward, Reply
from tests.faults.kube_proxy import SWEEPS_LIST
from tests.faults.run import PATIENCE
from tests.faults.traps import SUBMIT
from tests.faults.world import CALLBACK, World
from tests.support.eventually import eventually
from tests.support.manifests import a_sweep
from tests.support.said import failed

WITHIN = 40.0
"""Seconds to rest; the product needs about ten."""
Weather = Callable[[World], AbstractContextManager[None]]
_STREAM, _JOB = r"/sse-proxy/", r"/api/v1/jobs/[^/]+$"


def fair(_: World) -> AbstractContextManager[None]:
    """Nothing happens."""
    return nullcontext()


def _phase(world: World, name: str = "a") -> str:
    found = world.watcher.latest.get(name, {})
    return str(found.get("status", {}).get("phase"))


def _wait(probe: Callable[[], object]) -> None:
    eventually(probe, bool, within=WITHIN * PATIENCE)


@contextmanager
def each_callback_comes_twice(world: World) -> Iterator[None]:
    """The receiver hears everything again."""
    with world.ways.callbacks.rule(twice, path=CALLBACK):
        yield


@contextmanager
def edited_in_line(world: World) -> Iterator[None]:
    """Edit the second one while the first has the only slot."""
    _wait(lambda: _phase(world, "first") in ("Submitted", "Running"))
    world.system.objects.edit(world.namespace, "a", {"spec": {"slowRange": {"min": 25, "max": 40}}})
    yield


@contextmanager
def deleted_before_the_answer(world: World) -> Iterator[None]:
    """Let another operator record its deletion while the answer to its POST is on its way.

    No callback ever comes: only the answer names the job.
    """
    held = Held()
    with world.ways.trading.rule(held.after, method="POST", path=SUBMIT, times=1):
        _wait(held.come.is_set)
        with world.ways.callbacks.rule(says(410)), world.another_operator():
            world.system.objects.delete(world.namespace, "a")
            _wait(lambda: world.system.recorded("a")["object_gone_at"])
            held.let_go()
            yield


@contextmanager
def results_once(world: World) -> Iterator[None]:
    """The API returns the results once, and then has them no more."""
    asked: list[Asked] = []

    async def once(request: Asked, forward: Forward) -> Reply:
        asked.append(request)
        return await forward() if len(asked) == 1 else Reply(404)

    with world.ways.trading.rule(once, path=r"/api/v1/sweeps/"):
        yield


@contextmanager
def created_again_under_a_patch(world: World) -> Iterator[None]:
    """While a status is on its way its object goes, and another of the same name comes."""
    held = Held()
    with world.ways.kube.rule(held.before, method="PATCH", path=r".*/status", times=1):
        _wait(held.come.is_set)
        world.system.objects.delete(world.namespace, "a")
        world.system.objects.create(world.namespace, a_sweep("a"))
        held.let_go()
        yield


@contextmanager
def two_leaders(world: World) -> Iterator[None]:
    """A second operator works on the same sweeps, and people touch them: both always look."""
    objects, touches = world.system.objects, count()

    def touched() -> set[str]:
        label = {"metadata": {"annotations": {"touched": str(next(touches))}}}
        for name in world.watcher.latest:
            objects.edit(world.namespace, name, label)
        # A pass of the product is shorter than this: its patches are not all refused.
        world.system.let_pass(0.3)
        return {_phase(world, name) for name in world.watcher.latest}

    with world.another_operator():
        eventually(touched, {"Failed"}, within=WITHIN * PATIENCE)
        yield


@contextmanager
def bad_gateway(world: World) -> Iterator[None]:
    """The API accepts, and whoever stands before it says 502."""
    answer = Reply(502, b"bad gateway")
    with world.ways.trading.rule(instead(answer), method="POST", path=SUBMIT, times=1):
        yield


@contextmanager
def job_not_known(world: World) -> Iterator[None]:
    """The API says 404 about its job, until the sweep has ended."""
    ways = world.ways
    with (
        ways.trading.rule(says(404), path=_STREAM),
        ways.trading.rule(says(404), path=_JOB),
        ways.callbacks.rule(cut_before),
    ):
        _wait(lambda: _phase(world) in ("Failed", "Completed") or len(world.system.jobs()) > 1)
    yield


@contextmanager
def only_callbacks(world: World) -> Iterator[None]:
    """Neither a stream nor a status is to be had."""
    with (
        world.ways.trading.rule(says(503), path=_STREAM),
        world.ways.trading.rule(says(503), path=_JOB),
    ):
        yield


@contextmanager
def receiver_dies_after_its_answer(world: World) -> Iterator[None]:
    """It says 202 and is killed."""
    with only_callbacks(world):
        _wait(lambda: any(one.status == 202 for one in world.ways.callbacks.passed))
        world.system.stack.receiver.kill()
        world.system.stack.receiver.start()
        yield


def _call_back(world: World, key: str, token: str, job_id: str) -> None:
    """Say to the receiver that a job has failed."""
    url = f"{world.system.stack.wiring.receiver_url}/webhook/sweep-callback/{key}/{token}"
    httpx.post(url, content=failed(job_id), timeout=10, trust_env=False)


@contextmanager
def forged(world: World) -> Iterator[None]:
    """Somebody who knows everything but the secret says that its job has failed."""
    _wait(lambda: _phase(world) == "Running")
    (job,) = world.system.jobs()
    _call_back(world, job.submission_key, "local.Zm9yZ2VkLWZvcmdlZC1mb3JnZWQ", job.job_id)
    yield


@contextmanager
def token_of_the_other(world: World) -> Iterator[None]:
    """Whoever was called back for one sweep says with its token that the other has failed."""
    _wait(lambda: _phase(world) == "Running" and _phase(world, "b") == "Running")
    (ours,), (theirs,) = world.system.jobs("a"), world.system.jobs("b")
    token = str(theirs.request["webhook_url"]).rpartition("/")[2]
    _call_back(world, ours.submission_key, token, ours.job_id)
    yield


def _emptied(reply: Reply) -> Reply:
    body = json.loads(reply.body)
    return Reply(200, json.dumps(body | {"items": []}).encode(), reply.headers)


@contextmanager
def forbidden(world: World) -> Iterator[None]:
    """A new operator may list nothing and read nothing, for a while."""
    _wait(lambda: _phase(world) == "Running")
    kube = world.ways.kube
    one = r"/apis/trading\.zixly\.io/.*/tradingsweeps/a$"
    with (
        kube.rule(says(403), method="GET", path=one) as reads,
        kube.rule(rewritten(_emptied), method="GET", path=SWEEPS_LIST) as lists,
    ):
        world.kill_operator()
        _wait(lambda: lists.taken > 0 and reads.taken > 0)
        world.system.let_pass(2)
    yield

"""Small situations, each of which the product survives and one of its mutants does not.

A trial is a few sweeps, kills, and weather: what the proxies and people do meanwhile. It is judged
as a run of the matrix is.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx

from tests.faults.accounts import gather
from tests.faults.checker import unrest, violations
from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.faults import Held, cut_before, instead, rewritten, says, twice
from tests.faults.http_proxy import Asked, Forward, Reply
from tests.faults.kube_proxy import SWEEPS_LIST
from tests.faults.plan import UNKNOWN, Name, Plan, Planned
from tests.faults.run import PATIENCE, ends_are_as_planned
from tests.faults.surroundings import no_status_was_refused, results_are_the_apis
from tests.faults.traps import SUBMIT
from tests.faults.world import CALLBACK, SURFACES, World, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.manifests import a_sweep
from tests.support.said import failed

WITHIN = 40.0
"""Seconds to rest; the product needs about ten."""
STREAM, JOB = r"/sse-proxy/", r"/api/v1/jobs/[^/]+$"
Weather = Callable[[World], AbstractContextManager[None]]

A = Planned("a", {}, "Completed")


def _fair(_: World) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Trial:
    """One situation."""

    mutant: str
    """The break that does not survive it."""
    sweeps: tuple[Planned, ...] = (A,)
    kill: Cell | None = None
    """Hits the first sweep."""
    weather: Weather = _fair
    """Begins when the sweeps are applied, and lasts until rest."""
    operator: dict[str, str] = field(default_factory=dict)
    job_seconds: float = 1


def conduct(ground: Ground, folder: Path, trial: Trial, *, mutant: str) -> list[str]:
    """Conduct a trial, and return what is wrong at its end."""
    plan = Plan(Name(0, SURFACES["keys"], 0, 0), trial.sweeps, ())
    kills = [Kill(trial.kill, trial.sweeps[0].name)] if trial.kill else []
    api = {"TRADING_API_MIN_JOB_SECONDS": str(trial.job_seconds)}
    with faulty_system(
        ground, folder, kills=kills, operator=trial.operator, api=api, mutant=mutant
    ) as world:
        world.system.stack.operator.wait_ready()
        for sweep in trial.sweeps:
            world.system.objects.create(world.namespace, a_sweep(sweep.name, **sweep.spec))
        with trial.weather(world):
            return _judge(world, plan)


def _judge(world: World, plan: Plan) -> list[str]:
    end = time.monotonic() + WITHIN * PATIENCE
    while True:
        accounts = gather(world)
        wrong = [*unrest(accounts), *ends_are_as_planned(accounts, plan)]
        wrong += [f"not hit: {kill.cell}" for kill in world.ways.control.open]
        # What has happened twice, or was lost for good, does not become right.
        final = [said for said in violations(accounts) if said.startswith(("I1", "I4"))]
        if final or not wrong or time.monotonic() > end:
            return [
                *violations(accounts),
                *no_status_was_refused(world),
                *wrong,
                *([] if wrong else results_are_the_apis(accounts, world)),
            ]
        Event().wait(0.1)


def _phase(world: World, name: str = "a") -> str:
    found = world.watcher.latest.get(name, {})
    return str(found.get("status", {}).get("phase"))


def _wait(probe: Callable[[], object]) -> None:
    eventually(probe, bool, within=WITHIN * PATIENCE)


@contextmanager
def _each_callback_comes_twice(world: World) -> Iterator[None]:
    with world.ways.callbacks.rule(twice, path=CALLBACK):
        yield


@contextmanager
def _edited_in_line(world: World) -> Iterator[None]:
    """Edit the second one while the first has the only slot."""
    _wait(lambda: _phase(world, "first") in ("Submitted", "Running"))
    world.system.objects.edit(world.namespace, "a", {"spec": {"slowRange": {"min": 25, "max": 40}}})
    yield


@contextmanager
def _deleted_before_the_answer(world: World) -> Iterator[None]:
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
def _results_once(world: World) -> Iterator[None]:
    """The API returns the results once, and then has them no more."""
    asked: list[Asked] = []

    async def once(request: Asked, forward: Forward) -> Reply:
        asked.append(request)
        return await forward() if len(asked) == 1 else Reply(404)

    with world.ways.trading.rule(once, path=r"/api/v1/sweeps/"):
        yield


@contextmanager
def _created_again_under_a_patch(world: World) -> Iterator[None]:
    """While a status is on its way its object goes, and another of the same name comes."""
    held = Held()
    with world.ways.kube.rule(held.before, method="PATCH", path=r".*/status", times=1):
        _wait(held.come.is_set)
        world.system.objects.delete(world.namespace, "a")
        world.system.objects.create(world.namespace, a_sweep("a"))
        held.let_go()
        yield


@contextmanager
def _two_leaders(world: World) -> Iterator[None]:
    """A second operator works on the same sweeps."""
    with world.another_operator():
        for number in range(6):
            world.system.objects.create(world.namespace, a_sweep(f"more-{number}"))
        yield


@contextmanager
def _bad_gateway(world: World) -> Iterator[None]:
    """The API accepts, and whoever stands before it says 502."""
    answer = Reply(502, b"bad gateway")
    with world.ways.trading.rule(instead(answer), method="POST", path=SUBMIT, times=1):
        yield


@contextmanager
def _job_not_known(world: World) -> Iterator[None]:
    """The API says 404 about its job, until the sweep has ended."""
    ways = world.ways
    with (
        ways.trading.rule(says(404), path=STREAM),
        ways.trading.rule(says(404), path=JOB),
        ways.callbacks.rule(cut_before),
    ):
        _wait(lambda: _phase(world) in ("Failed", "Completed") or len(world.system.jobs()) > 1)
    yield


@contextmanager
def _only_callbacks(world: World) -> Iterator[None]:
    """Neither a stream nor a status is to be had."""
    with (
        world.ways.trading.rule(says(503), path=STREAM),
        world.ways.trading.rule(says(503), path=JOB),
    ):
        yield


@contextmanager
def _receiver_dies_after_its_answer(world: World) -> Iterator[None]:
    with _only_callbacks(world):
        _wait(lambda: any(one.status == 202 for one in world.ways.callbacks.passed))
        world.system.stack.receiver.kill()
        world.system.stack.receiver.start()
        yield


def _call_back(world: World, key: str, token: str, job_id: str) -> None:
    """Say to the receiver that a job has failed."""
    url = f"{world.system.stack.wiring.receiver_url}/webhook/sweep-callback/{key}/{token}"
    httpx.post(url, content=failed(job_id), timeout=10, trust_env=False)


@contextmanager
def _forged(world: World) -> Iterator[None]:
    """Somebody who knows everything but the secret says that its job has failed."""
    _wait(lambda: _phase(world) == "Running")
    (job,) = world.system.jobs()
    _call_back(world, job.submission_key, "local.Zm9yZ2VkLWZvcmdlZC1mb3JnZWQ", job.job_id)
    yield


@contextmanager
def _token_of_the_other(world: World) -> Iterator[None]:
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
def _forbidden(world: World) -> Iterator[None]:
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


def _cell(effect: Effect, moment: Moment) -> Cell:
    return Cell(effect, moment)


TRIALS = (
    Trial("no_key", kill=_cell(Effect.POST, Moment.BETWEEN)),
    Trial(
        "key_without_ordinals",
        (Planned("a", {**UNKNOWN, "backoffLimit": 1}, "Failed", attempts=2),),
    ),
    Trial("no_unique_index_on_the_inbox", weather=_each_callback_comes_twice),
    Trial(
        "no_compare_and_set",
        (Planned("first", {"priority": 1}, "Completed"), A),
        weather=_edited_in_line,
        operator={"TRADINGSWEEP_MAX_CONCURRENT_SWEEPS": "1"},
        job_seconds=2,
    ),
    Trial(
        "job_id_only_by_compare_and_set",
        (Planned("a", {}, "Gone"),),
        weather=_deleted_before_the_answer,
        operator={"TRADINGSWEEP_POST_TIMEOUT_SECONDS": "200"},
        job_seconds=5,
    ),
    Trial(
        "status_before_ledger",
        kill=_cell(Effect.STATUS_FINAL, Moment.AFTER),
        weather=_results_once,
    ),
    Trial("no_resource_version", weather=_created_again_under_a_patch),
    Trial("ledger_read_before_object", weather=_two_leaders),
    Trial("a_lost_answer_is_a_refusal", weather=_bad_gateway),
    Trial("resubmit_on_404", (Planned("a", {}, "Failed"),), weather=_job_not_known),
    Trial("accepted_before_commit", weather=_receiver_dies_after_its_answer),
    Trial("token_not_checked", weather=_forged, job_seconds=4),
    Trial(
        "token_of_another_attempt_accepted",
        (A, Planned("b", {}, "Completed")),
        weather=_token_of_the_other,
        job_seconds=5,
    ),
    Trial("forbidden_is_deleted", weather=_forbidden, job_seconds=6),
    Trial("notify_only", kill=_cell(Effect.INBOX, Moment.AFTER), weather=_only_callbacks),
    Trial("results_outside_the_closing_transaction", kill=_cell(Effect.STORED, Moment.BETWEEN)),
    Trial("event_outside_the_outbox", kill=_cell(Effect.STORED, Moment.BETWEEN)),
)

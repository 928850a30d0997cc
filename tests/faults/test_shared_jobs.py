"""The documented API names a job by second and ticker: two sweeps can be given one name."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.faults.faults import Held, rewritten
from tests.faults.http_proxy import Asked, Forward, Reply
from tests.faults.traps import SUBMIT
from tests.faults.world import CALLBACK, SURFACES, World, faulty_system
from tests.support.api_ledger import ApiJob
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

WITHIN = 180.0
NAME = "sweep_20250127_103045_btcusd"
UNIQUE = re.compile(rb"sweep_\d{8}_\d{6}_btcusd_[0-9a-f]{8}")
STREAM = r"/sse-proxy/jobs/"
GRIDS = {
    "first": {"slowRange": {"min": 20, "max": 30}},
    "second": {"slowRange": {"min": 20, "max": 40}},
}
"""Each pair of the first is one of the second: only the name of the run tells them apart."""


def with_the_shared_name(reply: Reply) -> Reply:
    """Accept under the name that every job gets."""
    return Reply(reply.status, json.dumps({**json.loads(reply.body), "job_id": NAME}).encode())


@contextmanager
def names_collide(world: World, callbacks: Held) -> Iterator[None]:
    """Let every job have one name; its stream is the first one's, and callbacks are held."""

    async def stream(asked: Asked, _: Forward) -> Reply:
        first = world.system.jobs("first")[0].job_id
        return await world.ways.trading.ask(replace(asked, path=asked.path.replace(NAME, first)))

    async def callback(asked: Asked, _: Forward) -> Reply:
        shared = replace(asked, body=UNIQUE.sub(NAME.encode(), asked.body))
        return await callbacks.before(shared, lambda: world.ways.callbacks.ask(shared))

    with ExitStack() as rules:
        ways = world.ways
        accepted = rewritten(with_the_shared_name)
        rules.enter_context(ways.trading.rule(accepted, method="POST", path=SUBMIT))
        rules.enter_context(ways.trading.rule(stream, path=STREAM))
        rules.enter_context(ways.callbacks.rule(callback, path=CALLBACK))
        yield


def test_two_jobs_of_one_name_leave_each_sweep_its_own_results(
    ground: Ground, tmp_path: Path
) -> None:
    """What the stream says of the name ends neither; each one's callback ends its own."""
    callbacks = Held()
    with (
        faulty_system(ground, tmp_path, SURFACES["seed"]) as world,
        names_collide(world, callbacks),
    ):
        for name, grid in GRIDS.items():
            world.system.objects.create(world.namespace, a_sweep(name, **grid))
        eventually(lambda: world.system.jobs(*GRIDS), both_have_ended, within=WITHIN)
        # Long enough for several visits to the stream, which says that the job is done.
        world.system.let_pass(3)
        assert not {"Failed", "Completed"} & {world.system.phase(name) for name in GRIDS}

        callbacks.let_go()

        for name in GRIDS:
            status = world.system.wait_until_completed(name, within=WITHIN)
            (job,) = world.system.jobs(name)
            assert (NAME, job.sweep_run_id) == (status["jobID"], status["sweepRunID"])
            stored = world.system.results(name)
            assert {job.sweep_run_id} == {row["sweep_run_id"] for row in stored}


def both_have_ended(jobs: list[ApiJob]) -> bool:
    """Whether there are two, and the API works at none of them."""
    return 2 == len(jobs) and all(job.ended_at for job in jobs)

"""Where an operator is killed: each place stops it at a line that the protocol names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.eventually import eventually
from tests.support.gate import Side
from tests.support.ground import Settings
from tests.support.system import PATIENCE, System

SUBMIT, STREAM, RESULTS = "/api/v1/strategy/sweep", "/sse-proxy/", "/api/v1/sweeps/"
JOB_SECONDS = "2"

EVERY_FEATURE = Settings(
    operator={"time_scale": "0.1", "max_concurrent_sweeps": "2"},
    api={"min_job_seconds": JOB_SECONDS},
    gated=True,
)
"""An API with idempotency keys, status and cancel."""

DOCUMENTED_SURFACE = Settings(
    operator={
        **EVERY_FEATURE.operator,
        "post_timeout_seconds": "2",
        "unknown_outcome_wait_seconds": "20",
    },
    api={**EVERY_FEATURE.api, "features": ""},
    gated=True,
)
"""An API with none of them: an unknown outcome waits for its callback, here for 2 s."""


@dataclass(frozen=True)
class Kill:
    """One moment."""

    name: str
    reach: Callable[[System, str], Iterator[None]]
    """Applies a sweep of a name and yields when the operator is there; what it kept is cut after
    the kill."""

    @contextmanager
    def reached(self, system: System, name: str) -> Iterator[None]:
        """Bring a new sweep to the moment; the block kills the operator."""
        yield from self.reach(system, name)


def _in_the_queue(system: System, name: str) -> Iterator[None]:
    others = (f"{name}-a", f"{name}-b")
    for other in others:
        system.apply(other)
    eventually(lambda: len(system.jobs(*others)), 2, within=PATIENCE)
    system.apply(name)
    eventually(lambda: system.recorded(name)["phase"], "Queued", within=PATIENCE)
    assert [] == system.submissions(name)
    yield


def _before_the_post(system: System, name: str) -> Iterator[None]:
    with system.gate.keeping(SUBMIT, Side.REQUEST) as kept:
        system.apply(name)
        kept.wait()
        assert ["intent"] == [s["state"] for s in system.submissions(name)]
        yield


def _before_the_answer(system: System, name: str) -> Iterator[None]:
    with system.gate.keeping(SUBMIT, Side.ANSWER) as kept:
        system.apply(name)
        kept.wait()
        assert 1 == len(system.jobs(name))
        assert ["intent"] == [s["state"] for s in system.submissions(name)]
        yield


def _submitted(system: System, name: str) -> Iterator[None]:
    with system.gate.keeping(STREAM, Side.REQUEST):
        system.apply(name)
        eventually(lambda: system.recorded(name)["phase"], "Submitted", within=PATIENCE)
        yield


def _running(system: System, name: str) -> Iterator[None]:
    system.apply(name)
    eventually(lambda: system.recorded(name)["phase"], "Running", within=PATIENCE)
    yield


def _collecting(system: System, name: str) -> Iterator[None]:
    with system.gate.keeping(RESULTS, Side.ANSWER) as kept:
        system.apply(name)
        kept.wait()
        assert [] == system.results(name)
        yield


KILLS = (
    Kill("while-queued", _in_the_queue),
    Kill("before-the-post", _before_the_post),
    Kill("before-the-answer", _before_the_answer),
    Kill("while-submitted", _submitted),
    Kill("while-running", _running),
    Kill("while-collecting", _collecting),
)


@dataclass(frozen=True)
class Outcome:
    """What is there of a sweep that completed after its operator was killed and started again."""

    jobs: int
    of_the_job: bool
    """Whether what is stored is of the one job that the status shows."""
    missing: int
    """Results that the API has and the ledger has not."""
    submissions: int
    """How many submissions have results."""


ONCE = Outcome(jobs=1, of_the_job=True, missing=0, submissions=1)
"""One job, and all of its results, once."""


def outcome(kill: Kill, system: System) -> Outcome:
    """Kill the operator there, start it again, and wait until the sweep has completed."""
    with kill.reached(system, kill.name):
        system.stack.operator.kill()
    system.restart_operator()

    status = system.wait_until_completed(kill.name)

    jobs, stored = system.jobs(kill.name), system.results(kill.name)
    named = {job.sweep_run_id for job in jobs} | {row["sweep_run_id"] for row in stored}
    return Outcome(
        jobs=len(jobs),
        of_the_job=named == {status["sweepRunID"]},
        missing=status["results"]["total"] - len(stored),
        submissions=len({row["submission_key"] for row in stored}),
    )

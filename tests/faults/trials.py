"""Small situations, each of which the product survives and one of its mutants does not.

A trial is a few sweeps, kills, and weather: what the proxies and people do meanwhile. It is judged
as a run of the matrix is.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tests.faults import weather
from tests.faults.accounts import gather
from tests.faults.checker import unrest, violations
from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.plan import UNKNOWN, Name, Plan, Planned
from tests.faults.run import PATIENCE, ends_are_as_planned
from tests.faults.surroundings import (
    no_status_was_refused,
    nothing_was_raised,
    results_are_the_apis,
)
from tests.faults.weather import WITHIN, Weather, fair
from tests.faults.world import SURFACES, World, faulty_system
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

A = Planned("a", {}, "Completed")


@dataclass(frozen=True)
class Trial:
    """One situation."""

    mutant: str
    """The break that does not survive it."""
    sweeps: tuple[Planned, ...] = (A,)
    kill: Cell | None = None
    """Hits the first sweep."""
    weather: Weather = fair
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
        try:
            with trial.weather(world):
                return _judge(world, plan)
        except AssertionError as error:
            # What it waited for never came: that is for the judgement to say, not for a traceback.
            return [*_judge(world, plan), f"stuck: {error}"]


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
                *nothing_was_raised(world),
                *wrong,
                *([] if wrong else results_are_the_apis(accounts, world)),
            ]
        Event().wait(0.1)


def _cell(effect: Effect, moment: Moment) -> Cell:
    return Cell(effect, moment)


TRIALS = (
    Trial("no_key", kill=_cell(Effect.POST, Moment.BETWEEN)),
    Trial(
        "key_without_ordinals",
        (Planned("a", {**UNKNOWN, "backoffLimit": 1}, "Failed", attempts=2),),
    ),
    Trial("no_unique_index_on_the_inbox", weather=weather.each_callback_comes_twice),
    Trial(
        "no_compare_and_set",
        (Planned("first", {"priority": 1}, "Completed"), A),
        weather=weather.edited_in_line,
        operator={"TRADINGSWEEP_MAX_CONCURRENT_SWEEPS": "1"},
        job_seconds=2,
    ),
    Trial(
        "job_id_only_by_compare_and_set",
        (Planned("a", {}, "Gone"),),
        weather=weather.deleted_before_the_answer,
        operator={"TRADINGSWEEP_POST_TIMEOUT_SECONDS": "200"},
        job_seconds=5,
    ),
    Trial(
        "status_before_ledger",
        kill=_cell(Effect.STATUS_FINAL, Moment.AFTER),
        weather=weather.results_once,
    ),
    Trial("no_resource_version", weather=weather.created_again_under_a_patch),
    Trial(
        "ledger_read_before_object",
        tuple(
            Planned(name, {**UNKNOWN, "backoffLimit": 1}, "Failed", attempts=2) for name in "abcd"
        ),
        weather=weather.two_leaders,
        job_seconds=3,
    ),
    Trial("a_lost_answer_is_a_refusal", weather=weather.bad_gateway),
    Trial("resubmit_on_404", (Planned("a", {}, "Failed"),), weather=weather.job_not_known),
    Trial("accepted_before_commit", weather=weather.receiver_dies_after_its_answer),
    Trial("token_not_checked", weather=weather.forged, job_seconds=4),
    Trial(
        "token_of_another_attempt_accepted",
        (A, Planned("b", {}, "Completed")),
        weather=weather.token_of_the_other,
        job_seconds=5,
    ),
    Trial("forbidden_is_deleted", weather=weather.forbidden, job_seconds=6),
    Trial("notify_only", kill=_cell(Effect.INBOX, Moment.AFTER), weather=weather.only_callbacks),
    Trial("results_outside_the_closing_transaction", kill=_cell(Effect.STORED, Moment.BETWEEN)),
    Trial("event_outside_the_outbox", kill=_cell(Effect.STORED, Moment.BETWEEN)),
)

"""A short slice of the crash matrix and of the mutants; `make test-faults` runs all of both."""

from pathlib import Path

import pytest

from tests.faults.effects import Cell, Effect, Moment
from tests.faults.plan import PARTS, Name, make
from tests.faults.run import run
from tests.faults.trials import TRIALS, conduct
from tests.faults.world import SURFACES
from tests.support.ground import Ground

SLICE = [Cell(Effect.SWEEP_ROWS, Moment.AFTER), Cell(Effect.POST, Moment.BETWEEN)]
SLICE += [Cell(Effect.STORED, Moment.BETWEEN), Cell(Effect.EVENT, Moment.BEFORE)]


@pytest.mark.parametrize("surface", SURFACES)
def test_twenty_mixed_sweeps_survive_some_kills(
    surface: str, ground: Ground, tmp_path: Path
) -> None:
    """At an API with keys and at the seed's: every invariant holds, and then it is quiet."""
    plan = make(Name(20260302, SURFACES[surface], 0, 0), SLICE)

    outcome = run(ground, plan, tmp_path / "run")

    assert () == outcome.wrong
    assert set(SLICE) == set(outcome.hit)


def test_a_mutant_turns_its_trial_red(ground: Ground, tmp_path: Path) -> None:
    """Without its idempotency key, an answer that is lost doubles the job; with it, it does not."""
    (trial,) = [trial for trial in TRIALS if trial.mutant == "no_key"]
    for folder in ("whole", "broken"):
        (tmp_path / folder).mkdir()

    assert [] == conduct(ground, tmp_path / "whole", trial, mutant="")
    broken = conduct(ground, tmp_path / "broken", trial, mutant=trial.mutant)
    assert any(said.startswith("I1: 2 jobs") for said in broken), broken


def test_the_parts_of_a_plan_have_every_cell_once() -> None:
    """Twelve effects at three moments: 36 kills in three runs, each for a sweep that has it."""
    plans = [make(Name(1, SURFACES["keys"], 0, part)) for part in range(PARTS)]
    cells = [kill.cell for plan in plans for kill in plan.kills]

    assert 36 == len(cells) == len(set(cells))
    for plan in plans:
        names = {sweep.name: sweep for sweep in plan.sweeps}
        assert all(kill.cell.effect in names[kill.sweep].effects for kill in plan.kills)


def test_a_seed_decides_the_plan() -> None:
    """The same name is the same plan, and another one is not."""
    name = Name.read("4711-seed-3-1")

    assert make(name) == make(name)
    assert make(name).sweeps != make(Name.read("4712-seed-3-1")).sweeps
    assert "4711-seed-3-1" == name.text()

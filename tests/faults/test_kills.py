"""The launched processes die exactly where a plan says, and the sweep ends well all the same."""

from pathlib import Path

from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.history import read
from tests.faults.run import PATIENCE
from tests.faults.world import SURFACES, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground

KILLS = [
    Kill(Cell(Effect.SWEEP_ROWS, Moment.BETWEEN), "a"),
    Kill(Cell(Effect.INTENT, Moment.AFTER), "a"),
    Kill(Cell(Effect.POST, Moment.BETWEEN), "a"),
    Kill(Cell(Effect.INBOX, Moment.BETWEEN), "a"),
    Kill(Cell(Effect.STORED, Moment.BEFORE), "a"),
    Kill(Cell(Effect.STATUS_FINAL, Moment.BETWEEN), "a"),
    Kill(Cell(Effect.EVENT, Moment.AFTER), "a"),
]


def test_every_kill_of_a_plan_hits_its_cell_and_the_sweep_completes_once(
    ground: Ground, tmp_path: Path
) -> None:
    """Commits, requests and patches alike: the history names each cell, and the API has one job."""
    with faulty_system(ground, tmp_path, SURFACES["keys"], KILLS) as world:
        world.system.apply("a")
        world.system.wait_until_completed("a", within=60 * PATIENCE)
        eventually(lambda: world.ways.control.open, [], within=30 * PATIENCE)

        assert 1 == len(world.system.jobs("a"))
        assert 1 == len({row["submission_key"] for row in world.system.results("a")})

    killed = [line["cell"] for line in read(tmp_path / "history.jsonl") if line["what"] == "kill"]
    assert sorted(str(kill.cell) for kill in KILLS) == sorted(killed)

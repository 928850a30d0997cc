"""Each bug that the harness has found, as a named test; `docs/reliability.md` has the record."""

from pathlib import Path

from tests.faults.accounts import gather
from tests.faults.checker import unrest, violations
from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.faults import Held, cut_before, says
from tests.faults.run import PATIENCE
from tests.faults.traps import SUBMIT
from tests.faults.world import SURFACES, World, faulty_system
from tests.support.eventually import eventually
from tests.support.ground import Ground
from tests.support.manifests import a_sweep

DELETED_UNSEEN = [Kill(Cell(Effect.DELETE, Moment.AFTER), "a")]
ANSWER_LOST = [Kill(Cell(Effect.POST, Moment.BETWEEN), "a")]
WITHIN = 60.0 * PATIENCE


def is_whole(world: World) -> bool:
    """Wait for rest, and hold the accounts together."""
    eventually(lambda: unrest(gather(world)), [], within=WITHIN)
    return [] == violations(gather(world))


def state(world: World) -> str:
    """Return the state of the first submission."""
    return str(world.system.submissions("a")[0]["state"])


def test_an_operator_that_starts_while_the_api_is_away_doubles_no_job(
    ground: Ground, tmp_path: Path
) -> None:
    """It took an API that it had not met for one without keys, and submitted the run anew."""
    operator = {"TRADINGSWEEP_POST_TIMEOUT_SECONDS": "1"}
    with faulty_system(ground, tmp_path, SURFACES["keys"], ANSWER_LOST, operator=operator) as world:
        with world.ways.callbacks.rule(cut_before):
            world.system.objects.create(world.namespace, a_sweep("a"))
            eventually(lambda: world.ways.control.open, [], within=WITHIN)
            with world.ways.trading.rule(cut_before):
                eventually(lambda: state(world), "unknown", within=WITHIN)
                waits = world.system.submissions("a")[0]["unknown_until"]
                eventually(lambda: world.system.now() > waits, bool, within=WITHIN)
                world.system.let_pass(2)
                assert "unknown" == state(world)

        world.system.wait_until_completed("a", within=WITHIN)

        assert 1 == len(world.system.jobs("a"))
        assert is_whole(world)


def test_a_job_whose_run_was_superseded_before_its_answer_came_is_known(
    ground: Ground, tmp_path: Path
) -> None:
    """Its callback was marked as superseded, and the one name of the job thrown away."""
    with faulty_system(ground, tmp_path, SURFACES["keys"], ANSWER_LOST) as world:
        world.system.objects.create(world.namespace, a_sweep("a"))
        eventually(lambda: world.ways.control.open, [], within=WITHIN)
        edit = {"spec": {"slowRange": {"min": 25, "max": 40}}}
        world.system.objects.edit(world.namespace, "a", edit)

        eventually(lambda: world.system.status("a")["phase"], "Completed", within=WITHIN)

        assert 2 == world.system.status("a")["run"]
        assert is_whole(world)
        assert 2 == len(world.system.jobs("a"))


def test_a_finished_object_that_went_while_nobody_watched_is_known_to_be_gone(
    ground: Ground, tmp_path: Path
) -> None:
    """Only open sweeps were audited: it was counted for ever, and its return ran it again."""
    with faulty_system(ground, tmp_path, SURFACES["keys"], DELETED_UNSEEN) as world:
        world.system.objects.create(world.namespace, a_sweep("a", ttlSecondsAfterFinished=0))
        eventually(lambda: world.ways.control.open, [], within=WITHIN)

        eventually(lambda: world.system.recorded("a")["object_gone_at"], bool, within=WITHIN)

        world.system.objects.create(world.namespace, a_sweep("a", ttlSecondsAfterFinished=0))
        world.system.wait_until_completed("a", within=WITHIN)
        assert "Reused" == world.system.standing("a")[1]
        assert 1 == len(world.system.jobs("a"))


def test_a_job_that_completes_after_it_was_given_up_is_named(
    ground: Ground, tmp_path: Path
) -> None:
    """Its results were stored, and the job that they are of was in no row and in no status."""
    late, busy = Held(), says(429, Retry_After="60")
    with faulty_system(ground, tmp_path, SURFACES["seed"], ANSWER_LOST) as world:
        with world.ways.callbacks.rule(late.before):
            world.system.objects.create(world.namespace, a_sweep("a"))
            eventually(lambda: world.ways.control.open, [], within=WITHIN)
            with world.ways.trading.rule(busy, method="POST", path=SUBMIT):
                eventually(lambda: state(world), "replaced", within=WITHIN)
                late.let_go()

                status = world.system.wait_until_completed("a", within=WITHIN)

        assert [status["jobID"]] == [job.job_id for job in world.system.jobs("a")]
        assert is_whole(world)

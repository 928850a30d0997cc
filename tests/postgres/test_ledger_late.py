"""Results of runs that were superseded: once for a run, whatever its submissions still say."""

import pytest

from tests.support.ledger_desk import Desk, one
from tests.support.ledger_rows import Connection
from tests.support.said import a_page
from tradingsweep.domain.answers import ResultPage
from tradingsweep.domain.outcomes import replaced
from tradingsweep.domain.submissions import State
from tradingsweep.reconcile.ports import Key

STORED = "SELECT count(DISTINCT submission_key)::int FROM trading_sweep_results"
SAID = "SELECT result->>'sweep_run_id' FROM pipeline_jobs WHERE run_no = 1"


async def sent_twice(desk: Desk) -> tuple[Key, str, str]:
    """Lose the answer to a submission, and replace it; the API takes the second one."""
    key = await desk.apply()
    await desk.admit()
    await desk.lose_the_answer(key)
    await desk.change(key, lambda _, sent: replaced(sent))
    await desk.admit()
    await desk.accept(key, "job-2")
    first, second = (await desk.ledger.view(key.uid)).submissions
    return key, first.key, second.key


@pytest.mark.parametrize(
    "page", [a_page(), ResultPage("run-1", (), 9)], ids=["with-results", "empty"]
)
async def test_two_jobs_of_a_superseded_run_leave_one_set_of_results(
    page: ResultPage, desk: Desk, connection: Connection
) -> None:
    """Both end well after the edit; whose results come first are the run's, also where none are."""
    _, first, second = await sent_twice(desk)
    await desk.apply(generation=2, step=2)
    assert await desk.ledger.asked_by(first) is not None
    assert await desk.ledger.asked_by(second) is not None

    await desk.ledger.store_late(second, page)
    await desk.ledger.store_late(first, a_page(sweep_run_id="run-of-the-first"))

    assert (1 if page.results else 0) == one(connection, STORED)
    assert page.sweep_run_id == one(connection, SAID)
    assert await desk.ledger.asked_by(first) is None


async def test_a_completed_run_takes_no_results_of_its_other_job(
    desk: Desk, connection: Connection
) -> None:
    """It was replaced, its successor completed the run, and its callback came after an edit."""
    key, first, _ = await sent_twice(desk)
    await desk.finish(key, a_page(sweep_run_id="run-of-the-second"))
    await desk.apply(generation=2, step=2)

    await desk.ledger.store_late(first, a_page(sweep_run_id="run-of-the-first"))

    assert 1 == one(connection, STORED)
    assert "run-of-the-second" == one(connection, SAID)


async def test_a_failed_run_takes_no_results_after_its_end(
    desk: Desk, connection: Connection
) -> None:
    """Its deadline passed; a completion that comes later is late, also after an edit."""
    key, _, second = await sent_twice(desk)
    await desk.give_up(key, State.TIMED_OUT)
    await desk.apply(generation=2, step=2)

    await desk.ledger.store_late(second, a_page())

    assert 0 == one(connection, STORED)
    assert await desk.ledger.asked_by(second) is None

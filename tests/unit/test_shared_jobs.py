"""Two jobs of one name: the documented ids collide for two sweeps of a ticker in one second."""

import pytest

from tests.support.said import RUN, completed, failed
from tests.support.situations import A
from tradingsweep.domain.actions import Action, Collect, Record, Rest
from tradingsweep.domain.answers import Broken, Done, News, NoSuchJob, Progress
from tradingsweep.domain.changes import Change
from tradingsweep.domain.decide import decide
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason

DEADLINE = A.sweep().accepted().facts.view.submissions[-1].deadline_at


def decided(situation: A) -> Action:
    """Decide about a sweep whose job has the name of another's."""
    return decide(situation.facts)


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decided(situation)
    assert isinstance(action, Record), action
    return action.change


@pytest.mark.parametrize(
    "news", [Done(RUN), Progress(50.0), Broken("no prices", confirmed=True), NoSuchJob()]
)
def test_what_a_stream_says_of_two_jobs_decides_about_neither(news: News) -> None:
    """It would store one's results under the other, where the grids allow it."""
    situation = A.sweep().accepted().sharing_its_job()

    assert Rest(DEADLINE) == decided(situation)
    assert Rest(DEADLINE) == decided(situation.heard(news))


def test_the_callback_of_a_shared_job_leads_to_its_own_results() -> None:
    """Its address names the submission, and its body the results, whatever the stream says."""
    situation = A.sweep().accepted().sharing_its_job().done("run_of_the_other")

    action = decided(situation.called_back(completed()))

    assert isinstance(action, Collect)
    assert RUN == action.sweep_run_id


def test_the_failed_callback_of_a_shared_job_ends_its_own_run() -> None:
    """It is about the submission that its address names."""
    change = recorded(A.sweep().accepted().sharing_its_job().called_back(failed()))

    assert Reason.JOB_FAILED is change.reason


def test_a_callback_without_a_name_for_results_of_a_shared_job_waits() -> None:
    """The stream's name may be the other's."""
    situation = A.sweep().accepted().sharing_its_job().done("run_of_the_other")

    assert Rest(DEADLINE) == decided(situation.called_back(completed(sweep_run_id=None)))


def test_a_shared_job_without_a_callback_fails_at_the_deadline_unasked() -> None:
    """The answer to a last question could be about the other."""
    change = recorded(A.sweep().accepted().sharing_its_job().past_its_deadline())

    assert (Event.GAVE_UP, Reason.DEADLINE_EXCEEDED) == (change.event, change.reason)

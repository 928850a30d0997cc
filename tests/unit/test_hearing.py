"""What a callback means, whenever it comes and whoever sent it."""

import pytest

from tests.support.said import JOB, RUN, completed, failed
from tests.support.situations import KEY, A
from tradingsweep.domain.actions import AskAtOnce, Collect, Follow, Record
from tradingsweep.domain.changes import Change, InboxMark, InboxOutcome, LateResults, Learned
from tradingsweep.domain.decide import decide
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State


def recorded(situation: A) -> Change:
    """Return the change that is recorded, or fail."""
    action = decide(situation.facts)
    assert isinstance(action, Record | AskAtOnce), action
    return action.change


def outcome(situation: A) -> InboxOutcome:
    """Return what became of the only callback."""
    (mark,) = recorded(situation).inbox
    return mark.outcome


def test_a_completed_callback_fetches_the_results() -> None:
    """It is a hint: only the results complete the sweep."""
    action = decide(A.sweep().accepted().called_back(completed()).facts)

    assert isinstance(action, Collect)
    assert (RUN, (InboxMark(1, InboxOutcome.APPLIED),)) == (action.sweep_run_id, action.inbox)


def test_a_failed_callback_ends_the_run_in_the_apis_words() -> None:
    """A token proves that the API itself said so."""
    change = recorded(A.sweep().accepted().called_back(failed()))

    assert (Reason.JOB_FAILED, "Insufficient historical data") == (change.reason, change.message)


@pytest.mark.parametrize("situation", [A.sweep().intended(posted=True), A.sweep().unknown()])
@pytest.mark.parametrize("body", [completed(), failed()])
def test_a_callback_before_the_answer_names_the_job(situation: A, body: bytes) -> None:
    """Then it is looked at again, with the job accepted."""
    change = recorded(situation.called_back(body))

    assert (Learned(KEY, JOB, "callback"),) == change.learned
    assert ([State.ACCEPTED], ()) == ([move.to for move in change.moves], change.inbox)


def test_a_callback_of_the_attempt_that_was_given_up_completes_the_run() -> None:
    """Its results are as good as those of the next attempt, which has not begun."""
    situation = A.sweep().unknown().replaced_by_another().called_back(completed())

    action = decide(situation.facts)

    assert isinstance(action, Collect)
    assert KEY == action.submission.key


def test_a_callback_of_the_attempt_that_was_given_up_names_its_job() -> None:
    """Nothing else ever did: the answer was lost."""
    situation = A.sweep().unknown().replaced_by_another().called_back(completed())

    action = decide(situation.facts)

    assert isinstance(action, Collect)
    assert (Learned(KEY, JOB, "callback"),) == action.learned


def test_a_callback_that_names_another_job_changes_nothing() -> None:
    """The submission is known to be another job's."""
    situation = A.sweep().accepted().called_back(completed(job_id="sweep_of_someone_else"))

    assert InboxOutcome.MISMATCHED is outcome(situation)


@pytest.mark.parametrize(
    "body",
    [b"not json", b"[" * 60000, b'{"event_type": "sweep.completed"}', b'{"job_id": NaN}', b"\xff"],
)
def test_a_callback_that_cannot_be_read_is_set_aside(body: bytes) -> None:
    """And never stops the sweep that it was sent for."""
    assert InboxOutcome.MALFORMED is outcome(A.sweep().accepted().called_back(body))


@pytest.mark.parametrize("body", [completed(), failed()])
def test_a_callback_without_a_token_only_wakes(body: bytes) -> None:
    """Anybody can have sent it: the stream has to say the same."""
    situation = A.sweep().accepted().called_back(body, signed=False)

    assert InboxOutcome.APPLIED is outcome(situation)
    assert recorded(situation).event is None


@pytest.mark.parametrize("body", [completed(), failed()])
def test_a_callback_without_a_token_has_its_stream_asked_at_once(body: bytes) -> None:
    """It does not wait for the stream's turn among many jobs."""
    action = decide(A.sweep().accepted().called_back(body, signed=False).facts)

    assert isinstance(action, AskAtOnce)
    assert KEY == action.submission.key


def test_a_callback_without_a_token_for_a_job_not_accepted_yet_is_only_marked() -> None:
    """There is no stream to ask."""
    situation = A.sweep().unknown().called_back(completed(), signed=False)

    assert isinstance(decide(situation.facts), Record)
    assert InboxOutcome.APPLIED is outcome(situation)


def test_a_callback_for_an_earlier_run_frees_its_slot() -> None:
    """Its job has ended; its results are not this run's."""
    situation = A.sweep().accepted().called_back(completed(), key="e" * 64)

    change = recorded(situation)

    assert (InboxMark(1, InboxOutcome.SUPERSEDED),) == change.inbox
    assert ("e" * 64,) == change.releases


def test_a_callback_for_an_earlier_run_names_its_job() -> None:
    """Where the answer to its submission was lost, nothing else does."""
    situation = A.sweep().accepted().called_back(completed("job-7"), key="e" * 64)

    assert (Learned("e" * 64, "job-7", "callback"),) == recorded(situation).learned


def test_results_of_an_earlier_run_are_kept_under_it() -> None:
    """Fetched beside the passes: the current run waits for nothing of an earlier one."""
    situation = A.sweep().accepted().called_back(completed(), key="e" * 64)

    assert (LateResults("e" * 64, JOB, RUN),) == recorded(situation).late


@pytest.mark.parametrize(("body", "signed"), [(failed(), True), (completed(), False)])
def test_only_a_signed_end_of_an_earlier_run_is_worth_a_fetch(body: bytes, *, signed: bool) -> None:
    """A failure has no results, and anybody can send a plain callback."""
    situation = A.sweep().accepted().called_back(body, key="e" * 64, signed=signed)

    assert () == recorded(situation).late


def test_a_callback_after_the_end_is_late() -> None:
    """The end of a run is final."""
    assert InboxOutcome.LATE is outcome(A.sweep().ended().called_back(failed()))


def test_without_a_name_for_the_results_the_stream_is_asked() -> None:
    """A callback may leave out sweep_run_id."""
    situation = A.sweep().accepted().called_back(completed(sweep_run_id=None))

    assert isinstance(decide(situation.facts), Follow)


def test_the_stream_gives_the_name_that_the_callback_left_out() -> None:
    """Both together are enough."""
    situation = A.sweep().accepted().called_back(completed(sweep_run_id=None)).done()

    action = decide(situation.facts)

    assert isinstance(action, Collect)
    assert RUN == action.sweep_run_id


@pytest.mark.parametrize(
    "situation",
    [
        A.sweep().accepted().called_back(completed(sweep_run_id=None)).done(None),
        A.sweep().accepted().called_back(completed(sweep_run_id=None)).past_its_deadline(),
    ],
    ids=["nobody names them", "nobody named them in time"],
)
def test_results_that_nobody_names_use_up_a_try(situation: A) -> None:
    """A job that is done without results cannot hang its sweep."""
    change = recorded(situation)

    assert change.run is not None
    assert (Reason.COLLECTING, 1) == (change.reason, change.run.collect_tries)

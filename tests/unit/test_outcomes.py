"""From an answer to what is written down."""

from datetime import timedelta

import pytest

from tests.support.said import JOB, a_page, a_result
from tests.support.situations import KEY, NOON, A
from tradingsweep.domain.actions import Collect, Record
from tradingsweep.domain.answers import (
    Accepted,
    Broken,
    Done,
    News,
    NoSuchJob,
    NotSent,
    OutcomeUnknown,
    Progress,
    Refused,
)
from tradingsweep.domain.changes import Change, InboxMark, InboxOutcome, Learned
from tradingsweep.domain.endings import attempt_failed, not_collected, told_at_last
from tradingsweep.domain.facts import Submission
from tradingsweep.domain.outcomes import answered, stored, usable
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.errors import AnswerRefused


def the(situation: A) -> Submission:
    """Return the only submission."""
    (submission,) = situation.facts.view.submissions
    return submission


def test_an_accepted_post_appends_its_job() -> None:
    """The job id goes with the decision too, should the first append be lost."""
    sent = A.sweep().intended()

    change = answered(sent.facts, the(sent), Accepted(JOB), first=True)

    assert (Event.ACCEPTED, (Learned(KEY, JOB, "answer"),)) == (change.event, change.learned)


def test_a_look_up_is_recorded_as_one() -> None:
    """What the same bytes find was there before."""
    sent = A.sweep().unknown()

    change = answered(sent.facts, the(sent), Accepted(JOB), first=False)

    assert (Learned(KEY, JOB, "lookup"),) == change.learned


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (OutcomeUnknown("HTTP 500", stored=True), True),
        (OutcomeUnknown("HTTP 422", alert=True), True),
        (OutcomeUnknown("HTTP 500"), False),
        (OutcomeUnknown("cut off"), False),
    ],
)
def test_a_look_up_whose_answer_will_not_change_is_counted(
    answer: OutcomeUnknown, *, counts: bool
) -> None:
    """What an API has stored for a key it says for ever; a 5xx of the moment it does not."""
    sent = A.sweep().unknown()

    change = answered(sent.facts, the(sent), answer, first=False)

    assert ((KEY,) if counts else ()) == change.in_vain


def test_a_refusal_fails_the_run_in_the_apis_words() -> None:
    """The user sees what the API wants."""
    sent = A.sweep().intended()

    change = answered(sent.facts, the(sent), Refused("step must be positive"), first=True)

    assert (Event.GAVE_UP, Reason.INVALID_PARAMETERS) == (change.event, change.reason)
    assert "step must be positive" == change.message


@pytest.mark.parametrize(
    ("answer", "reason", "seconds"),
    [
        (NotSent("TradingAPIUnavailable", "refused"), Reason.API_UNAVAILABLE, 30),
        (NotSent("CredentialsRejected", "bad key"), Reason.CREDENTIALS_REJECTED, 60),
        (NotSent("Throttled", "slow down", 7), Reason.API_UNAVAILABLE, 7),
        (NotSent("Throttled", "slow down", 1e9), Reason.API_UNAVAILABLE, 3600),
    ],
)
def test_what_was_certainly_not_accepted_goes_back_in_line(
    answer: NotSent, reason: Reason, seconds: int
) -> None:
    """Under the same key, after a while that the API may choose within reason."""
    sent = A.sweep().intended()

    change = answered(sent.facts, the(sent), answer, first=True)

    assert ([State.READY], reason) == ([move.to for move in change.moves], change.reason)
    assert change.run is not None
    assert NOON + timedelta(seconds=seconds) == change.run.next_at


def test_a_window_that_closed_puts_the_sweep_back_at_once() -> None:
    """Nothing is wrong with the API."""
    sent = A.sweep().intended()

    change = answered(sent.facts, the(sent), NotSent("Stale", ""), first=True)

    assert (Reason.WAITING, None) == (change.reason, change.run)


@pytest.mark.parametrize("situation", [A.sweep().intended(by=1), A.sweep().unknown()])
def test_a_look_up_that_was_not_sent_leaves_the_outcome_as_unknown_as_before(situation: A) -> None:
    """An earlier request of this key may have arrived: it is never put back in line."""
    answer = NotSent("TradingAPIUnavailable", "refused")

    change = answered(situation.facts, the(situation), answer, first=False)

    assert (None, ()) == (change.event, change.moves)
    assert change.run is not None
    assert change.run.next_at is not None


def test_a_lost_answer_waits_for_its_callback() -> None:
    """Fifteen minutes, and one Event for whoever watches."""
    sent = A.sweep().intended()

    change = answered(sent.facts, the(sent), OutcomeUnknown("timed out"), first=True)

    assert Event.OUTCOME_UNKNOWN is change.event
    assert [NOON + timedelta(minutes=15)] == [move.unknown_until for move in change.moves]
    assert ["Warning"] == [said.type for said in change.announce]


def test_results_complete_the_run() -> None:
    """Best pair in the message; the submission that earned them completes."""
    done = A.sweep().accepted()

    change = stored(done.facts, the(done), a_page(), ())

    assert (Event.STORED, Reason.COMPLETED) == (change.event, change.reason)
    assert "best of 8 pairs is 15/30 with a score of 2.4700" == change.message
    assert ["Normal"] == [said.type for said in change.announce]


def test_results_of_an_earlier_attempt_cancel_the_waiting_one() -> None:
    """One result set per run."""
    both = A.sweep().unknown().replaced_by_another()
    first, second = both.facts.view.submissions

    change = stored(both.facts, first, a_page(), ())

    moves = {move.key: (move.to, move.cancel) for move in change.moves}
    assert {
        first.key: (State.COMPLETED, False),
        second.key: (State.CANCELLED, True),
    } == moves


def test_no_qualified_pair_is_a_completed_run_with_its_reason() -> None:
    """The sweep ran; the message says how many trades there were."""
    done = A.sweep().accepted()
    page = a_page(results=(), max_trades_seen=41)

    change = stored(done.facts, the(done), page, ())

    assert (Event.STORED, Reason.NO_QUALIFIED_RESULT) == (change.event, change.reason)
    assert "41" in change.message


def test_synthetic_prices_are_said_to_be() -> None:
    """Nobody takes made-up prices for real ones."""
    done = A.sweep().accepted()

    change = stored(done.facts, the(done), a_page(synthetic=True), ())

    assert change.message.endswith("(synthetic prices)")


@pytest.mark.parametrize("pair", [(11, 30), (15, 31), (20, 20), (20, 15)])
def test_a_pair_outside_the_grid_refuses_the_page(pair: tuple[int, int]) -> None:
    """These are not the results of this sweep."""
    with pytest.raises(AnswerRefused, match=f"{pair[0]}/{pair[1]}"):
        usable(A.sweep().accepted().facts, a_page(a_result(*pair)))


def test_more_rows_than_asked_for_are_counted_and_cut() -> None:
    """What the API returns is the truth; what is stored is what was asked for."""
    page = usable(A.sweep(storeResults=1).accepted().facts, a_page())

    assert (1, 2, 8) == (len(page.results), page.returned, page.total)


def test_results_are_asked_for_four_times() -> None:
    """After 2, 4 and 8 seconds; then the attempt is over."""
    facts = [A.sweep().accepted().with_run(collect_tries=tries).facts for tries in range(4)]
    changes = [not_collected(f, f.view.submissions[0], "half a page") for f in facts]

    waits = [c.run.next_at - NOON for c in changes[:3] if c.run and c.run.next_at]
    assert [timedelta(seconds=s) for s in (2, 4, 8)] == waits
    assert (Event.GAVE_UP, Reason.RESULTS_UNAVAILABLE) == (changes[3].event, changes[3].reason)


def test_an_attempt_that_was_given_up_cannot_fail_again() -> None:
    """Its results are not to be had: its callback is dealt with, and its slot is free."""
    f = A.sweep().unknown().replaced_by_another().with_run(collect_tries=3).facts
    first, _ = f.view.submissions
    heard = (InboxMark(1, InboxOutcome.APPLIED),)

    change = not_collected(f, first, "half a page", heard)

    assert (None, ()) == (change.event, change.moves)
    assert (heard, (first.key,)) == (change.inbox, change.releases)


def test_a_failed_attempt_is_counted() -> None:
    """Later issues of a run know how often the API failed."""
    f = A.sweep().accepted().with_run(collect_tries=3).facts

    change = not_collected(f, f.view.submissions[0], "half a page")

    assert change.run is not None
    assert 1 == change.run.failed_attempts


@pytest.mark.parametrize(
    ("news", "reason"),
    [
        (Broken("no prices", confirmed=False), Reason.JOB_FAILED),
        (NoSuchJob(), Reason.JOB_LOST),
        (Progress(50.0), Reason.DEADLINE_EXCEEDED),
        (None, Reason.DEADLINE_EXCEEDED),
        (Done(None), Reason.RESULTS_UNAVAILABLE),
    ],
)
def test_the_last_question_fails_the_run_with_what_was_answered(
    news: News | None, reason: Reason
) -> None:
    """Each answer has its reason."""
    late = A.sweep().accepted().past_its_deadline()

    action = told_at_last(late.facts, the(late), news)

    assert isinstance(action, Record)
    assert reason is action.change.reason


def test_the_last_question_can_still_be_answered_by_done() -> None:
    """The job ended while nobody heard of it."""
    late = A.sweep().accepted().past_its_deadline()

    assert isinstance(told_at_last(late.facts, the(late), Done("run_1")), Collect)


def test_a_job_that_outlives_its_deadline_is_cancelled() -> None:
    """It would keep its slot for nothing."""
    late = A.sweep().accepted().past_its_deadline()
    action = told_at_last(late.facts, the(late), None)

    assert isinstance(action, Record)
    change: Change = action.change
    assert [(State.TIMED_OUT, True)] == [(move.to, move.cancel) for move in change.moves]


@pytest.mark.parametrize(("failed", "seconds"), [(0, 10), (1, 20), (2, 40), (6, 360), (9, 360)])
def test_a_failed_attempt_is_followed_by_another(failed: int, seconds: int) -> None:
    """10 s x 2^n apart, at most six minutes, while backoffLimit allows."""
    f = A.sweep(backoffLimit=10).accepted().with_run(failed_attempts=failed).facts

    change = attempt_failed(f, f.view.submissions[0], State.FAILED, Reason.JOB_FAILED, "no prices")

    assert (Event.NEXT_ATTEMPT, True) == (change.event, change.reopens)
    assert change.run is not None
    assert (failed + 1, NOON + timedelta(seconds=seconds)) == (
        change.run.failed_attempts,
        change.run.next_at,
    )
    assert [Reason.RETRY_SCHEDULED] == [said.reason for said in change.announce]


def test_the_last_attempt_that_fails_ends_the_run() -> None:
    """BackoffLimit 1 is two attempts."""
    f = A.sweep(backoffLimit=1).accepted().with_run(failed_attempts=1).facts

    change = attempt_failed(f, f.view.submissions[0], State.LOST, Reason.JOB_LOST, "gone")

    assert (Event.GAVE_UP, Reason.JOB_LOST) == (change.event, change.reason)


def test_after_the_deadline_no_attempt_begins() -> None:
    """ActiveDeadlineSeconds beats backoffLimit."""
    f = A.sweep(backoffLimit=5).accepted().past_its_deadline().facts

    change = attempt_failed(f, f.view.submissions[0], State.FAILED, Reason.JOB_FAILED, "no")

    assert Event.GAVE_UP is change.event

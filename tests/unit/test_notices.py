"""Who is told by mail, and what a mail says."""

from typing import Any

import pytest

from tests.support.notices import a_notice
from tests.support.said import JOB, RUN, a_page
from tests.support.situations import A
from tradingsweep.domain.changes import Change
from tradingsweep.domain.decide import decide
from tradingsweep.domain.endings import gave_up
from tradingsweep.domain.identity import identity
from tradingsweep.domain.letter import letter
from tradingsweep.domain.notices import notified
from tradingsweep.domain.outcomes import stored
from tradingsweep.domain.policy import MailPolicy
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State

ALLOWED = MailPolicy(frozenset({"example.com"}), ("desk@example.com",))
TWO = {"emails": ["a@example.com", "b@Example.COM"]}


def a_sweep(mail: MailPolicy = ALLOWED, **spec: Any) -> A:
    """A sweep whose job runs, at an operator that may write to example.com."""
    return A.sweep(**spec).running().with_policy(mail=mail)


def completed(situation: A) -> Change:
    """Its results come."""
    facts = situation.facts
    return notified(facts, stored(facts, facts.view.submissions[-1], a_page(), ()))


def failed(situation: A) -> Change:
    """It ends without results."""
    facts = situation.facts
    given_up = facts.view.submissions[-1]
    return notified(facts, gave_up(facts, given_up, State.FAILED, Reason.JOB_FAILED, "no data"))


def told(change: Change) -> list[str]:
    """Return who gets a mail."""
    return [mail.to for mail in change.mails]


def test_each_address_gets_a_mail_of_its_own() -> None:
    """Nobody sees who else is told, and one bad address keeps nobody else from it."""
    change = completed(a_sweep(notifications=TWO))

    assert ["a@example.com", "b@Example.COM"] == told(change)
    assert 1 == len({id(mail.notice) for mail in change.mails})


@pytest.mark.parametrize(
    ("phases", "expected"),
    [(["Completed"], (1, 0)), (["Failed"], (0, 1)), (["Failed", "Completed"], (1, 1))],
)
def test_only_the_ends_that_were_asked_for_are_told(
    phases: list[str], expected: tuple[int, int]
) -> None:
    """The author chooses."""
    wanted = a_sweep(notifications={"emails": ["a@example.com"], "phases": phases})

    assert expected == (len(completed(wanted).mails), len(failed(wanted).mails))


def test_a_sweep_that_says_nothing_tells_whom_the_operator_names() -> None:
    """Both ends."""
    assert ["desk@example.com"] == told(completed(a_sweep())) == told(failed(a_sweep()))


def test_by_default_nobody_is_told() -> None:
    """An operator without mail settings writes to nobody, whatever a sweep says, and says so."""
    change = completed(a_sweep(MailPolicy(), notifications=TWO))

    assert [] == told(change)
    assert "no mail to example.com: this operator may not write there" in change.announce[0].note


def test_a_domain_that_is_not_allowed_is_named_in_the_event() -> None:
    """Without the address, and without a further write."""
    emails = ["a@example.com", "b@sub.example.com", "c@example.com.evil.example"]
    change = failed(a_sweep(notifications={"emails": emails}))

    assert ["a@example.com"] == told(change)
    (said,) = change.announce
    assert "(no mail to example.com.evil.example, sub.example.com: this operator" in said.note
    assert "b@" not in said.note
    assert "no mail" not in change.message


def test_results_that_are_used_again_are_not_told() -> None:
    """Nothing was run."""
    situation = A.new_sweep(maxResultAgeSeconds=3600, notifications=TWO).with_policy(mail=ALLOWED)
    facts = situation.answered_before(ago=60).facts

    change = notified(facts, decide(facts).change)  # type: ignore[union-attr]

    assert change.reuses is not None
    assert () == change.mails


def test_another_attempt_and_a_deletion_are_not_told() -> None:
    """Neither is the end that somebody waits for."""
    waiting = A.sweep(notifications=TWO).with_policy(mail=ALLOWED)
    for situation in (waiting.deleted(), waiting.being_deleted()):
        change = decide(situation.facts).change  # type: ignore[union-attr]
        assert () == notified(situation.facts, change).mails


def test_a_notice_holds_what_the_run_came_to() -> None:
    """Frozen with the decision: job, results and the best pairs in the status' own digits."""
    (mail, _) = completed(a_sweep(notifications=TWO)).mails

    assert (JOB, RUN, "Completed", 8) == tuple(
        mail.notice[name] for name in ("job_id", "sweep_run_id", "phase", "total")
    )
    assert "15/30" == mail.notice["best"][0]["periods"]
    assert isinstance(mail.notice["best"][0]["score"], str)


def test_who_is_told_is_not_part_of_the_question() -> None:
    """Another address runs no sweep again."""
    spec = A.sweep().facts.object
    told_too = A.sweep(notifications=TWO).facts.object
    assert spec is not None
    assert told_too is not None

    assert identity(spec.spec) == identity(told_too.spec)


def test_a_letter_of_a_failure_says_why() -> None:
    """The subject has the reason, the body the API's words, and nothing of results."""
    failure = a_notice(
        phase="Failed", reason="JobFailed", message="no data", best=[], total=None, job_id=None
    )
    written = letter(failure)

    assert "BTC-USD sweep desk-a/btc-sma failed: JobFailed" == written.subject
    assert "desk-a/btc-sma failed: no data." in written.text
    assert "Best" not in written.text


def test_a_letter_escapes_the_words_of_others() -> None:
    """What an API says is shown, not rendered."""
    written = letter(a_notice(message="<script>alert(1)</script>"))

    assert "<script>" not in written.html
    assert "&lt;script&gt;" in written.html


def test_a_letter_says_where_prices_are_invented() -> None:
    """A score of synthetic prices must not be taken for a discovery."""
    assert "The prices are synthetic." in letter(a_notice(synthetic=True)).text
    assert "synthetic" not in letter(a_notice()).text

"""Mails about real sweeps, at a real mail server."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.eventually import eventually
from tests.support.ground import Ground, Settings
from tests.support.mail_server import MailServer, serving
from tests.support.system import PATIENCE, System


@dataclass
class Told:
    """A system that may write to example.com, and the mail server that it knows."""

    system: System
    server: MailServer


@pytest.fixture(scope="module")
def told(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The mail server is not running yet."""
    server = MailServer()
    settings = Settings(
        operator={
            "smtp_url": f"smtp+plain://127.0.0.1:{server.port}",
            "mail_from": "sweeps@desk.example",
            "allowed_email_domains": "example.com",
            "time_scale": "0.1",
            "max_concurrent_sweeps": "10",
        }
    )
    with ground.system(tmp_path_factory.mktemp("told"), settings) as system:
        yield Told(system, server)


def outbox(system: System, name: str) -> list[tuple[str, bool, bool]]:
    """Return the mails about a sweep: to whom, whether sent, whether set aside."""
    rows = system.rows(
        "SELECT o.payload->>'to' AS whom, o.done_at IS NOT NULL AS sent,"
        " o.dead_at IS NOT NULL AS dead FROM outbox AS o JOIN sweeps AS w ON w.uid = o.sweep_uid"
        " WHERE w.name = %s AND o.kind = 'mail' ORDER BY o.id",
        name,
    )
    return [(row["whom"], row["sent"], row["dead"]) for row in rows]


def test_the_end_of_a_sweep_is_told_once_the_mail_server_is_there(told: Told) -> None:
    """While it is away the sweep completes and its Event comes; then each address gets one mail."""
    emails = ["first@example.com", "second@example.com"]
    told.system.apply("told", notifications={"emails": emails})
    status = told.system.wait_until_completed("told")
    eventually(
        lambda: len(told.system.objects.events(told.system.namespace, "told")), 1, within=PATIENCE
    )
    assert [(address, False, False) for address in emails] == outbox(told.system, "told")

    with serving(told.server):
        eventually(
            lambda: outbox(told.system, "told"),
            [(address, True, False) for address in emails],
            within=PATIENCE,
        )

    for address in emails:
        (message,) = told.server.to(address)
        body = message.get_body(("plain",))
        assert body is not None
        assert status["best"]["periods"] in str(message["Subject"])
        assert status["jobID"] in body.get_content()


def test_a_failure_is_told_with_its_reason(told: Told) -> None:
    """The API's own words are in the mail."""
    with serving(told.server):
        told.system.apply(
            "told-failed", ticker="NOPRICES", notifications={"emails": ["failed@example.com"]}
        )
        told.system.wait_for("told-failed", "Failed")
        eventually(lambda: len(told.server.to("failed@example.com")), 1, within=PATIENCE)

    (message,) = told.server.to("failed@example.com")
    assert str(message["Subject"]).startswith("NOPRICES sweep ")
    assert "failed" in str(message["Subject"])


def test_a_mail_that_nobody_takes_is_set_aside(told: Told) -> None:
    """5xx: it is counted, and neither the other address nor the sweep waits for it."""
    told.server.answers["unknown@example.com"] = "550 no such user"
    with serving(told.server):
        told.system.apply(
            "half-told",
            notifications={"emails": ["unknown@example.com", "known@example.com"]},
        )
        told.system.wait_until_completed("half-told")
        eventually(
            lambda: outbox(told.system, "half-told"),
            [("unknown@example.com", False, True), ("known@example.com", True, False)],
            within=PATIENCE,
        )


def test_who_may_not_be_written_to_is_named_in_the_event(told: Told) -> None:
    """The author looks at the Event, and finds the domain there."""
    told.system.apply("not-told", notifications={"emails": ["a@other.example"]})
    told.system.wait_until_completed("not-told")

    (event,) = eventually(
        lambda: told.system.objects.events(told.system.namespace, "not-told"),
        lambda events: len(events) == 1,
        within=PATIENCE,
    )
    assert "no mail to other.example: this operator may not write there" in event["note"]
    assert [] == outbox(told.system, "not-told")


def test_results_that_are_used_again_and_another_address_send_no_mail(told: Told) -> None:
    """Nothing was run, so there is nothing to tell."""
    with serving(told.server):
        told.system.apply("told-first", runID="again")
        told.system.wait_until_completed("told-first")

        told.system.apply(
            "told-again",
            runID="again",
            maxResultAgeSeconds=3600,
            notifications={"emails": ["again@example.com"]},
        )
        told.system.wait_until_completed("told-again")
        told.system.edit("told-again", notifications={"emails": ["other@example.com"]})
        eventually(
            lambda: told.system.status("told-again")["observedGeneration"], 2, within=PATIENCE
        )

    assert "Reused" == told.system.conditions("told-again")["Ready"]["reason"]
    assert 1 == told.system.status("told-again")["run"]
    assert [] == outbox(told.system, "told-again")

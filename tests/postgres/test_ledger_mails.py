"""Mails in the outbox: one row for each end and address, claimed apart from all others."""

from tests.support.ledger_desk import Desk
from tests.support.ledger_rows import Connection
from tests.support.notices import a_notice
from tradingsweep.domain.changes import Announcement, Change, Mail
from tradingsweep.domain.reasons import Reason

ENDED = Change(
    mails=(Mail("a@example.com", a_notice()), Mail("b@example.com", a_notice())),
    announce=(Announcement("Normal", Reason.COMPLETED, "done"),),
)


async def test_each_address_has_a_row_and_all_of_an_end_have_one_id(desk: Desk) -> None:
    """The id becomes the Message-ID: the next end has another."""
    key = await desk.apply()
    for _ in range(2):
        assert await desk.change_any(key, ENDED)

    mails = await desk.ledger.claim_effects(16, mails=True)

    ids = [mail.payload["id"] for mail in mails]
    assert ["a@example.com", "b@example.com"] * 2 == [mail.payload["to"] for mail in mails]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    assert a_notice() == mails[0].payload["notice"]
    assert key == mails[0].key


async def test_a_decision_that_is_lost_sends_nothing(desk: Desk) -> None:
    """Of two that end the same run one is written, with its mails."""
    key = await desk.apply()
    view = await desk.ledger.view(key.uid)
    assert await desk.ledger.write(key, view, ENDED)
    assert not await desk.ledger.write(key, view, ENDED)

    assert 2 == len(await desk.ledger.claim_effects(16, mails=True))


async def test_mails_and_other_effects_are_claimed_apart(desk: Desk) -> None:
    """A mail server that hangs holds up no Event."""
    assert await desk.change_any(await desk.apply(), ENDED)

    others, mails = (
        await desk.ledger.claim_effects(16),
        await desk.ledger.claim_effects(16, mails=True),
    )

    assert (["event"], ["mail", "mail"]) == ([e.kind for e in others], [e.kind for e in mails])


async def test_a_deposed_leader_sends_no_mail(desk: Desk, connection: Connection) -> None:
    """Its successor does."""
    assert await desk.change_any(await desk.apply(), ENDED)
    connection.execute("UPDATE leaders SET epoch = epoch + 1")

    assert [] == await desk.ledger.claim_effects(16, mails=True)

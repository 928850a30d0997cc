"""Mails from the outbox, in a loop of their own: a mail server that hangs holds up no Event."""

import asyncio

import structlog

from tradingsweep.errors import LedgerUnavailable, MailRefused, MailUnavailable
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Effect, Mailer
from tradingsweep.reconcile.sources import MOST_TRIES, pause_after

log = structlog.get_logger()

AT_ONCE = 4
"""Mails on their way."""


async def send_mails(context: Context, mailer: Mailer | None) -> None:
    """Send what decisions left in the outbox, at least once each, until cancelled."""
    while True:
        sent = 0
        try:
            if mailer is not None and context.may_act():
                mails = await context.ledger.claim_effects(AT_ONCE, mails=True)
                await asyncio.gather(*(_send(mail, mailer, context) for mail in mails))
                sent = len(mails)
        except LedgerUnavailable as error:
            log.warning("mails_interrupted", error=str(error))
        if not sent:
            await context.mails.wait(context.policy.delays.tick.total_seconds())


async def _send(mail: Effect, mailer: Mailer, context: Context) -> None:
    try:
        await mailer.send(mail)
    except MailUnavailable as error:
        dead = isinstance(error, MailRefused) or mail.tries >= MOST_TRIES
        dead = await context.ledger.effect_failed(mail, pause_after(mail, context), dead=dead)
        log.warning("mail_failed", sweep=mail.key.name, error=str(error), dead=dead)
    else:
        await context.ledger.effect_done(mail)

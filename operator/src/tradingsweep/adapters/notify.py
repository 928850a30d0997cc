"""Mail by SMTP: one message to one address, over TLS wherever a password is sent."""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from tradingsweep.domain.letter import letter
from tradingsweep.errors import ConfigurationError, MailRefused, MailUnavailable
from tradingsweep.reconcile.ports import Effect

WITHIN = 20.0
"""Seconds for one mail, from the look-up of the server's name to its last answer: less than the
claim on the outbox's row lasts."""
_STEP_SECONDS = 10.0
_PERMANENT = range(500, 600)
_SCHEMES = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
"""TLS from the first byte; STARTTLS, without which nothing is sent; none."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtps://user:password@host:port` (or smtp, smtp+plain).

        Raises:
            ConfigurationError: it cannot be used; the message repeats nothing of it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError("the SMTP URL cannot be read") from None
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/"):
            raise ConfigurationError(
                "the SMTP URL must be smtps://, smtp:// (with STARTTLS) or smtp+plain:// and a host"
            )
        if parts.username and parts.scheme == "smtp+plain":
            raise ConfigurationError("the SMTP URL: a password is sent over TLS only")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password or "") if user else None
        return cls(parts.scheme, parts.hostname, port or _SCHEMES[parts.scheme], user, password)


class Mailer:
    """Sends what the outbox has; whom it may write to is asked again for each mail."""

    def __init__(
        self, server: Server, sender: str, domains: frozenset[str], ca_file: str | None = None
    ) -> None:
        """Take the server and what holds for every mail.

        Args:
            server: where mails are handed in.
            sender: the address that they are from.
            domains: which ones may be written to, in lower case.
            ca_file: certificates that the server is checked against; None: the system's.

        Raises:
            ConfigurationError: the certificates cannot be read.
        """
        self._server, self._sender, self._domains = server, sender, domains
        try:
            self._tls = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise ConfigurationError(
                f"the CA file of the mail server cannot be read: {error.strerror}"
            ) from None

    async def send(self, effect: Effect) -> None:
        """Send one mail.

        Raises:
            MailRefused: it will never be taken.
            MailUnavailable: the server is away, or did not take it now.
        """
        to = str(effect.payload["to"])
        if to.rpartition("@")[2].lower() not in self._domains:
            raise MailRefused("the operator may not write to that domain any more")
        try:
            message = self._message(to, effect)
        except (KeyError, TypeError, ValueError) as error:
            # A row that cannot be written as a mail must not end the loop for all others.
            raise MailRefused(f"it cannot be written: {type(error).__name__}") from None
        try:
            async with asyncio.timeout(WITHIN):
                await self._deliver(message, to)
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
            raise _refusal(error) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # Without the server's words: they may quote the address, or what was sent to log in.
            code = getattr(error, "code", None)
            words = f"{type(error).__name__}{f' {code}' if code else ''}"
            raise MailUnavailable(f"the mail server is away or refused: {words}") from None

    async def _deliver(self, message: EmailMessage, to: str) -> None:
        server = self._server
        plain = server.scheme == "smtp+plain"
        await aiosmtplib.send(
            message,
            sender=self._sender,
            recipients=[to],
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp",
            tls_context=None if plain else self._tls,
            timeout=_STEP_SECONDS,
        )

    def _message(self, to: str, effect: Effect) -> EmailMessage:
        """Write the message; the standard library refuses a line break in any header."""
        notice = effect.payload["notice"]
        words = letter(notice)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = words.subject
        message["Date"] = format_datetime(datetime.fromisoformat(notice["ended_at"]))
        # The same for every try, and for every address: whoever gets it twice sees it once.
        domain = self._sender.rpartition("@")[2]
        message["Message-ID"] = f"<{effect.payload['id']}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(words.text)
        message.add_alternative(words.html, subtype="html")
        return message


def _refusal(
    error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError,
) -> MailUnavailable:
    """Tell what will never be taken from what may be taken later."""
    if isinstance(error, aiosmtplib.SMTPDataError):
        codes = [error.code]
    else:
        codes = [refused.code for refused in error.recipients]
    if codes and all(code in _PERMANENT for code in codes):
        return MailRefused(f"the mail server refuses it: {codes[0]}")
    return MailUnavailable(f"the mail server did not take it now: {codes[:1]}")

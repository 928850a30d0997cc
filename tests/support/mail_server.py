"""A real mail server on this machine that keeps what it takes, and says no where it is told to."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from dev.ports import free_port


@dataclass
class MailServer:
    """What came to a server, and what it answers."""

    port: int = field(default_factory=free_port)
    answers: dict[str, str] = field(default_factory=dict)
    """Recipient → the answer to its RCPT; the others are taken."""
    data_answers: list[str] = field(default_factory=list)
    """Answers to the next messages; afterwards they are taken."""
    envelopes: list[Envelope] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    """Whether each message came over TLS."""
    user: tuple[str, str] | None = None
    """Who may hand in; None: everybody."""

    @property
    def messages(self) -> list[EmailMessage]:
        """Return what was taken, in order."""
        read = [
            message_from_bytes(envelope.content or b"", policy=policy.default)
            for envelope in self.envelopes
            if isinstance(envelope.content, bytes)
        ]
        return [message for message in read if isinstance(message, EmailMessage)]

    def to(self, recipient: str) -> list[EmailMessage]:
        """Return what was taken for an address."""
        taken = zip(self.envelopes, self.messages, strict=True)
        return [message for envelope, message in taken if envelope.rcpt_tos == [recipient]]

    async def handle_RCPT(  # noqa: N802 - the library calls it so
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take a recipient, or answer what the test wrote down."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message, or answer what the test wrote down."""
        if self.data_answers:
            return self.data_answers.pop(0)
        self.envelopes.append(envelope)
        self.secured.append(session.ssl is not None or server.tls_context is None)
        return "250 OK"

    def authenticate(self, *given: object) -> AuthResult:
        """Let in who has the name and the password."""
        data = given[-1]
        assert isinstance(data, LoginPassword)
        known = (data.login.decode(), data.password.decode()) == self.user
        return AuthResult(success=known, handled=False)


@contextmanager
def serving(
    server: MailServer,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[MailServer]:
    """Run a server until the block ends: plain, with STARTTLS, or with TLS from the start."""
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=tls,
        server_hostname="localhost",
        tls_context=starttls,
        require_starttls=starttls is not None,
        auth_required=server.user is not None,
        auth_require_tls=tls is None,
        authenticator=server.authenticate if server.user else None,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()

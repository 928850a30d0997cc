"""Mails at a real mail server: what arrives, how it is secured, and what a refusal means."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from dev.ports import free_port
from tests.support.mail_server import MailServer, serving
from tests.support.notices import a_notice
from tradingsweep.adapters.notify import Mailer, Server
from tradingsweep.errors import ConfigurationError, MailRefused, MailUnavailable
from tradingsweep.reconcile.ports import Effect, Key

TO, FROM = "quant@example.com", "sweeps@desk.example"
ALLOWED = frozenset({"example.com"})
PASSWORD = "p@ss:w/rd of the mail server"


def an_effect(to: str = TO, **notice: Any) -> Effect:
    """A row of the outbox about a completed sweep."""
    payload = {"id": "0123abcd" * 4, "to": to, "notice": a_notice(**notice)}
    return Effect(1, "mail", Key("uid-1", "desk-a", "btc-sma"), payload, tries=1)


def a_mailer(url: str, ca: Path | None = None) -> Mailer:
    """A mailer that may write to example.com."""
    return Mailer(Server.parse(url), FROM, ALLOWED, str(ca) if ca else None)


@pytest.fixture
def plain() -> Iterator[MailServer]:
    """A server without TLS."""
    with serving(MailServer()) as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for the mail servers of these tests."""
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its certificate."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """What a server on this machine proves itself with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


async def test_a_mail_says_what_came_out(plain: MailServer) -> None:
    """Best pair, metrics and job id, as text and as HTML, from and to whom it should be."""
    await a_mailer(f"smtp+plain://127.0.0.1:{plain.port}").send(an_effect())

    (message,) = plain.messages
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    for words in ("15/30", "2.4700", "1.8200", "145.30 %", "job-1", "run-1", "BTC-USD"):
        assert words in text.get_content()
        assert words in html.get_content()
    assert (FROM, TO, "auto-generated") == (
        message["From"],
        message["To"],
        message["Auto-Submitted"],
    )
    assert "BTC-USD sweep desk-a/btc-sma completed: 15/30, score 2.4700" == message["Subject"]
    assert (FROM, [TO]) == (plain.envelopes[0].mail_from, plain.envelopes[0].rcpt_tos)


async def test_a_mail_that_is_sent_twice_is_the_same_mail(plain: MailServer) -> None:
    """At least once: whoever gets it twice sees one Message-ID, one date and the same words."""
    mailer = a_mailer(f"smtp+plain://127.0.0.1:{plain.port}")
    for _ in range(2):
        await mailer.send(an_effect())

    first, second = plain.messages
    assert f"<{'0123abcd' * 4}@desk.example>" == first["Message-ID"]
    for header in ("Message-ID", "Date", "Subject"):
        assert first[header] == second[header]
    for kind in ("plain", "html"):
        bodies = [message.get_body((kind,)) for message in (first, second)]
        assert 1 == len({body.get_content() for body in bodies if body is not None})


async def test_starttls_comes_before_name_and_password(ca: Path, certified: ssl.SSLContext) -> None:
    """`smtp://` logs in over TLS, with whatever is in the password."""
    with serving(MailServer(user=("desk", PASSWORD)), starttls=certified) as server:
        url = f"smtp://desk:p%40ss%3Aw%2Frd%20of%20the%20mail%20server@127.0.0.1:{server.port}"
        await a_mailer(url, ca).send(an_effect())

    assert [True] == server.secured


async def test_tls_from_the_first_byte_is_used_where_it_is_asked_for(
    ca: Path, certified: ssl.SSLContext
) -> None:
    """`smtps://`, as port 465 has it."""
    with serving(MailServer(), tls=certified) as server:
        await a_mailer(f"smtps://127.0.0.1:{server.port}", ca).send(an_effect())

    assert 1 == len(server.messages)


async def test_without_starttls_nothing_is_sent(plain: MailServer) -> None:
    """Somebody who takes STARTTLS out of the server's answer reads nothing."""
    with pytest.raises(MailUnavailable):
        await a_mailer(f"smtp://127.0.0.1:{plain.port}").send(an_effect())

    assert [] == plain.envelopes


async def test_a_server_that_nobody_vouches_for_gets_nothing(certified: ssl.SSLContext) -> None:
    """Its certificate is checked."""
    with serving(MailServer(), starttls=certified) as server, pytest.raises(MailUnavailable):
        await a_mailer(f"smtp://127.0.0.1:{server.port}").send(an_effect())

    assert [] == server.envelopes


async def test_a_wrong_password_is_no_fault_of_the_mail(
    ca: Path, certified: ssl.SSLContext
) -> None:
    """It is sent again when the password is right; the error does not repeat it."""
    with (
        serving(MailServer(user=("desk", "another")), starttls=certified) as server,
        pytest.raises(MailUnavailable) as refusal,
    ):
        await a_mailer(f"smtp://desk:wrong-pw@127.0.0.1:{server.port}", ca).send(an_effect())

    assert not isinstance(refusal.value, MailRefused)
    assert "535" in str(refusal.value)
    assert "wrong-pw" not in str(refusal.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such user", MailRefused), ("451 try again later", MailUnavailable)],
    ids=["never", "not now"],
)
async def test_a_refused_recipient_is_told_from_a_postponed_one(
    plain: MailServer, answer: str, error: type[Exception]
) -> None:
    """5xx is set aside at once, 4xx is tried again; neither shows the address."""
    plain.answers[TO] = answer
    with pytest.raises(MailUnavailable) as refusal:
        await a_mailer(f"smtp+plain://127.0.0.1:{plain.port}").send(an_effect())

    assert error is type(refusal.value)
    assert TO not in str(refusal.value)


@pytest.mark.parametrize(
    ("answer", "error"), [("554 spam", MailRefused), ("452 full", MailUnavailable)]
)
async def test_a_refused_message_is_told_from_a_postponed_one(
    plain: MailServer, answer: str, error: type[Exception]
) -> None:
    """As for recipients."""
    plain.data_answers.append(answer)
    with pytest.raises(MailUnavailable) as refusal:
        await a_mailer(f"smtp+plain://127.0.0.1:{plain.port}").send(an_effect())

    assert error is type(refusal.value)


async def test_a_server_that_is_away_is_away() -> None:
    """Nothing listens there."""
    with pytest.raises(MailUnavailable):
        await a_mailer(f"smtp+plain://127.0.0.1:{free_port()}").send(an_effect())


async def test_a_server_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and hangs: the mail's deadline ends it."""
    monkeypatch.setattr("tradingsweep.adapters.notify.WITHIN", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(MailUnavailable):
        await a_mailer(f"smtp+plain://127.0.0.1:{silent.getsockname()[1]}").send(an_effect())


async def test_a_domain_that_is_not_allowed_any_more_gets_nothing(plain: MailServer) -> None:
    """A mail from before the configuration was changed is set aside."""
    with pytest.raises(MailRefused):
        await a_mailer(f"smtp+plain://127.0.0.1:{plain.port}").send(an_effect("a@other.example"))

    assert [] == plain.envelopes


@pytest.mark.parametrize(
    "words",
    ["x\r\nBcc: thief@example.com", "x\n\nbody", "\r\n.\r\nQUIT\r\n", "\x00", "\ud800"],
)
async def test_words_from_outside_cannot_write_a_header(plain: MailServer, words: str) -> None:
    """Line breaks in a reason, a message or a ticker begin no header, no body and no command."""
    effect = an_effect(reason=words, message=words, phase="Failed", parameters={"ticker": words})
    try:
        await a_mailer(f"smtp+plain://127.0.0.1:{plain.port}").send(effect)
    except MailRefused:
        assert "\ud800" == words
        return

    (message,) = plain.messages
    assert {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
        *("MIME-Version", "Content-Type"),
    } == set(message.keys())
    assert [[TO]] == [envelope.rcpt_tos for envelope in plain.envelopes]


async def test_an_address_with_a_line_break_is_refused(plain: MailServer) -> None:
    """Should one ever get past the resource's own rule."""
    effect = an_effect("a@example.com\r\nBcc: b@example.com")
    with pytest.raises(MailRefused):
        await a_mailer(f"smtp+plain://127.0.0.1:{plain.port}").send(effect)

    assert [] == plain.envelopes


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mail.example.com", "must be smtps"),
        ("http://mail.example.com", "must be smtps"),
        ("smtp://", "must be smtps"),
        ("smtp://desk:the-password@host/path", "must be smtps"),
        ("smtp://desk:the-password@host:port", "cannot be read"),
        ("smtp+plain://desk:the-password@host", "over TLS only"),
    ],
)
def test_a_wrong_smtp_url_is_refused_without_being_repeated(url: str, complaint: str) -> None:
    """It may hold a password."""
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        Server.parse(url)

    assert "the-password" not in str(refusal.value)


def test_a_server_shows_no_password() -> None:
    """Neither repr nor a traceback of it."""
    assert "the-password" not in repr(Server.parse("smtps://desk:the-password@host"))

"""Signatures by Standard Webhooks: the specification's own words, and nothing else, are taken."""

import base64
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.receiver.conftest import Receiver
from tests.support.ledger_rows import a_run, a_submission, connect, key_of
from tradingapi.egress.signature import signature_headers
from tradingsweep.errors import ConfigurationError
from tradingsweep.receiver.standard_webhooks import Signatures

# The example of the specification and of its libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
AT = 1614265330
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def a_secret(size: int = 32) -> str:
    """Invent a secret as people write it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(size)).decode()


def signed(secret: str, body: bytes, *, at: float, message_id: str = "msg_1") -> dict[str, str]:
    """Sign with the specification's own library."""
    moment = datetime.fromtimestamp(int(at), UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body.decode()),
    }


def test_the_published_example_is_taken() -> None:
    """Secret, id, time, body and signature as the specification's libraries test them."""
    assert Signatures.parse(SECRET).verify(HEADERS, BODY, now=AT)


@pytest.mark.parametrize("size", [24, 64])
def test_what_the_library_signs_is_taken(size: int) -> None:
    """Somebody else's word on what a signature is."""
    secret = a_secret(size)

    assert Signatures.parse(secret).verify(signed(secret, BODY, at=AT), BODY, now=AT)


def test_either_of_two_secrets_verifies_and_one_that_was_taken_out_does_not() -> None:
    """Rotation without a lost callback: the sender may sign with both, or with one of them."""
    old, new, other = a_secret(), a_secret(), a_secret()
    ring = Signatures.parse(f" {new} , {old} ")
    both = signature_headers([Webhook(other)._whsecret, Webhook(old)._whsecret], "m", AT, BODY)

    assert ring.verify(signed(old, BODY, at=AT), BODY, now=AT)
    assert ring.verify(signed(new, BODY, at=AT), BODY, now=AT)
    assert ring.verify(both, BODY, now=AT)
    assert not Signatures.parse(new).verify(signed(old, BODY, at=AT), BODY, now=AT)


@pytest.mark.parametrize(("seconds", "taken"), [(300, True), (301, False)])
@pytest.mark.parametrize("direction", [-1, 1], ids=["in the past", "in the future"])
def test_an_attempt_of_another_time_is_refused(
    direction: int, seconds: int, *, taken: bool
) -> None:
    """A recorded callback cannot be played again after five minutes."""
    at = AT + direction * seconds

    assert taken is Signatures.parse(SECRET).verify(signed(SECRET, BODY, at=at), BODY, now=AT)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "msg.p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-id", "x" * 257),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", f"{AT}.5"),
        ("webhook-timestamp", f"{AT // 10}_0"),
        ("webhook-timestamp", f" {AT}"),
        ("webhook-timestamp", "9" * 5000),
        ("webhook-timestamp", "١٦١٤٢٦٥٣٣٠"),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,a,b"),
        ("webhook-signature", "v1,\xff\xfe"),
        ("webhook-signature", HEADERS["webhook-signature"].replace("v1,", "v1a,")),
        ("webhook-signature", HEADERS["webhook-signature"].rstrip("=")),
        ("webhook-signature", "v1,x " * 16 + HEADERS["webhook-signature"]),
    ],
)
def test_a_header_that_is_not_as_specified_is_refused_and_raises_nothing(
    header: str, value: str
) -> None:
    """Neither an error of ours nor a hint for whoever tries."""
    assert not Signatures.parse(SECRET).verify({**HEADERS, header: value}, BODY, now=AT)


def test_a_part_of_the_body_cannot_pass_for_the_timestamp() -> None:
    """`a` + `1.2` + body is `a.1` + `2` + body: an id with a dot is refused."""
    body = f"{AT}.{{}}".encode()
    genuine = signed(SECRET, body, at=AT, message_id="a")
    shifted = {**genuine, "webhook-id": f"a.{AT}", "webhook-timestamp": str(AT)}

    assert Signatures.parse(SECRET).verify(genuine, body, now=AT)
    assert not Signatures.parse(SECRET).verify(shifted, b"{}", now=AT)


@given(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text()), st.binary())
def test_no_other_headers_are_taken(headers: dict[str, str], body: bytes) -> None:
    """Whatever a stranger sends is refused, and raises nothing."""
    assert not Signatures.parse(SECRET).verify(headers, body, now=AT)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "none given"),
        (" ", "none given"),
        (f"{SECRET},", "part 2 must be"),
        (SECRET.removeprefix("whsec_"), "part 1 must be"),
        ("whsec_bm90LWxvbmctZW5vdWdo", "part 1 must be"),
        ("whsec_!!!", "part 1 must be"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "part 1 must be"),
    ],
)
def test_a_secret_that_would_not_protect_is_refused(text: str, complaint: str) -> None:
    """An empty or weak one stops the start, and the message shows none."""
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        Signatures.parse(text)

    assert "MfKQ9" not in str(refusal.value)
    assert "bm90" not in str(refusal.value)


@pytest.fixture(scope="module")
def asked(receiver_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver that asks for signatures, with two secrets and the plain route."""
    environment = {
        "TRADINGSWEEP_WEBHOOK_SECRETS": f"{a_secret()},{SECRET}",
        "TRADINGSWEEP_PLAIN_CALLBACKS": "true",
    }
    log = tmp_path_factory.mktemp("signatures") / "receiver.log"
    with Receiver(receiver_dsn, log, environment).running() as running:
        yield running


def test_a_callback_with_token_and_signature_is_stored(asked: Receiver) -> None:
    """Both are asked for, and both are right."""
    headers = signed(SECRET, BODY, at=time.time())

    answer = asked.post(asked.path(key_of("signed")), content=BODY, headers=headers)

    assert 202 == answer.status_code


def test_without_a_signature_a_token_is_not_enough(asked: Receiver) -> None:
    """Nothing is stored, and the answer is that of a wrong token."""
    key = key_of("signature missing")
    stale = signed(SECRET, BODY, at=time.time() - 400)
    answers = [
        asked.post(asked.path(key), content=BODY),
        asked.post(asked.path(key), content=BODY, headers=stale),
        asked.post(f"/webhook/sweep-callback/{key}/no-token", content=BODY),
    ]

    assert [(401, {"error": "unauthorized"})] * 3 == [(a.status_code, a.json()) for a in answers]
    with connect(asked.dsn) as ledger:
        count = "SELECT count(*) FROM callback_inbox WHERE submission_key = %s"
        assert (0,) == ledger.execute(count, (key,)).fetchone()


def test_the_plain_route_asks_for_the_signature_too(asked: Receiver) -> None:
    """A sender with a static address proves itself by it."""
    body = b'{"job_id": "job-signed", "status": "completed"}'
    with connect(asked.dsn) as ledger:
        a_submission(ledger, a_run(ledger, "signed-plain"), job_id="job-signed")

    bare = asked.post("/webhook/sweep-callback", content=body)
    proved = asked.post(
        "/webhook/sweep-callback", content=body, headers=signed(SECRET, body, at=time.time())
    )

    assert (401, 202) == (bare.status_code, proved.status_code)


def test_no_webhook_secret_is_in_the_log(asked: Receiver, tmp_path: Path) -> None:
    """Nor where the start is refused because of one."""
    weak = Receiver(
        asked.dsn, tmp_path / "weak.log", {"TRADINGSWEEP_WEBHOOK_SECRETS": "whsec_d2Vhaw=="}
    )

    with pytest.raises(Exception, match="ended"), weak.running():
        pass

    assert "webhook secrets: part 1 must be" in weak.log.read_text()
    assert "d2Vhaw" not in weak.log.read_text()
    assert SECRET.removeprefix("whsec_") not in asked.log.read_text()

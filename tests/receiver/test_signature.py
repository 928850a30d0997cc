"""Callback tokens: who can make one, and how secrets are rotated."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger_rows import key_of
from tradingsweep.errors import ConfigurationError
from tradingsweep.signature import Keyring

OLD, NEW = "o" * 24, "new-secret-with-an-=-in-it"
KEY = key_of("a submission")


def test_a_token_is_the_hmac_of_the_key() -> None:
    """Anybody with the secret can make the same token: it is HMAC-SHA256 and nothing of our own."""
    mac = hmac.new(OLD.encode(), KEY.encode(), hashlib.sha256).digest()

    assert f"k1.{urlsafe_b64encode(mac).decode().rstrip('=')}" == Keyring.parse(f"k1={OLD}").token(
        KEY
    )


def test_the_first_secret_signs_and_all_verify() -> None:
    """During a rotation callbacks of submissions from before are still taken."""
    before, rotated = Keyring.parse(f"old={OLD}"), Keyring.parse(f" new={NEW} , old={OLD} ")

    assert ("new", True) == (rotated.kid, rotated.token(KEY).startswith("new."))
    assert rotated.verify(KEY, before.token(KEY))
    assert rotated.verify(KEY, rotated.token(KEY))


def test_a_secret_that_was_taken_out_verifies_nothing() -> None:
    """After the rotation the old secret is worthless."""
    assert not Keyring.parse(f"new={NEW}").verify(KEY, Keyring.parse(f"old={OLD}").token(KEY))


def test_a_key_id_does_not_choose_the_secret() -> None:
    """The id is inside what is compared: a token of one secret under the id of another fails."""
    ring = Keyring.parse(f"a={OLD},b={NEW}")

    assert not ring.verify(KEY, "b" + ring.token(KEY)[1:])


@given(st.text())
def test_no_text_but_the_token_is_taken(text: str) -> None:
    """Whatever a stranger sends is refused, and raises nothing."""
    ring = Keyring.parse(f"k1={OLD},k2={NEW}")

    assert not ring.verify(KEY, text)
    assert not ring.verify(text, ring.token(KEY))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "none given"),
        ("  ", "none given"),
        ("k1", "part 1 is not kid=secret"),
        (f"k1={OLD},", "part 2 is not kid=secret"),
        (f"={OLD}", "a key id must have"),
        (f"a.b={OLD}", "a key id must have"),
        (f"k1={OLD},k1={NEW}", "part 2 repeats a key id"),
        ("k1=", "secret of k1 is shorter than 24 bytes"),
        (f"k1={OLD[1:]}", "secret of k1 is shorter than 24 bytes"),
        (f"k1={OLD},k2=short-secret", "secret of k2 is shorter than 24 bytes"),
    ],
)
def test_a_ring_that_would_not_protect_is_refused(text: str, complaint: str) -> None:
    """An empty or weak secret stops the start, and the message shows none."""
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        Keyring.parse(text)

    assert OLD[1:] not in str(refusal.value)
    assert "short-secret" not in str(refusal.value)


def test_a_ring_does_not_show_its_secrets() -> None:
    """A ring in a log line or a traceback gives nothing away."""
    ring = Keyring.parse(f"k1={OLD}")

    assert OLD not in f"{ring!r} {ring}"

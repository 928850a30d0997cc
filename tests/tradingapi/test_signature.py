"""Signatures of callbacks, held against the library of the Standard Webhooks specification."""

import base64
import secrets
from pathlib import Path

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import serving
from tradingapi.egress.signature import read_secret, signature_headers
from tradingapi.settings import Settings


def a_secret(size: int = 32) -> str:
    """Invent a secret as people write it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(size)).decode()


def lower(headers: dict[str, str]) -> dict[str, str]:
    """Write header names as the library wants them."""
    return {name.lower(): value for name, value in headers.items()}


def test_a_callback_is_signed_for_every_secret_in_use(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """A receiver with the old or the new one takes it; the id stays over retries."""
    old, new = a_secret(), a_secret(64)
    callbacks.answers = [(503, {})]
    with serving(tmp_path, webhook_secrets=f"{old}, {new}") as api:
        job_id = api.submit({"webhook_url": callbacks.url}).json()["job_id"]
        calls = [callbacks.next(), callbacks.next()]
        log = api.log

    for call in calls:
        headers = lower(call.headers)
        for secret in (old, new):
            Webhook(secret).verify(call.raw, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(a_secret()).verify(call.raw, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(call.raw + b" ", headers)
        assert job_id == headers["webhook-id"]
    assert old not in log
    assert new not in log


def test_without_a_secret_nothing_is_signed(callbacks: CallbackServer, tmp_path: Path) -> None:
    """As in the seed."""
    assert {} == signature_headers((), "job", 0.0, b"{}")
    with serving(tmp_path) as api:
        api.submit({"webhook_url": callbacks.url})

        assert not any("webhook-" in name for name in lower(callbacks.next().headers))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        base64.b64encode(b"x" * 32).decode(),
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_not base64!",
        "whsec_é",
    ],
)
def test_a_secret_that_is_none_ends_the_start(text: str) -> None:
    """And is not repeated."""
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        read_secret(text)
    with pytest.raises(ValidationError, match=r"webhook_secrets: .*24 to 64") as refused:
        Settings(dev=True, webhook_secrets=(text,))
    assert len(text) < 7 or text not in str(refused.value)

"""Signatures of callbacks, as Standard Webhooks 1.0.0 has them (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
SHORTEST: Final = 24
LONGEST: Final = 64
"""Bytes of a secret."""


def read_secret(text: str) -> bytes:
    """Read `whsec_` and base64.

    Raises:
        ValueError: It is not that, or not of 24 to 64 bytes; the message does not repeat it.
    """
    rule = f"each must be {PREFIX} and the base64 of {SHORTEST} to {LONGEST} bytes"
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(rule) from None
    if not text.startswith(PREFIX) or not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError(rule)
    return secret


def signature_headers(
    secrets: Sequence[bytes], message_id: str, now: float, body: bytes
) -> dict[str, str]:
    """Sign a body for every secret in use; no secret, no headers.

    The id is the same for every attempt, the time is the attempt's.
    """
    if not secrets:
        return {}
    timestamp = str(int(now))
    signed = f"{message_id}.{timestamp}.".encode() + body
    marks = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(mark).decode()}" for mark in marks),
    }

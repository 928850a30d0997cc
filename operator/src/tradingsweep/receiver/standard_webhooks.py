"""Signatures of callbacks by Standard Webhooks 1.0.0 (standardwebhooks.com), verified.

HMAC-SHA256 over `id.timestamp.body` in the headers webhook-id, webhook-timestamp and
webhook-signature. Our own lines, and not the library of the specification: that one answers some
malformed headers with other errors than its own, and takes an id with a dot in it, which lets a
part of the body pass for the timestamp.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Self

from tradingsweep.errors import ConfigurationError

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret."""
WINDOW_SECONDS = 300
"""How far the time of an attempt may be from ours, either way."""
MOST_SIGNATURES = 16

_ID = re.compile(r"[^.\s]{1,256}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class Signatures:
    """The secrets that senders sign with; any of them verifies, so that they can be rotated."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `whsec_…,whsec_…`; white space around the parts is dropped.

        Raises:
            ConfigurationError: there is none, or one cannot be used. No secret is repeated in it.
        """
        if not text.strip():
            raise ConfigurationError("webhook secrets: none given, at least one is needed")
        return cls(
            [_secret(number, part.strip()) for number, part in enumerate(text.split(","), start=1)]
        )

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: float) -> bool:
        """Say whether a body was signed with one of the secrets, lately; never raises.

        Args:
            headers: by lower-case name.
            body: the bytes as they came.
            now: seconds since 1970.
        """
        message_id = headers.get("webhook-id", "")
        timestamp = headers.get("webhook-timestamp", "")
        if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
            return False
        if abs(now - int(timestamp)) > WINDOW_SECONDS:
            return False
        signed = f"{message_id}.{timestamp}.".encode() + body
        wanted = [_signature(secret, signed) for secret in self._secrets]
        given = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
        # Every pair is compared to its end: the time tells neither how much nor which one fits.
        fits = [hmac.compare_digest(w, g.encode()) for w in wanted for g in given]
        return any(fits)


def _signature(secret: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(secret, signed, sha256))


def _secret(number: int, text: str) -> bytes:
    rule = (
        f"webhook secrets: part {number} must be {PREFIX} and the base64 of {SHORTEST} to "
        f"{LONGEST} bytes"
    )
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(rule) from None
    if not text.startswith(PREFIX) or not SHORTEST <= len(secret) <= LONGEST:
        raise ConfigurationError(rule)
    return secret

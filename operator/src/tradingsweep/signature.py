"""Callback tokens: HMAC-SHA256 over a submission's key, with secrets that can be rotated.

The key is sha256(cluster_id|uid|run_no|spec_hash|n), so a token for it is good for one attempt of
one run in one cluster, and whoever verifies needs neither the cluster's id nor the ledger.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Self

from tradingsweep.errors import ConfigurationError

MIN_SECRET_BYTES = 24
"""Shorter secrets are refused (Standard Webhooks 1.0.0 asks for 24 to 64 bytes)."""

_KID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Fault(StrEnum):
    """Why a token is not good; for counting, never for an answer: it would say what to try next."""

    KEY = "key"
    """The path has no submission's key."""
    KID = "kid"
    """The token names no secret of ours."""
    TOKEN = "token"  # noqa: S105 - a reason
    """It is not the one for that key."""
    SIGNATURE = "signature"
    """Token and key are good, and the body has no good signature of the sender's."""


class Keyring:
    """The secrets that sign callback URLs: the first signs, all of them verify.

    To rotate, put the new secret in front, and take the old one out when no submission that it
    signed is open any more. Nothing here shows a secret: not repr, not an error.
    """

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        """Take secrets by key id, the signing one first.

        Raises:
            ConfigurationError: there is none, or a key id or a secret cannot be used.
        """
        if not secrets:
            raise ConfigurationError("callback secrets: none given, at least one is needed")
        for kid, secret in secrets.items():
            if not _KID.fullmatch(kid):
                raise ConfigurationError(
                    "callback secrets: a key id must have 1 to 32 letters, digits, '_' or '-'"
                )
            if len(secret) < MIN_SECRET_BYTES:
                raise ConfigurationError(
                    f"callback secrets: the secret of {kid} is shorter than "
                    f"{MIN_SECRET_BYTES} bytes"
                )
        self._secrets = dict(secrets)
        self.kid = next(iter(self._secrets))
        """Id of the secret that signs."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `kid=secret,kid2=secret2`; white space around the parts is dropped.

        Raises:
            ConfigurationError: as for the class, or a part is not `kid=secret`, or a key id
                comes twice.
        """
        secrets: dict[str, bytes] = {}
        for number, part in enumerate(text.split(",") if text.strip() else (), start=1):
            kid, equals, secret = (piece.strip() for piece in part.partition("="))
            if not equals:
                raise ConfigurationError(f"callback secrets: part {number} is not kid=secret")
            if kid in secrets:
                raise ConfigurationError(f"callback secrets: part {number} repeats a key id")
            secrets[kid] = secret.encode()
        return cls(secrets)

    def token(self, key: str) -> str:
        """Sign a submission's key: `kid.mac`, safe in a URL's path."""
        return _sign(self.kid, self._secrets[self.kid], key)

    def verify(self, key: str, token: str) -> bool:
        """Say whether one of the secrets made this token for this key.

        The time does not depend on which secret matched, nor on how much of the token is right.
        """
        given = token.encode("utf-8", "replace")
        good = False
        for kid, secret in self._secrets.items():
            good |= hmac.compare_digest(_sign(kid, secret, key).encode(), given)
        return good

    def fault(self, token: str) -> Fault:
        """Say why a token that was refused is not good."""
        return Fault.TOKEN if token.partition(".")[0] in self._secrets else Fault.KID


def _sign(kid: str, secret: bytes, key: str) -> str:
    mac = hmac.digest(secret, key.encode("utf-8", "replace"), sha256)
    return f"{kid}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"

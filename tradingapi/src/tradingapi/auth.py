"""API keys, and sessions for browsers that cannot send a header with an event stream."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

COOKIE: Final = "trading_session"


class KeyRing:
    """The accepted keys. Comparisons take the same time whatever is presented."""

    def __init__(self, keys: Sequence[str], session_seconds: int) -> None:
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]
        self.session_seconds = session_seconds

    def accepts(self, presented: str | None) -> bool:
        """Say whether a key is one of ours. All are compared, also after a match."""
        digest = hashlib.sha256((presented or "").encode(errors="surrogatepass")).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return presented is not None and any(matches)

    def issue_session(self, api_key: str, now: float) -> str:
        """Make a cookie for the holder of a key.

        It is signed with the key rather than stored: it survives a restart, and ends when its
        key is taken from the settings.
        """
        claim = f"{int(now) + self.session_seconds}.{secrets.token_hex(8)}"
        return f"{claim}.{_sign(hashlib.sha256(api_key.encode()).digest(), claim)}"

    def accepts_session(self, cookie: str | None, now: float) -> bool:
        """Say whether a cookie is ours, of a current key, and not expired."""
        claim, _, signature = (cookie or "").rpartition(".")
        expires = claim.partition(".")[0]
        presented = signature.encode(errors="surrogatepass")
        genuine = [
            hmac.compare_digest(_sign(known, claim).encode(), presented) for known in self._digests
        ]
        return any(genuine) and now < int(expires)


def _sign(key_digest: bytes, claim: str) -> str:
    return hmac.new(
        key_digest, f"session:{claim}".encode(errors="surrogatepass"), hashlib.sha256
    ).hexdigest()

"""Cursors: where a listing goes on. Sealed, so that only this server can make one."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Final

from tradingapi.results.memory import Order
from tradingapi.results.metric import figure

SEAL_BYTES: Final = 16
LONGEST_CURSOR: Final = 256


class BadCursorError(ValueError):
    """The cursor is not one of ours, or it is of another run."""


class CursorSeal:
    """Seals the order and the offset together with the run's id."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, run_id: str, order: Order, offset: int) -> str:
        """Write a cursor."""
        plain = json.dumps([*order, offset], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mark(run_id, plain) + plain).decode().rstrip("=")

    def open(self, run_id: str, cursor: str) -> tuple[Order, int]:
        """Read a cursor.

        Raises:
            BadCursorError: It was not sealed here for this run.
        """
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise BadCursorError from error
        mark, plain = raw[:SEAL_BYTES], raw[SEAL_BYTES:]
        if not hmac.compare_digest(mark, self._mark(run_id, plain)):
            raise BadCursorError
        sort, descending, min_trades, offset = json.loads(plain)
        return Order(figure(sort), descending, min_trades), offset

    def _mark(self, run_id: str, plain: bytes) -> bytes:
        sealed = run_id.encode() + b"\0" + plain
        return hmac.new(self._key, sealed, hashlib.sha256).digest()[:SEAL_BYTES]

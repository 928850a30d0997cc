"""How much of each part is tried: a slice in `make test`, all of it in `make test-faults`."""

import os

WHOLE = bool(os.environ.get("FAULTS_WHOLE"))
"""`make test-faults` sets it."""


def amount(part: int, whole: int) -> int:
    """Return how many of something are tried."""
    return whole if WHOLE else part

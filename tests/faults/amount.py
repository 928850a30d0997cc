"""How much of each part is tried: a slice in `make test`, all of it in `make test-faults`."""

import os
from collections.abc import Mapping
from typing import TypeVar

import pytest

T = TypeVar("T")

WHOLE = bool(os.environ.get("FAULTS_WHOLE"))
"""`make test-faults` sets it."""


def amount(part: int, whole: int) -> int:
    """Return how many of something are tried."""
    return whole if WHOLE else part


def some(part: int, cases: Mapping[str, T]) -> list[object]:
    """Return the first so many cases as parameters of a test, or all of them."""
    chosen = list(cases.items())[: amount(part, len(cases))]
    return [pytest.param(case, id=name) for name, case in chosen]

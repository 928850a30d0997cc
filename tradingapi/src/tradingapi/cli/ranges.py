"""Ranges as people type them."""

import re
from typing import Final, NamedTuple

import typer

WRITTEN: Final = re.compile(r"\s*(\d{1,6})(?:\s*(?::|-|\.\.)\s*(\d{1,6}))?\s*")


class Range(NamedTuple):
    """Two numbers, both inclusive."""

    low: int
    high: int


def read_range(text: str) -> Range:
    """Read `2:100`, `2-100` or `2..100`; one number is a range of itself.

    Raises:
        typer.BadParameter: It is none of these.
    """
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a range such as 2:100")
    low, high = found.groups()
    return Range(int(low), int(high or low))

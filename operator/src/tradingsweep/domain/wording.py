"""The Trading API's words, fit for a condition: bounded, and the same for the same failure.

A message that carries an id or a time differs at every look; each difference is a status write, and
the write is an event that brings the next look.
"""

import re

MAX_MESSAGE = 1024

_VARYING = (
    (re.compile(r"https?://\S+"), "<url>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b(sweep_\d{6,}|run_)[A-Za-z0-9._-]*"), "<id>"),
    (re.compile(r"\b[0-9a-fA-F]{24,}\b"), "<id>"),
)


def settled(text: str) -> str:
    """Return a text without addresses, ids, times and control characters, cut to its limit."""
    for pattern, stand_in in _VARYING:
        text = pattern.sub(stand_in, text)
    return bounded("".join(c if c.isprintable() else " " for c in text))


def bounded(text: str) -> str:
    """Return a text that fits a condition's message."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"

"""The reference is what the code says."""

import re

from dev import reference
from tradingsweep.adapters.metrics.families import FAMILIES
from tradingsweep.domain.reasons import Reason


def test_the_reference_is_what_the_generator_writes() -> None:
    """`make docs` writes it."""
    assert reference.text() == reference.FILE.read_text("utf-8")


def test_every_metric_and_every_reason_has_its_line_and_its_words() -> None:
    """A family that nobody documented, or a reason without words, is found here."""
    lines = dict(
        re.findall(r"^\| `([\w.]+)` \|(?:.*\|)? (.+?) \|$", reference.text(), re.MULTILINE)
    )

    named = {family.name for family in FAMILIES} | {reason.value for reason in Reason}
    assert set() == named - lines.keys()
    assert all(len(lines[name]) > 10 for name in named)

"""The reference is what the code says."""

import re

from dev import reference
from dev.chart import rows_of, values_schema
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


def test_the_reference_has_every_value_of_the_chart() -> None:
    """With the words of its schema, and the default of values.yaml."""
    page = reference.text()

    for key, kind, default, words in rows_of(values_schema()):
        row = " | ".join(cell.replace("|", "&#124;") for cell in (key, kind, default, words))
        assert f"| {row} |" in page
    assert "| `operator.replicas` | integer | `2` | One works, the others wait to. |" in page


def test_no_alert_is_shown_as_a_template() -> None:
    """What Prometheus fills in stands there in words."""
    assert "{{" not in reference.text()
    assert "N % of the last hour's sweeps failed" in reference.text()

"""What is generated in the chart is up to date; `make chart` writes it."""

from pathlib import Path

import pytest
import yaml

from dev.chart import CHART, files

GENERATED = files()


@pytest.mark.parametrize("path", GENERATED, ids=[path.name for path in GENERATED])
def test_a_generated_file_of_the_chart_is_up_to_date(path: Path) -> None:
    """A new setting or field is in the chart, its schema and its README at once."""
    assert GENERATED[path] == path.read_text("utf-8")


def test_the_values_hold_no_secret() -> None:
    """What looks like one in them is the name of a Secret or of its key."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))

    assert all({"name", "key"} == set(one) for one in values["secrets"].values())

"""Tests of this folder wait as long as a busy machine needs: no bar is measured in them."""

import os

import pytest

# Before `run.py` is imported, which takes it for the bench as well.
os.environ.setdefault("FAULTS_PATIENCE", "5")

_SECONDS = 900
"""For one test; an idle machine needs less than 30."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder its time."""
    for item in items:
        if item.path.parent.name == "faults":
            item.add_marker(pytest.mark.timeout(_SECONDS))

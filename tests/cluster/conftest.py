"""Systems of real processes for the tests of this folder; each sweep has a name of its own."""

from collections.abc import Iterator

import pytest

from tests.cluster.kills import EVERY_FEATURE
from tests.support.ground import Ground, Settings
from tests.support.scripted_system import Scripted, scripted_system
from tests.support.system import System


@pytest.fixture(scope="session")
def usual(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system as it is installed, with every delay as long as it is in production."""
    settings = Settings(operator={"max_combinations": "500", "lease_seconds": "15"})
    with ground.system(tmp_path_factory.mktemp("usual"), settings) as running:
        yield running


@pytest.fixture(scope="session")
def gated(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with short delays, jobs of some seconds, and a gate before its Trading API."""
    with ground.system(tmp_path_factory.mktemp("gated"), EVERY_FEATURE) as running:
        yield running


@pytest.fixture(scope="session")
def endless(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with short delays whose jobs take longer than any test."""
    settings = Settings(
        operator={"time_scale": "0.2", "max_concurrent_sweeps": "20"},
        api={"min_job_seconds": "3600", "workers": "20"},
    )
    with ground.system(tmp_path_factory.mktemp("endless"), settings) as running:
        yield running


@pytest.fixture(scope="session")
def scripted(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    """A system whose Trading API says what a test wrote down."""
    with scripted_system(ground, tmp_path_factory.mktemp("scripted")) as running:
        yield running

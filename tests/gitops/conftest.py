"""Other people's judgment, built before the tests begin."""

import pytest

from dev.judges import RECIPE, Judges


@pytest.fixture(scope="session")
def judges() -> Judges:
    """What kstatus and Argo CD's Lua say."""
    if not RECIPE.folder.is_dir():
        # A build may take longer than a test.
        pytest.fail("the judges are not built yet: run `python -m dev prepare`")
    return Judges(RECIPE.folder)

"""One server with default features for the tests that do not need one of their own."""

from collections.abc import Iterator

import pytest

from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import Api, serving


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The Trading API with the development key, shared by a worker's tests."""
    with serving(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="session")
def seeds_run(api: Api) -> str:
    """The seed's example, finished: its run id."""
    return api.finish()


@pytest.fixture
def callbacks() -> Iterator[CallbackServer]:
    """A receiver of callbacks."""
    with CallbackServer() as running:
        yield running

"""A client and the API that it talks to, both ended with the test."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from tests.support.scripted_api import ScriptedApi, scripted_api
from tradingsweep.adapters.trading_api import TradingApiClient

API_KEY = "dev-key-000000000000000000000000"


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    """Run a Trading API that answers what the test wrote down."""
    async with scripted_api() as running:
        yield running


@pytest.fixture
async def client(api: ScriptedApi) -> AsyncIterator[TradingApiClient]:
    """Open a client that waits long enough for a busy machine."""
    client = TradingApiClient(api.url, SecretStr(API_KEY))
    yield client
    await client.aclose()


@pytest.fixture
async def hurried(api: ScriptedApi) -> AsyncIterator[TradingApiClient]:
    """Open a client for answers that never come."""
    client = TradingApiClient(api.url, SecretStr(API_KEY), post_timeout=0.5, read_timeout=0.5)
    yield client
    await client.aclose()

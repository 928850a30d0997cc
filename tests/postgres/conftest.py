"""A ledger of its own for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.ledger_desk import Desk, a_desk
from tests.support.ledger_rows import Connection, connect


@pytest.fixture
def ledger(database: str) -> str:
    """The DSN of an empty ledger, as its owner and superuser."""
    return database


@pytest.fixture
def connection(ledger: str) -> Iterator[Connection]:
    """A connection to the ledger; each statement is its own transaction."""
    with connect(ledger) as opened:
        yield opened


@pytest.fixture
async def desk(ledger: str) -> AsyncIterator[Desk]:
    """The leading operator's core on that ledger."""
    async with a_desk(ledger) as opened:
        yield opened

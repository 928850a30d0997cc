"""A ledger of its own for each test."""

from collections.abc import Iterator

import pytest

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

"""A process that is stopped in the middle of a transaction: what it locked is free again soon."""

import psycopg
import pytest

from tradingsweep.adapters.ledger import postgres
from tradingsweep.adapters.ledger.postgres import Pool, connect, transaction
from tradingsweep.errors import LedgerUnavailable

LIMITS = ("TRANSACTION_TIMEOUT_MS", "IDLE_IN_TRANSACTION_TIMEOUT_MS")
LOCK = "SELECT 1 FROM ledger_meta FOR UPDATE"
NEVER = 99_00_00
"""A version that no server has."""


async def freeze(pool: Pool, dsn: str, others: list[bool]) -> None:
    """Lock the ledger's row, and do nothing more until another one has asked for it."""
    async with transaction(pool) as frozen:
        await (await frozen.execute(LOCK)).fetchone()
        others.append(await gets_the_row(dsn))


async def gets_the_row(dsn: str) -> bool:
    """Wait for the lock, but not for ever."""
    async with await psycopg.AsyncConnection.connect(dsn) as other:
        await other.execute("SET lock_timeout = '10s'")
        try:
            await other.execute(LOCK)
        except psycopg.errors.LockNotAvailable:
            return False
    return True


@pytest.mark.parametrize("pipelined", [True, False], ids=["from 17 on", "before 17"])
async def test_who_waits_for_a_frozen_process_gets_its_lock(
    ledger: str, monkeypatch: pytest.MonkeyPatch, *, pipelined: bool
) -> None:
    """A stopped leader holds up no other one: neither its decisions nor its admissions.

    (1) It has an answer of the server and sends nothing more. (2) Another one wants the row.
    """
    for limit in LIMITS:
        monkeypatch.setattr(postgres, limit, 500)
    if not pipelined:
        monkeypatch.setattr(postgres, "LIMITS_TRANSACTIONS", NEVER)
    others: list[bool] = []
    pool = await connect(ledger)
    try:
        with pytest.raises(LedgerUnavailable):
            await freeze(pool, ledger, others)
    finally:
        await pool.close()

    assert [True] == others

"""Forgetting what was dealt with long ago: a loop of the leader, in batches that hold up nobody."""

import asyncio
from collections.abc import Callable

import structlog

from tradingsweep.errors import LedgerUnavailable
from tradingsweep.reconcile.context import Context

log = structlog.get_logger()

BATCH = 1000
"""Rows of a kind that one transaction deletes."""


async def keep_pruning(context: Context, told: Callable[[str, int], None]) -> None:
    """Prune every ten minutes, until cancelled; `told` hears how many rows of a kind went."""
    while True:
        try:
            await prune(context, told)
        except LedgerUnavailable as error:
            log.warning("pruning_interrupted", error=str(error))
        await asyncio.sleep(context.policy.delays.prune.total_seconds())


async def prune(context: Context, told: Callable[[str, int], None]) -> None:
    """Delete batch after batch until one is not full, or until another process leads."""
    while context.may_act():
        gone = await context.ledger.prune(BATCH)
        for what, rows in gone.items():
            told(what, rows)
        if max(gone.values(), default=0) < BATCH:
            return

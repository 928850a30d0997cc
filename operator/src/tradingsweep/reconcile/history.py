"""The history limits: of what programs made, a namespace keeps its youngest finished objects.

Only objects with the label `trading.zixly.io/created-by` count and only they go, and none that
carries an owner's mark. What is found here is a hint: the pass of each sweep decides, and the
deletion that it leaves in the outbox looks at the object once more.
"""

import asyncio

import structlog

from tradingsweep.errors import LedgerUnavailable
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import HistoryLimits, Key

log = structlog.get_logger()


async def keep_history(context: Context, limits: HistoryLimits) -> None:
    """Look for finished objects beyond the limits, every half minute, until cancelled."""
    while True:
        try:
            await trim_history(context, limits)
        except LedgerUnavailable as error:
            log.warning("history_interrupted", error=str(error))
        await asyncio.sleep(context.policy.delays.history.total_seconds())


async def trim_history(context: Context, limits: HistoryLimits) -> list[Key]:
    """Queue what is beyond the limits now, and return it."""
    uids = _countable(context, min(limits.completed, limits.failed))
    found = await context.ledger.surplus(uids, limits) if uids and context.may_act() else []
    context.surplus = frozenset(key.uid for key in found)
    for key in found:
        context.queue.add(key)
    return found


def _countable(context: Context, least: int) -> list[str]:
    """Return what programs made, of the namespaces that have more of it than the lower limit."""
    made = context.objects.made_by_programs()
    return [uid for uids in made.values() if len(uids) > least for uid in uids]

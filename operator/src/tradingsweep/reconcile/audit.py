"""The audit: what no event told, found by comparing the ledger with a full list.

A watch can lose events, and the informer never hears of what was deleted while nobody watched. So,
at the start and every few minutes: first the open rows of the ledger, then a consistent list, then
a look at each row whose object the list does not have. The order matters: were the list first, a
sweep that is created and recorded in between would look deleted. The look itself asks the API
server for that one object, and only 404 or another uid is a deletion.

An empty list can also be the work of a wrong permission or of a restored etcd. A pass that would
cancel much at once does nothing, and waits for a human.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

import structlog

from tradingsweep.domain.facts import SweepObject
from tradingsweep.errors import ClusterUnavailable, LedgerUnavailable
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Key

log = structlog.get_logger()

ALWAYS_ALLOWED = 5
"""Deletions that a pass may find without being held."""
ALLOWED_SHARE = 0.10
"""Of the open sweeps."""

ListAll = Callable[[], AsyncIterator[SweepObject]]
"""Begins a consistent list of all objects; it is taken one by one, for all of them are many."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What one audit found."""

    open: int
    """Sweeps of the ledger that have not ended."""
    missing: tuple[Key, ...]
    """Those of them that the list does not have."""
    unseen: tuple[Key, ...]
    """Objects of the list that the watch did not show, or showed older."""

    @property
    def is_held(self) -> bool:
        """Too much is missing to be believed."""
        return len(self.missing) > max(ALWAYS_ALLOWED, ALLOWED_SHARE * self.open)


async def keep_auditing(context: Context, list_all: ListAll) -> None:
    """Audit at the start and then every few minutes, until cancelled."""
    delays = context.policy.delays
    while True:
        pause = delays.audit
        try:
            await audit(context, list_all)
        except (ClusterUnavailable, LedgerUnavailable) as error:
            pause = min(delays.audit, delays.api_retry)
            log.warning("audit_interrupted", error=str(error))
        await asyncio.sleep(pause.total_seconds())


async def audit(context: Context, list_all: ListAll) -> Findings:
    """Compare once, and queue what is to be looked at."""
    recorded = await context.ledger.open_sweeps()
    ended = await context.ledger.ended_sweeps()
    listed, unseen = set[str](), list[Key]()
    async for target in list_all():
        listed.add(target.uid)
        if _is_news(context, target):
            context.hear(target)
            unseen.append(Key(target.uid, target.namespace, target.name))
    findings = Findings(
        open=len(recorded),
        missing=tuple(key for key in recorded if key.uid not in listed),
        unseen=tuple(unseen),
    )
    # That these are gone cancels nothing, so no brake is needed; a look at each decides.
    _look_again(context, (key for key in ended if key.uid not in listed))
    if findings.is_held and not await context.ledger.audit_is_confirmed():
        log.error(
            "audit_held",
            missing=len(findings.missing),
            open=findings.open,
            what_to_do="look at the cluster, then run: tradingsweep audit --confirm",
        )
        return findings
    _look_again(context, findings.missing)
    return findings


def _look_again(context: Context, missing: Iterable[Key]) -> None:
    """Let the next look ask the API server for these."""
    for key in missing:
        context.objects.drop(key.uid)
        context.missing.add(key.uid)
        context.queue.add(key)


def _is_news(context: Context, target: SweepObject) -> bool:
    known = context.objects.generation(target.uid)
    return known is None or known < target.generation

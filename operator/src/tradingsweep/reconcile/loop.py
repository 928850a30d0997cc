"""The pass: observe, decide, perform, publish; and the workers that make it, a key at a time."""

import asyncio
from dataclasses import replace

import structlog

from tradingsweep.domain.changes import Change, Repair
from tradingsweep.domain.decide import decide
from tradingsweep.domain.facts import Facts
from tradingsweep.domain.notices import notified
from tradingsweep.errors import ClusterUnavailable, LedgerUnavailable, TradingApiUnavailable
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.measures import Result
from tradingsweep.reconcile.naming import about, name_run, tell
from tradingsweep.reconcile.observe import observe
from tradingsweep.reconcile.perform import perform
from tradingsweep.reconcile.ports import Key
from tradingsweep.reconcile.publish import publish
from tradingsweep.reconcile.tracing import hearing, name_in_trace

log = structlog.get_logger()

MOST_STEPS = 16
"""Decisions in one pass. No sweep needs as many; one that does gives way to the others."""


async def reconcile(key: Key, context: Context) -> Result:
    """Bring one sweep as far as it can go now, then show where it stands.

    Killed at any line, the next pass observes again: an effect that was performed is performed
    again under the same key, and a change that was written is not written twice.
    """
    facts: Facts | None = None
    for _ in range(MOST_STEPS):
        facts = await observe(key, context, facts)
        name_run(facts)
        name_in_trace(facts, context.traces)
        action = decide(facts)
        with hearing(action, facts, context.traces):
            change = await perform(key, action, facts, context)
            if change is not None:
                await _write(key, facts, change, context)
        if change is None:
            context.missing.discard(key.uid)
            await publish(key, action, facts, context)
            return Result.SUCCESS
        _ring(context)
    context.queue.add(key)
    return Result.REQUEUE


async def _write(key: Key, facts: Facts, change: Change, context: Context) -> None:
    """Write a change or not (somebody else decided first): the next look tells."""
    change = _as_a_repair(key, change, context)
    with context.traces.step("store" if change.results is not None else "record"):
        written = await context.ledger.write(key, facts.view, notified(facts, change))
    if written:
        for mark in change.inbox:
            context.measures.dealt_with(mark.outcome)
        tell(change)


def _as_a_repair(key: Key, change: Change, context: Context) -> Change:
    """Name a deletion that an audit found; one that an event told of is none."""
    if key.uid not in context.missing or not change.object_gone:
        return change
    return replace(change, repairs=Repair.MISSED_DELETION)


def _ring(context: Context) -> None:
    """A decision may have left Events, mails or cancels, and may have freed a slot."""
    context.outbox.ring()
    context.mails.ring()
    context.admission.ring()


async def work(context: Context) -> None:
    """Take keys and reconcile them, until cancelled; a pass that raises is repeated later."""
    while True:
        key = await context.queue.take()
        try:
            await _attempt(key, context)
        finally:
            context.queue.done(key)


async def _attempt(key: Key, context: Context) -> None:
    """Make one pass and count it; one that raises is planned anew."""
    started = context.clock()
    with about(key), context.traces.step("reconcile"):
        context.traces.note(sweep=f"{key.namespace}/{key.name}", uid=key.uid)
        result = await _outcome(key, context)
        context.traces.note(result=result)
    context.measures.reconciled(result, max(0.0, context.clock() - started))


async def _outcome(key: Key, context: Context) -> Result:
    try:
        # A pass that has begun is finished, also when its worker is stopped: what left is recorded.
        begun = asyncio.create_task(reconcile(key, context))
        context.passes.add(begun)
        begun.add_done_callback(context.passes.discard)
        result = await asyncio.shield(begun)
    except TradingApiUnavailable as error:
        retry = error.retry_after or context.policy.delays.api_retry.total_seconds()
        context.queue.add_after(key, retry)
        log.warning("trading_api_unavailable", error=str(error), again_in=retry)
        return Result.REQUEUE_AFTER
    except (LedgerUnavailable, ClusterUnavailable) as error:
        again = context.queue.failed(key)
        log.warning("pass_interrupted", error=str(error), again_in=again)
        return Result.REQUEUE_AFTER
    except Exception:
        again = context.queue.failed(key)
        log.exception("pass_failed", again_in=again)
        await _count_a_poisoned_callback(key, context)
        return Result.ERROR
    context.queue.succeeded(key)
    return result


async def _count_a_poisoned_callback(key: Key, context: Context) -> None:
    """A callback that makes every pass raise is set aside after five tries."""
    try:
        await context.ledger.callback_raised(key.uid)
    except LedgerUnavailable as error:
        log.warning("ledger_unavailable", error=str(error))

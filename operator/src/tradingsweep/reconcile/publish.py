"""Showing a sweep as the ledger has it: one coalesced status patch, at a steady pace."""

from dataclasses import replace
from datetime import timedelta

import structlog

from tradingsweep.domain.actions import Action, AwaitSlot, AwaitUpgrade, Follow, Rest
from tradingsweep.domain.facts import Facts
from tradingsweep.domain.pace import difference, wait_before_patch
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.projection import project
from tradingsweep.domain.submissions import State
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Key

log = structlog.get_logger()


async def publish(key: Key, action: Action, facts: Facts, context: Context) -> None:
    """Write the status if it differs and its time has come; plan the next look."""
    if facts.submission is None or facts.submission.state is not State.ACCEPTED:
        context.follower.drop(key.uid)
    for known in facts.view.submissions:
        if known.state is not State.INTENT:
            context.posted.pop(known.key, None)
    if facts.object is None or facts.object.deleting:
        context.patched.pop(key.uid, None)
        context.newest.told.pop(key.uid, None)
        return
    if isinstance(action, Rest | AwaitSlot | AwaitUpgrade | Follow) and action.until is not None:
        context.queue.add_after(key, (action.until - facts.now).total_seconds())
    wait = await _patch(key, facts, context)
    if wait is not None:
        context.queue.add_after(key, wait.total_seconds())


async def _patch(key: Key, facts: Facts, context: Context) -> timedelta | None:
    """Patch now, or say how long to wait with it; None: there is nothing to wait for."""
    target, run = facts.object, facts.view.run
    status = project(facts)
    if target is None or run is None or status is None or not difference(target.status, status):
        return None
    last = context.patched.get(key.uid)
    if last is not None and target.status.get("ledgerID") not in (None, facts.view.ledger_id):
        # Ours since our patch, it was signed again: another installation lives, and answering it
        # would cost a patch for each of its own, without end.
        log.error("another_ledger_writes", ledger_id=target.status["ledgerID"])
        return None
    wait = wait_before_patch(
        target.status,
        status,
        waited=facts.now - run.queued_at,
        since_last=None if last is None else timedelta(seconds=context.clock() - last),
        delays=context.policy.delays,
    )
    if wait > timedelta(0):
        return wait
    if status.phase == Phase.QUEUED:
        # Only a patch that is due is worth looking at the line for.
        ahead = await context.places.ahead(key, context.ledger, context.clock)
        status = project(replace(facts, view=replace(facts.view, ahead=ahead))) or status
    patch = difference(target.status, status)
    if not patch:
        return context.policy.delays.queue_pace
    context.patched[key.uid] = context.clock()
    patched = await context.cluster.patch_status(target, patch)
    if patched is None:
        # It changed under us: ask the API server, not the watch, and look again.
        context.objects.drop(key.uid)
        return timedelta(0)
    context.objects.put(patched)
    return None

"""Reading the facts of one sweep: the object first, then the ledger, so that neither is news."""

from dataclasses import replace

from tradingsweep.domain.facts import Facts, Question, SweepObject
from tradingsweep.domain.identity import identity, identity_hash
from tradingsweep.domain.restoring import seems_restored
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Key


async def observe(key: Key, context: Context, before: Facts | None = None) -> Facts:
    """Gather everything that a decision may look at; reads only.

    Args:
        key: the sweep.
        context: the operator's.
        before: what this pass has seen; an object that was gone then is gone, as is its uid.

    The object comes first: were it read after the ledger, a decision made in between would make
    the ledger look older than the object that it was made for.
    """
    looked_at = context.clock()
    target = context.objects.get(key.uid)
    cached = target is not None
    if target is None and (before is None or before.object is not None):
        target = await _ask(key, context)
    view = await context.ledger.view(key.uid, _question(target))
    if cached and seems_restored(target, view):
        # A watch can be behind, and a cache with it. Only what the API server itself says counts.
        target = await _ask(key, context)
        view = await context.ledger.view(key.uid, _question(target))
    pause = context.policy.delays.api_retry.total_seconds()
    facts = Facts(
        object=target,
        view=view,
        unread=await context.newest.unread(target, context.cluster, context.clock(), pause),
        policy=context.policy,
        surplus=key.uid in context.surplus,
        epoch=context.epoch,
        looked_at=looked_at,
    )
    live = facts.submission
    if live is None:
        return facts
    return replace(
        facts,
        heard=context.follower.heard(key.uid, live.key),
        posted=context.posted.get(live.key) == live.intent_at is not None,
    )


async def _ask(key: Key, context: Context) -> SweepObject | None:
    context.objects.drop(key.uid)
    target = await context.cluster.get(key)
    if target is not None:
        context.objects.put(target)
    return target


def _question(target: SweepObject | None) -> Question | None:
    if target is None:
        return None
    return Question(target.namespace, target.name, identity_hash(identity(target.spec)))

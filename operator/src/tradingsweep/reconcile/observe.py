"""Reading the facts of one sweep: the object first, then the ledger, so that neither is news."""

from dataclasses import replace

from tradingsweep.domain.facts import Facts, Question, SweepObject
from tradingsweep.domain.identity import identity, identity_hash
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Key


async def observe(key: Key, context: Context) -> Facts:
    """Gather everything that a decision may look at; reads only.

    The object comes first: were it read after the ledger, a decision made in between would make
    the ledger look older than the object that it was made for.
    """
    looked_at = context.clock()
    target = context.objects.get(key.uid)
    if target is None:
        target = await context.cluster.get(key)
        if target is not None:
            context.objects.put(target)
    view = await context.ledger.view(key.uid, _question(target))
    facts = Facts(
        object=target,
        view=view,
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


def _question(target: SweepObject | None) -> Question | None:
    if target is None:
        return None
    return Question(target.namespace, target.name, identity_hash(identity(target.spec)))

"""The outbox: effects that a decision left behind, claimed for a while, performed at least once."""

from datetime import timedelta

from tradingsweep.adapters.ledger.postgres import Identity, Pool, transaction
from tradingsweep.reconcile.ports import Effect, Key

LEASE = timedelta(seconds=30)
"""For how long a claim keeps others away; a crash leaves it to run out."""


async def claim(pool: Pool, identity: Identity, limit: int) -> list[Effect]:
    """Take due rows of this cluster and shard, oldest first."""
    arguments = {
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "limit": limit,
        "lease": LEASE,
    }
    async with transaction(pool) as connection:
        rows = await connection.execute(_CLAIM, arguments)
        return [
            Effect(
                id=row["id"],
                kind=row["kind"],
                key=Key(row["uid"], row["namespace"], row["name"]),
                payload=row["payload"],
                tries=row["tries"],
            )
            async for row in rows
        ]


async def done(pool: Pool, effect: Effect, *, released: bool) -> None:
    """Mark an effect as performed; a confirmed cancel also releases the submission's slot."""
    async with transaction(pool) as connection:
        await connection.execute(_DONE, {"id": effect.id})
        if released and "submission_key" in effect.payload:
            await connection.execute(_CONFIRM, {"key": effect.payload["submission_key"]})


async def failed(pool: Pool, effect: Effect, wait: timedelta, *, dead: bool) -> None:
    """Put an effect back for later, or aside for good."""
    async with transaction(pool) as connection:
        await connection.execute(_FAILED, {"id": effect.id, "wait": wait, "dead": dead})


_CLAIM = """
UPDATE outbox AS o SET lease_until = now() + %(lease)s, tries = o.tries + 1
FROM sweeps AS s
WHERE s.uid = o.sweep_uid AND o.id IN (
    SELECT due.id FROM outbox AS due JOIN sweeps AS owner ON owner.uid = due.sweep_uid
    WHERE due.done_at IS NULL AND due.dead_at IS NULL AND due.next_at <= now()
      AND (due.lease_until IS NULL OR due.lease_until < now())
      AND due.kind IN ('event', 'cancel')
      AND owner.cluster_id = %(cluster)s AND owner.shard = %(shard)s
    ORDER BY due.next_at, due.id LIMIT %(limit)s
    FOR UPDATE OF due SKIP LOCKED)
RETURNING o.id, o.kind, o.payload, o.tries, s.uid, s.namespace, s.name
"""

_DONE = "UPDATE outbox SET done_at = now(), lease_until = NULL WHERE id = %(id)s"

_CONFIRM = """
UPDATE submissions SET
    cancel_state = 'confirmed', slot_released_at = coalesce(slot_released_at, now())
WHERE key = %(key)s
"""

_FAILED = """
UPDATE outbox SET lease_until = NULL, next_at = now() + %(wait)s,
    dead_at = CASE WHEN %(dead)s THEN now() END
WHERE id = %(id)s
"""

"""The outbox: effects that a decision left behind, claimed for a while, performed at least once.

A claim is a lease: who lost it to time may still be at work when another claims the same row. That
the effect is done is a fact, whoever says so; only the latest claim, which the number of tries
names, can put it back.
"""

from datetime import timedelta

from tradingsweep.adapters.ledger.leadership import leads
from tradingsweep.adapters.ledger.postgres import Identity, Pool, transaction
from tradingsweep.reconcile.ports import Effect, Key


async def claim(pool: Pool, identity: Identity, limit: int, *, mails: bool) -> list[Effect]:
    """Take due rows of this cluster and shard, oldest first; only the leader gets any."""
    arguments = {
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "app": identity.app,
        "limit": limit,
        "mails": mails,
        "lease": identity.outbox_claim,
    }
    async with transaction(pool) as connection:
        if not await leads(connection, identity):
            return []
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
            said = {"key": effect.payload["submission_key"], "job_id": effect.payload["job_id"]}
            await connection.execute(_END, said)
            await connection.execute(_CONFIRM, said)


async def failed(pool: Pool, effect: Effect, wait: timedelta, *, dead: bool) -> bool:
    """Put an effect back for later, or aside for good; True where it was set aside."""
    arguments = {"id": effect.id, "tries": effect.tries, "wait": wait, "dead": dead}
    async with transaction(pool) as connection:
        row = await (await connection.execute(_FAILED, arguments)).fetchone()
    return row is not None and bool(row["dead"])


# MATERIALIZED: as a plain subquery the planner may run it again, and lock more rows than the limit.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT o.id, s.uid, s.namespace, s.name
    FROM outbox AS o CROSS JOIN LATERAL (SELECT * FROM sweeps WHERE uid = o.sweep_uid OFFSET 0) AS s
    WHERE o.done_at IS NULL AND o.dead_at IS NULL AND o.next_at <= now()
      AND (o.lease_until IS NULL OR o.lease_until < now())
      AND (o.kind = 'mail') = %(mails)s
      AND s.cluster_id = %(cluster)s AND s.shard = %(shard)s AND s.min_app <= %(app)s
    ORDER BY o.next_at, o.id LIMIT %(limit)s
    FOR UPDATE OF o SKIP LOCKED
), claimed AS (
    UPDATE outbox AS o SET lease_until = now() + %(lease)s, tries = o.tries + 1
    FROM due WHERE o.id = due.id
    RETURNING o.id, o.kind, o.payload, o.tries, o.next_at, due.uid, due.namespace, due.name
)
SELECT * FROM claimed ORDER BY next_at, id
"""

_DONE = "UPDATE outbox SET done_at = now(), lease_until = NULL WHERE id = %(id)s"

_END = """
UPDATE submission_job_ids SET ended_at = coalesce(ended_at, now())
WHERE submission_key = %(key)s AND external_job_id = %(job_id)s
"""

# A submission can have several jobs, at an API that forgot its key: the first end is not all.
_CONFIRM = """
UPDATE submissions SET
    cancel_state = 'confirmed', slot_released_at = coalesce(slot_released_at, now())
WHERE key = %(key)s
  AND NOT EXISTS (SELECT FROM submission_job_ids AS j
                  WHERE j.submission_key = %(key)s AND j.ended_at IS NULL)
"""

# A job that was not cancelled runs on, and its slot is counted until slot_until: so long the API is
# asked, however long it is away.
_FAILED = """
UPDATE outbox AS o SET lease_until = NULL, next_at = now() + %(wait)s,
    dead_at = CASE WHEN %(dead)s AND NOT EXISTS (
        SELECT FROM submissions AS s
        WHERE o.kind = 'cancel' AND s.key = o.payload->>'submission_key'
          AND s.slot_released_at IS NULL AND s.slot_until > now()) THEN now() END
WHERE id = %(id)s AND tries = %(tries)s AND done_at IS NULL
RETURNING dead_at IS NOT NULL AS dead
"""

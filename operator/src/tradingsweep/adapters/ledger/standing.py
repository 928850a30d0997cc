"""How this moment stands, for metrics: who waits, who is held, what is taken, who is away."""

from dataclasses import dataclass

from tradingsweep.adapters.ledger.postgres import Connection


@dataclass(frozen=True, slots=True)
class Standing:
    """One moment of a shard."""

    oldest_seconds: float
    """How long the sweep that has waited longest for a slot has waited; 0: nobody waits."""
    held: dict[str, int]
    """By reason: sweeps that wait for a human."""
    slots: int
    """Slots of the API that are taken, over all shards."""
    unknown: int
    """Submissions with an unknown outcome."""
    api_up: bool
    credentials_accepted: bool


async def standing(connection: Connection, arguments: dict[str, object]) -> Standing:
    """Read how this moment stands; in the snapshot of the caller.

    Args:
        connection: in a transaction.
        arguments: cluster, shard and api.
    """
    held = await connection.execute(_HELD, arguments)
    by_reason = {row["reason"]: row["count"] async for row in held}
    now = await (await connection.execute(_NOW, arguments)).fetchone()
    assert now is not None
    return Standing(
        oldest_seconds=now["oldest"],
        held=by_reason,
        slots=now["slots"],
        unknown=now["unknown"],
        api_up=not now["down"],
        credentials_accepted=not now["rejected"],
    )


_HELD = """
SELECT hold_reason AS reason, count(*)::int AS count FROM sweeps
WHERE cluster_id = %(cluster)s AND shard = %(shard)s AND object_gone_at IS NULL
  AND hold_reason IS NOT NULL
GROUP BY hold_reason
"""

_NOW = """
SELECT
  (SELECT coalesce(extract(epoch FROM now() - min(r.created_at)), 0)::float8
   FROM sweeps AS w JOIN pipeline_jobs AS r ON r.sweep_uid = w.uid AND r.run_no = w.run_no
   WHERE w.cluster_id = %(cluster)s AND w.shard = %(shard)s AND w.object_gone_at IS NULL
     AND w.phase = 'Queued' AND NOT w.suspended AND w.hold_reason IS NULL
     AND (r.next_at IS NULL OR r.next_at <= now())) AS oldest,
  (SELECT count(*)::int FROM submissions AS s
   WHERE s.api = %(api)s AND s.slot_released_at IS NULL
     AND (s.state IN ('intent', 'unknown', 'accepted')
          OR (s.state IN ('replaced', 'cancelled', 'timed_out') AND s.slot_until > now()))
  ) AS slots,
  (SELECT count(*)::int FROM submissions AS s JOIN sweeps AS w ON w.uid = s.sweep_uid
   WHERE w.cluster_id = %(cluster)s AND w.shard = %(shard)s AND s.state = 'unknown') AS unknown,
  EXISTS (SELECT 1 FROM api_state WHERE api = %(api)s AND down_until > now()) AS down,
  EXISTS (SELECT 1 FROM api_state
          WHERE api = %(api)s AND credentials_rejected_until > now()) AS rejected
"""

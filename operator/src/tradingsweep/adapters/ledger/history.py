"""Finished sweeps beyond what a namespace keeps: which ones, told by the ledger's own times."""

from collections.abc import Sequence

from tradingsweep.adapters.ledger.postgres import Identity, Pool, transaction
from tradingsweep.reconcile.ports import HistoryLimits, Key

AT_ONCE = 1000
"""Sweeps that one look finds: what is left is found by the next."""


async def surplus(
    pool: Pool, identity: Identity, uids: Sequence[str], limits: HistoryLimits
) -> list[Key]:
    """List those of these sweeps that have more younger ones of their kind than are kept."""
    arguments = {
        "uids": list(uids),
        "completed": limits.completed,
        "failed": limits.failed,
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "app": identity.app,
        "most": AT_ONCE,
    }
    async with transaction(pool) as connection:
        rows = await connection.execute(_SURPLUS, arguments)
        return [Key(row["uid"], row["namespace"], row["name"]) async for row in rows]


# Those that are to be deleted already are the oldest: they stay in the ranking, or the next oldest
# would take their places and go with them.
_SURPLUS = """
SELECT uid, namespace, name
FROM (SELECT w.uid, w.namespace, w.name, w.phase, w.deletion_asked_at, r.completed_at,
             row_number() OVER (PARTITION BY w.namespace, w.phase
                                ORDER BY r.completed_at DESC, w.uid) AS place
      FROM sweeps AS w JOIN pipeline_jobs AS r ON r.sweep_uid = w.uid AND r.run_no = w.run_no
      WHERE w.uid = ANY(%(uids)s)
        AND w.cluster_id = %(cluster)s AND w.shard = %(shard)s AND w.min_app <= %(app)s
        AND w.phase IN ('Completed', 'Failed') AND w.object_gone_at IS NULL
        AND w.hold_reason IS NULL AND NOT w.spared AND r.completed_at IS NOT NULL) AS finished
WHERE deletion_asked_at IS NULL
  AND place > CASE phase WHEN 'Completed' THEN %(completed)s ELSE %(failed)s END
ORDER BY completed_at, uid LIMIT %(most)s
"""

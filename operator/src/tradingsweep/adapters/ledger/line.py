"""The line at the Trading API: who waits in it, who could go now, and in which order."""

from typing import Any

from psycopg.sql import SQL

from tradingsweep.adapters.ledger.postgres import Connection, Identity, Pool, statement, transaction
from tradingsweep.domain.queueing import Waiting

MAY_GO = SQL("""
    w.cluster_id = %(cluster)s AND w.shard = %(shard)s AND w.min_app <= %(app)s
    AND w.phase = 'Queued' AND w.object_gone_at IS NULL AND w.hold_reason IS NULL
    AND NOT w.suspended
    AND r.status = 'QUEUED' AND r.combinations <= %(most_combinations)s
    AND (r.next_at IS NULL OR r.next_at <= %(now)s)
    AND (r.deadline_at IS NULL OR r.deadline_at > %(now)s)
    AND NOT EXISTS (SELECT FROM submissions AS s
                    WHERE s.run_id = r.id AND s.state IN ('intent', 'unknown', 'accepted'))
""")
"""Whether the sweep `w` with its current run `r` can be given a slot."""


async def front(connection: Connection, arguments: dict[str, Any], most: int) -> list[Waiting]:
    """Return the first of each namespace's line; none while the API is known to be away."""
    rows = await connection.execute(_FRONT, arguments | {"most": most})
    return [Waiting(**row) async for row in rows]


async def successors(connection: Connection, arguments: dict[str, Any]) -> list[Waiting]:
    """Return who waits with a slot of their own: that of the submission which they replace."""
    rows = await connection.execute(_SUCCESSORS, arguments)
    return [Waiting(**row) async for row in rows]


async def anyone(pool: Pool, identity: Identity, max_combinations: int) -> bool:
    """Whether a sweep could take a slot, if there is one."""
    async with transaction(pool) as connection:
        now = await (await connection.execute("SELECT now()")).fetchone()
        arguments = scope(identity, max_combinations) | (now or {}) | {"most": 1}
        return await (await connection.execute(_ANYONE, arguments)).fetchone() is not None


async def line(pool: Pool, identity: Identity, namespace: str) -> list[str]:
    """List the sweeps of a namespace that wait, who goes first first, at most 1,000."""
    asked = {"cluster": identity.cluster_id, "shard": identity.shard, "namespace": namespace}
    async with statement(pool) as connection:
        return [str(row["uid"]) async for row in await connection.execute(_LINE, asked)]


def scope(identity: Identity, max_combinations: int) -> dict[str, Any]:
    """Return what `MAY_GO` asks for, but the time."""
    return {
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "app": identity.app,
        "api": identity.api,
        "most_combinations": max_combinations,
    }


_ITS_SWEEP = SQL("""LATERAL (
        SELECT * FROM sweeps WHERE uid = r.sweep_uid AND run_no = r.run_no OFFSET 0)""")
"""The sweep of a run, by its key (see `postgres.py` on OFFSET 0)."""

# A namespace at a time, in the order of an index: a line of 10,000 costs no more than its front.
# Nobody further back than there are slots can be chosen in this round.
_FRONT = SQL("""
SELECT line.uid, t.namespace, line.priority, line.queued_at
FROM tenants AS t
CROSS JOIN LATERAL (
    SELECT w.uid, r.priority, r.created_at AS queued_at
    FROM pipeline_jobs AS r CROSS JOIN {sweep} AS w
    WHERE r.tenant_id = t.namespace AND {may_go}
    ORDER BY r.priority DESC, r.created_at, w.uid LIMIT %(most)s) AS line
WHERE t.cluster_id = %(cluster)s
  AND NOT EXISTS (SELECT FROM api_state AS a WHERE a.api = %(api)s
                  AND (a.down_until > %(now)s OR a.credentials_rejected_until > %(now)s))
""").format(may_go=MAY_GO, sweep=_ITS_SWEEP)

_SUCCESSORS = SQL("""
SELECT DISTINCT w.uid, w.namespace, r.priority, r.created_at AS queued_at
FROM submissions AS held
JOIN pipeline_jobs AS r ON r.id = held.run_id
JOIN sweeps AS w ON w.uid = r.sweep_uid AND w.run_no = r.run_no
WHERE held.api = %(api)s AND held.state = 'replaced' AND held.slot_until > %(now)s
  AND held.slot_released_at IS NULL AND {may_go}
  AND NOT EXISTS (SELECT FROM api_state AS a WHERE a.api = %(api)s
                  AND (a.down_until > %(now)s OR a.credentials_rejected_until > %(now)s))
""").format(may_go=MAY_GO)

_ANYONE = SQL("{front} LIMIT 1").format(front=_FRONT)

_LINE = SQL("""
SELECT w.uid
FROM pipeline_jobs AS r CROSS JOIN {sweep} AS w
WHERE r.tenant_id = %(namespace)s AND r.status = 'QUEUED'
  AND w.cluster_id = %(cluster)s AND w.shard = %(shard)s
  AND w.phase = 'Queued' AND w.object_gone_at IS NULL AND w.hold_reason IS NULL
  AND NOT w.suspended
  AND NOT EXISTS (SELECT FROM submissions AS s
                  WHERE s.run_id = r.id AND s.state IN ('intent', 'unknown', 'accepted'))
ORDER BY r.priority DESC, r.created_at, w.uid LIMIT 1000
""").format(sweep=_ITS_SWEEP)

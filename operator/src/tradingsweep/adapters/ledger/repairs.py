"""What was mended, counted in the transaction that mended it: a killed process loses none."""

from typing import Any

from tradingsweep.adapters.ledger.postgres import Connection, Identity
from tradingsweep.domain.changes import Repair


async def count_repair(connection: Connection, identity: Identity, kind: Repair) -> None:
    """Add one to a kind of repair of this cluster and shard."""
    arguments = {"cluster": identity.cluster_id, "shard": identity.shard, "kind": kind.value}
    await connection.execute(_ADD, arguments)


async def repairs(connection: Connection, arguments: dict[str, Any]) -> dict[str, int]:
    """Return how many there were, by kind."""
    rows = await connection.execute(_COUNTED, arguments)
    return {row["kind"]: row["count"] async for row in rows}


_ADD = """
INSERT INTO repairs AS r (cluster_id, shard, kind) VALUES (%(cluster)s, %(shard)s, %(kind)s)
ON CONFLICT (cluster_id, shard, kind) DO UPDATE SET count = r.count + 1, last_at = now()
"""

_COUNTED = """
SELECT kind, count::int FROM repairs WHERE cluster_id = %(cluster)s AND shard = %(shard)s
"""

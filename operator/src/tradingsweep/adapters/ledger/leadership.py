"""Who leads a shard: winning adds 1 to its epoch, and an older epoch may begin nothing."""

from tradingsweep.adapters.ledger.postgres import Connection, Identity, Pool, transaction


async def lead(pool: Pool, identity: Identity, holder: str) -> int:
    """Become the leader of the shard, and return the epoch; older ones are deposed by it."""
    async with transaction(pool) as connection:
        cursor = await connection.execute(_LEAD, {"shard": _shard(identity), "holder": holder})
        row = await cursor.fetchone()
    if row is None:
        raise AssertionError("the row is made or changed")
    return int(row["epoch"])


async def leads(connection: Connection, identity: Identity) -> bool:
    """Whether this process leads, until the end of the transaction.

    FOR SHARE: a successor waits for the commit. A plain look would let a leader that was deposed in
    between commit what it had begun.
    """
    leader = await connection.execute(_LEADS, {"shard": _shard(identity), "epoch": identity.epoch})
    return await leader.fetchone() is not None


def _shard(identity: Identity) -> str:
    return f"{identity.cluster_id}/{identity.shard}"


_LEAD = """
INSERT INTO leaders (shard, holder) VALUES (%(shard)s, %(holder)s)
ON CONFLICT (shard) DO UPDATE SET
    epoch = leaders.epoch + 1, holder = EXCLUDED.holder, taken_at = now()
RETURNING epoch
"""

_LEADS = "SELECT 1 FROM leaders WHERE shard = %(shard)s AND epoch = %(epoch)s FOR SHARE"

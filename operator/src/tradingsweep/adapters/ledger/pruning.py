"""Forgetting: callbacks and effects that were dealt with long ago, a bounded batch at a time.

What was set aside as dead stays until a human has looked at it, and is counted. Two leaders of two
shards that prune at the same time take different rows.
"""

from datetime import timedelta

from tradingsweep.adapters.ledger.postgres import Pool, transaction

PROCESSED_KEPT = timedelta(days=7)
"""Senders repeat a callback for up to 75 hours: so long it must be known as a duplicate."""
DONE_KEPT = timedelta(days=7)
UNCLAIMED_KEPT = timedelta(days=30)
"""A signed callback of a row that a restore lost: so long the row may still be rebuilt."""
PARKED_KEPT = timedelta(hours=1)
"""A callback without a token that nobody looked at is no hint any more."""


async def prune(pool: Pool, limit: int) -> dict[str, int]:
    """Delete at most so many rows of each kind, oldest first.

    Returns:
        How many of each kind went.
    """
    arguments = {
        "limit": limit,
        "processed": PROCESSED_KEPT,
        "done": DONE_KEPT,
        "unclaimed": UNCLAIMED_KEPT,
        "parked": PARKED_KEPT,
    }
    gone: dict[str, int] = {}
    for what, query in _PRUNE.items():
        async with transaction(pool) as connection:
            cursor = await connection.execute(query, arguments)
            gone[what] = len(await cursor.fetchall())
    return gone


_PRUNE = {
    "inbox": """
        DELETE FROM callback_inbox WHERE id IN (
            SELECT id FROM callback_inbox
            WHERE processed_at < now() - %(processed)s AND outcome <> 'dead'
            ORDER BY processed_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id
    """,
    "unclaimed": """
        DELETE FROM callback_inbox WHERE id IN (
            SELECT id FROM callback_inbox AS i
            WHERE processed_at IS NULL AND received_at < now() - %(unclaimed)s
              AND NOT EXISTS (SELECT FROM submissions AS s WHERE s.key = i.submission_key)
            ORDER BY received_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id
    """,
    "parked": """
        DELETE FROM callback_inbox WHERE id IN (
            SELECT id FROM callback_inbox
            WHERE processed_at IS NULL AND NOT signed AND received_at < now() - %(parked)s
            ORDER BY received_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id
    """,
    "parked before its job was known": """
        DELETE FROM parked_callbacks WHERE (job_id, body_sha256) IN (
            SELECT job_id, body_sha256 FROM parked_callbacks
            WHERE received_at < now() - %(parked)s
            ORDER BY received_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING job_id
    """,
    "outbox": """
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE done_at < now() - %(done)s
            ORDER BY done_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id
    """,
}

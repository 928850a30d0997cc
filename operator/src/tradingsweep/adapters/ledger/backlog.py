"""What waits in inbox and outbox, and what was set aside: counted at each scrape."""

from dataclasses import dataclass

from tradingsweep.adapters.ledger.postgres import Connection


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows that are not done with."""

    outbox: dict[tuple[str, str], int]
    """By kind and state (waiting, dead): effects."""
    inbox: dict[str, int]
    """By state (waiting, dead): callbacks."""


async def backlog(connection: Connection) -> Backlog:
    """Count inbox and outbox of this ledger: of all its clusters and shards."""
    outbox = await connection.execute(_OUTBOX)
    inbox = await connection.execute(_INBOX)
    return Backlog(
        outbox={(row["kind"], row["state"]): row["count"] async for row in outbox},
        inbox={row["state"]: row["count"] async for row in inbox},
    )


_OUTBOX = """
SELECT kind, 'waiting' AS state, count(*)::int AS count FROM outbox
WHERE done_at IS NULL AND dead_at IS NULL GROUP BY kind
UNION ALL
SELECT kind, 'dead', count(*)::int FROM outbox WHERE dead_at IS NOT NULL GROUP BY kind
"""

_INBOX = """
SELECT 'waiting' AS state, count(*)::int AS count FROM callback_inbox WHERE processed_at IS NULL
UNION ALL
SELECT 'dead', count(*)::int FROM callback_inbox WHERE outcome = 'dead'
"""

"""What waits in inbox and outbox, and what was set aside: counted at each scrape."""

from dataclasses import dataclass
from datetime import datetime

from tradingsweep.adapters.ledger.postgres import Connection


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows that are not done with."""

    outbox: dict[tuple[str, str], int]
    """By kind and state (waiting, dead): effects."""
    inbox: dict[str, int]
    """By state (waiting, dead): callbacks."""
    inbox_oldest_seconds: float = 0.0
    """How long the callback that has waited longest has waited; 0: none waits."""
    last_callback_at: datetime | None = None


async def backlog(connection: Connection) -> Backlog:
    """Count inbox and outbox of this ledger: of all its clusters and shards."""
    outbox = await connection.execute(_OUTBOX)
    inbox = await connection.execute(_INBOX)
    times = await (await connection.execute(_TIMES)).fetchone()
    assert times is not None
    return Backlog(
        outbox={(row["kind"], row["state"]): row["count"] async for row in outbox},
        inbox={row["state"]: row["count"] async for row in inbox},
        inbox_oldest_seconds=times["oldest"],
        last_callback_at=times["last"],
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

# The newest row is the one with the highest number, near enough for a metric and without a scan.
_TIMES = """
SELECT (SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8
        FROM callback_inbox WHERE processed_at IS NULL) AS oldest,
       (SELECT received_at FROM callback_inbox ORDER BY id DESC LIMIT 1) AS last
"""

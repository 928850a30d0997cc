"""What metrics are made of: counted in the ledger, so that a killed process loses none.

Tickers are chosen by users, and each is a series for ever: beyond the busiest ones they are counted
together as `other`.
"""

from dataclasses import dataclass

from tradingsweep.adapters.ledger.backlog import Backlog, backlog
from tradingsweep.adapters.ledger.postgres import Identity, Pool, transaction

MOST_TICKERS = 100
"""Tickers that have series of their own."""
DURATION_BUCKETS = (10, 30, 60, 120, 300, 600, 1800)
"""Seconds; the seed's."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Runs of one ticker that ended in one way."""

    status: str
    """completed or failed."""
    ticker: str
    count: int
    seconds: float
    """Sum of their durations."""
    within: tuple[int, ...]
    """How many of them took at most each of the buckets."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything that is counted."""

    queued: dict[tuple[str, str], int]
    """By ticker and strategy type: runs that were put in the queue."""
    ended: tuple[Ended, ...]
    now: dict[str, int]
    """By phase: sweeps that exist."""
    backlog: Backlog
    """What waits in inbox and outbox, and what was set aside."""


async def count(pool: Pool, identity: Identity) -> Counts:
    """Count transitions and sweeps of this cluster and shard."""
    arguments: dict[str, object] = {
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "most": MOST_TICKERS,
        "buckets": list(DURATION_BUCKETS),
    }
    async with transaction(pool, snapshot=True) as connection:
        busiest = await connection.execute(_BUSIEST, arguments)
        arguments["busiest"] = [row["ticker"] async for row in busiest]
        queued = await connection.execute(_QUEUED, arguments)
        ended = await connection.execute(_ENDED, arguments)
        now = await connection.execute(_NOW, arguments)
        return Counts(
            queued={(r["series"], r["strategy_type"]): r["count"] async for r in queued},
            ended=tuple(
                [
                    Ended(r["status"], r["series"], r["count"], r["seconds"], tuple(r["within"]))
                    async for r in ended
                ]
            ),
            now={r["phase"]: r["count"] async for r in now},
            backlog=await backlog(connection),
        )


_QUEUED = """
SELECT CASE WHEN ticker = ANY(%(busiest)s) THEN ticker ELSE 'other' END AS series,
       strategy_type, count(*)::int AS count
FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid
WHERE s.cluster_id = %(cluster)s AND s.shard = %(shard)s
  -- A further attempt of a run goes back to the queue, but is no other job.
  AND t.to_phase = 'Queued' AND t.reason <> 'NextAttempt'
GROUP BY series, strategy_type
"""

_ENDED = """
SELECT lower(to_phase) AS status,
       CASE WHEN ticker = ANY(%(busiest)s) THEN ticker ELSE 'other' END AS series,
       count(*)::int AS count, coalesce(sum(duration_s), 0) AS seconds,
       ARRAY(SELECT count(*) FILTER (WHERE d <= bucket)::int
             FROM unnest(%(buckets)s::int[]) WITH ORDINALITY AS b (bucket, place),
                  unnest(array_agg(coalesce(duration_s, 0))) AS d
             GROUP BY place ORDER BY place) AS within
FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid
WHERE s.cluster_id = %(cluster)s AND s.shard = %(shard)s
  AND t.to_phase IN ('Completed', 'Failed')
GROUP BY to_phase, series
"""

_BUSIEST = """
SELECT ticker FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid
WHERE s.cluster_id = %(cluster)s AND s.shard = %(shard)s
GROUP BY ticker ORDER BY count(*) DESC, ticker LIMIT %(most)s
"""

_NOW = """
SELECT phase, count(*)::int AS count FROM sweeps
WHERE cluster_id = %(cluster)s AND shard = %(shard)s AND object_gone_at IS NULL
GROUP BY phase
"""

"""What metrics are made of: counted in the ledger, so that a killed process loses none.

Tickers are chosen by users, and each is a series for ever: the first hundred that were ever seen
have their own, and all others are counted together as `other`. Not the busiest ones: when a ticker
left those, its own count would vanish and `other` would jump, which Prometheus takes for jobs.
"""

from dataclasses import dataclass

from tradingsweep.adapters.ledger.backlog import Backlog, backlog
from tradingsweep.adapters.ledger.postgres import Identity, Pool, transaction
from tradingsweep.adapters.ledger.repairs import repairs
from tradingsweep.adapters.ledger.standing import Standing, standing

MOST_TICKERS = 100
"""Tickers that have series of their own."""


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
    """How many of them took at most 10, 30, 60, 120, 300, 600 and 1800 seconds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything that is counted."""

    queued: dict[tuple[str, str], int]
    """By ticker and strategy type: runs that were put in the queue."""
    ended: tuple[Ended, ...]
    now: dict[str, int]
    """By phase: sweeps that exist."""
    best: dict[tuple[str, str], float]
    """By ticker and strategy type: Sharpe ratios of best-ranked pairs, the highest ones."""
    standing: Standing
    backlog: Backlog
    """What waits in inbox and outbox, and what was set aside."""
    repairs: dict[str, int]
    """By kind: what no event told, and was mended."""


async def count(pool: Pool, identity: Identity) -> Counts:
    """Count transitions and sweeps of this cluster and shard."""
    arguments: dict[str, object] = {
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "api": identity.api,
        "most": MOST_TICKERS,
    }
    async with transaction(pool, snapshot=True) as connection:
        named = await connection.execute(_NAMED, arguments)
        arguments["named"] = [row["ticker"] async for row in named]
        queued = await connection.execute(_QUEUED, arguments)
        ended = await connection.execute(_ENDED, arguments)
        now = await connection.execute(_NOW, arguments)
        best = await connection.execute(_BEST)
        return Counts(
            queued={(r["series"], r["strategy_type"]): r["count"] async for r in queued},
            ended=tuple(
                [
                    Ended(r["status"], r["series"], r["count"], r["seconds"], tuple(r["within"]))
                    async for r in ended
                ]
            ),
            now={r["phase"]: r["count"] async for r in now},
            best={(r["ticker"], r["strategy_type"]): r["sharpe"] async for r in best},
            standing=await standing(connection, arguments),
            backlog=await backlog(connection),
            repairs=await repairs(connection, arguments),
        )


_QUEUED = """
SELECT CASE WHEN ticker = ANY(%(named)s) THEN ticker ELSE 'other' END AS series,
       strategy_type, count(*)::int AS count
FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid
WHERE s.cluster_id = %(cluster)s AND s.shard = %(shard)s
  -- A further attempt of a run goes back to the queue, but is no other job.
  AND t.to_phase = 'Queued' AND t.reason <> 'NextAttempt'
GROUP BY series, strategy_type
"""

# The buckets are the documented ones; metrics.families names them too.
_ENDED = """
SELECT lower(to_phase) AS status,
       CASE WHEN ticker = ANY(%(named)s) THEN ticker ELSE 'other' END AS series,
       count(*)::int AS count, coalesce(sum(duration_s), 0) AS seconds,
       ARRAY[
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 10),
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 30),
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 60),
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 120),
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 300),
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 600),
           count(*) FILTER (WHERE coalesce(duration_s, 0) <= 1800)
       ]::int[] AS within
FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid
WHERE s.cluster_id = %(cluster)s AND s.shard = %(shard)s
  AND t.to_phase IN ('Completed', 'Failed')
GROUP BY to_phase, series
"""

_NAMED = """
SELECT ticker FROM transitions AS t JOIN sweeps AS s ON s.uid = t.sweep_uid
WHERE s.cluster_id = %(cluster)s AND s.shard = %(shard)s
GROUP BY ticker ORDER BY min(t.id) LIMIT %(most)s
"""

_NOW = """
SELECT phase, count(*)::int AS count FROM sweeps
WHERE cluster_id = %(cluster)s AND shard = %(shard)s AND object_gone_at IS NULL
GROUP BY phase
"""

_BEST = """
SELECT ticker, strategy_type, max(sharpe_ratio) AS sharpe FROM trading_sweep_results
WHERE rank = 1 AND sharpe_ratio IS NOT NULL
GROUP BY ticker, strategy_type ORDER BY sharpe DESC, ticker LIMIT 10
"""

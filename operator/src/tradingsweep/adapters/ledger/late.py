"""Results that came after their run was superseded: kept under it, shown nowhere."""

from tradingsweep.adapters.ledger.postgres import Pool, transaction
from tradingsweep.adapters.ledger.results import store_results
from tradingsweep.domain.answers import ResultPage
from tradingsweep.reconcile.ports import Asked


async def asked_by(pool: Pool, submission_key: str) -> Asked | None:
    """Return what a submission asked for; None where its results are stored already."""
    async with transaction(pool) as connection:
        found = await connection.execute(_ASKED, {"key": submission_key})
        row = await found.fetchone()
    return Asked(row["run_id"], row["request"], row["store_results"]) if row else None


async def store(pool: Pool, submission_key: str, page: ResultPage) -> None:
    """Store a page under a submission that has none; its state and its run stay what they are."""
    arguments = {"key": submission_key, "sweep_run_id": page.sweep_run_id}
    async with transaction(pool) as connection:
        # Locked first: who comes second finds the rows of the first.
        await connection.execute(_LOCK, arguments)
        if await (await connection.execute(_ASKED, arguments)).fetchone() is None:
            return
        await connection.execute(_NAME, arguments)
        await store_results(connection, submission_key, page)


_LOCK = "SELECT 1 FROM submissions WHERE key = %(key)s FOR NO KEY UPDATE"

_ASKED = """
SELECT s.run_id::text, s.request, r.store_results
FROM submissions AS s JOIN pipeline_jobs AS r ON r.id = s.run_id
WHERE s.key = %(key)s AND s.state <> 'completed'
  AND NOT EXISTS (SELECT FROM trading_sweep_results AS t WHERE t.submission_key = s.key)
"""

_NAME = "UPDATE submissions SET sweep_run_id = %(sweep_run_id)s WHERE key = %(key)s"

"""Results that came after their run was superseded: kept under it, once, and shown nowhere.

Once for the run, not for each of its submissions. A superseded run can have two jobs that end well:
(1) the answer to its first submission is lost, and it is replaced; (2) the second one is accepted;
(3) an edit opens the next run; (4) both jobs call back. They answer one question, and whose answer
comes first is kept. A run that had ended before the edit keeps its end as it was.
"""

from tradingsweep.adapters.ledger.postgres import Pool, transaction
from tradingsweep.adapters.ledger.results import store_results
from tradingsweep.domain.answers import ResultPage
from tradingsweep.reconcile.ports import Asked


async def asked_by(pool: Pool, submission_key: str) -> Asked | None:
    """Return what a submission asked for; None where its run takes no results any more."""
    async with transaction(pool) as connection:
        found = await connection.execute(_ASKED, {"key": submission_key})
        row = await found.fetchone()
    return Asked(row["run_id"], row["request"], row["store_results"]) if row else None


async def store(pool: Pool, submission_key: str, page: ResultPage) -> None:
    """Store a page under a submission whose run has none; the states of both stay what they are."""
    arguments = {"key": submission_key, "sweep_run_id": page.sweep_run_id}
    async with transaction(pool) as connection:
        # Locked first: who comes second finds what the first has stored, be it an empty page.
        await connection.execute(_LOCK, arguments)
        if await (await connection.execute(_ASKED, arguments)).fetchone() is None:
            return
        await connection.execute(_NAME, arguments)
        await store_results(connection, submission_key, page)


_LOCK = """
SELECT 1 FROM pipeline_jobs WHERE id = (SELECT run_id FROM submissions WHERE key = %(key)s)
FOR NO KEY UPDATE
"""

_ASKED = """
SELECT s.run_id::text, s.request, r.store_results
FROM submissions AS s JOIN pipeline_jobs AS r ON r.id = s.run_id
WHERE s.key = %(key)s AND r.status = 'CANCELLED' AND r.result IS NULL
"""

_NAME = "UPDATE submissions SET sweep_run_id = %(sweep_run_id)s WHERE key = %(key)s"

"""W2: facts from outside are appended without a version, by anybody, and never dropped."""

from tradingsweep.adapters.ledger.postgres import Connection, Pool, transaction


async def learn_job_id(pool: Pool, submission_key: str, job_id: str, source: str) -> None:
    """Append a job id, in a transaction of its own."""
    async with transaction(pool) as connection:
        await append_job_id(connection, submission_key, job_id, source)


async def append_job_id(
    connection: Connection, submission_key: str, job_id: str, source: str, *, ended: bool = False
) -> None:
    """Append a job id; where its submission was cancelled meanwhile, the job is to be cancelled.

    The submission is locked first. Otherwise: (1) a deletion marks it cancelled and finds no job to
    cancel; (2) the job id is appended, and the submission still reads as accepted; (3) both commit,
    and nobody has asked for the cancellation. With the lock, who comes second sees the first.
    """
    arguments = {"key": submission_key, "job_id": job_id, "source": source, "ended": ended}
    await connection.execute(_LOCK, arguments)
    await connection.execute(_APPEND, arguments)
    await connection.execute(_UNPARK, arguments)
    await cancel_known_jobs(connection, submission_key)


async def cancel_known_jobs(connection: Connection, submission_key: str) -> None:
    """Ask for the cancellation of each known job of a cancelled submission, once each."""
    await connection.execute(_CANCEL, {"key": submission_key})


_LOCK = "SELECT 1 FROM submissions WHERE key = %(key)s FOR SHARE"

_APPEND = """
INSERT INTO submission_job_ids AS j (submission_key, external_job_id, source, ended_at)
VALUES (%(key)s, %(job_id)s, %(source)s, CASE WHEN %(ended)s THEN now() END)
ON CONFLICT (submission_key, external_job_id) DO UPDATE SET ended_at = EXCLUDED.ended_at
WHERE j.ended_at IS NULL AND EXCLUDED.ended_at IS NOT NULL
"""

# A callback that is parked in the very moment in which its id is learned is not seen here, and goes
# after an hour: it is a hint, and the stream of a job that was just accepted is asked anyway.
_UNPARK = """
WITH known AS (DELETE FROM parked_callbacks WHERE job_id = %(job_id)s RETURNING body)
SELECT inbox_store(%(key)s, body, false) FROM known
"""

_CANCEL = """
INSERT INTO outbox (dedupe_key, sweep_uid, kind, payload)
SELECT 'cancel:' || s.key || ':' || j.external_job_id, s.sweep_uid, 'cancel',
       jsonb_build_object('submission_key', s.key, 'job_id', j.external_job_id)
FROM submissions AS s JOIN submission_job_ids AS j ON j.submission_key = s.key
WHERE s.key = %(key)s AND s.state IN ('cancelled', 'timed_out') AND s.slot_released_at IS NULL
  AND j.ended_at IS NULL
  -- Where two jobs have one name, the other one's would be cancelled as well.
  AND NOT EXISTS (
      SELECT FROM submission_job_ids AS o JOIN submissions AS other ON other.key = o.submission_key
      WHERE o.external_job_id = j.external_job_id AND other.key <> s.key AND other.api = s.api)
ON CONFLICT (dedupe_key) DO NOTHING
"""

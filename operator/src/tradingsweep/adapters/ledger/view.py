"""Reading: everything that is known of one sweep, by one statement, with the ledger's time (W4).

One statement sees one moment, and comes as one JSON document that has the members of `View`: a pass
reads it several times, and a document costs a fifth of what as many rows from as many tables do.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict

from tradingsweep.adapters.ledger.postgres import Identity, Pool, statement
from tradingsweep.domain.facts import Question, View

MOST_SHOWN = 10
"""As many results as a status can show."""


class _Read(BaseModel):
    """What the statement returns: bytes are in base64."""

    model_config = ConfigDict(val_json_bytes="base64")

    view: View


async def read(pool: Pool, identity: Identity, uid: str, asks: Question | None = None) -> View:
    """Read a sweep's rows; `asks`: and the finished run that has answered this."""
    arguments = {
        "uid": uid,
        "namespace": asks.namespace if asks else None,
        "name": asks.name if asks else None,
        "spec_hash": asks.spec_hash if asks else None,
        "api": identity.api,
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "app": identity.app,
    }
    async with statement(pool) as connection:
        row = await (await connection.execute(_VIEW, arguments)).fetchone()
    if row is None:
        raise AssertionError("there is one row of ledger_meta")
    return _Read.model_validate_json(row["read"]).view


_SWEEP = """
SELECT s.uid, s.namespace, s.name, s.generation_seen, s.spec_hash, s.run_no, s.phase, s.reason,
       s.message, s.version, s.object_gone_at, s.suspended, s.run_request, s.cancel_request,
       s.deletion_asked_at, s.spared, s.hold_reason AS hold, s.held_at, s.adopted_from
WHERE s.uid IS NOT NULL
"""

_RUN = """
SELECT id, run_no, spec_hash, requested_combinations AS requested, combinations,
       created_at AS queued_at, parameters, store_results, failed_attempts, collect_tries, next_at,
       deadline_at, started_at, completed_at, coalesce(result, '{}') AS summary, adopted
FROM pipeline_jobs WHERE sweep_uid = s.uid ORDER BY run_no DESC LIMIT 1
"""

# Of earlier runs only those whose end is not known: they hold slots and can still be heard of.
# The other submission's API is asked for last, and by itself: joined, and before Postgres has
# counted the rows of a new ledger, all submissions were read to find none.
_SUBMISSIONS = """
SELECT a.key, a.run_no, a.n, a.state, a.request AS form, a.leader_epoch, a.intent_at, a.post_before,
       a.unknown_until, a.deadline_at, a.sweep_run_id, a.vain_look_ups,
       ARRAY(SELECT j.external_job_id FROM submission_job_ids AS j
             WHERE j.submission_key = a.key ORDER BY j.learned_at, j.external_job_id) AS job_ids,
       EXISTS (SELECT FROM submission_job_ids AS j
               JOIN submission_job_ids AS o ON o.external_job_id = j.external_job_id
               WHERE j.submission_key = a.key AND o.submission_key <> a.key
                 AND (SELECT other.api FROM submissions AS other
                      WHERE other.key = o.submission_key) = a.api) AS shares_job
FROM submissions AS a
WHERE a.sweep_uid = s.uid
  AND (a.run_no = s.run_no
       OR (a.slot_released_at IS NULL AND a.state IN ('replaced', 'cancelled', 'timed_out')))
ORDER BY a.run_no, a.n
"""

# Postgres breaks base64 into lines.
_INBOX = """
SELECT i.id, i.submission_key AS key, translate(encode(i.body, 'base64'), E'\\n', '') AS body,
       i.signed, i.received_at, i.tries
FROM callback_inbox AS i JOIN submissions AS a ON a.key = i.submission_key
WHERE a.sweep_uid = s.uid AND i.processed_at IS NULL
ORDER BY i.received_at, i.id LIMIT 16
"""

_METRICS = (
    "fast_period, slow_period, score, sharpe_ratio, sortino_ratio, total_return_pct, "
    "annualized_return, max_drawdown_pct, win_rate_pct, profit_factor, total_trades, "
    "trades_per_month, avg_trade_duration"
)
_RESULTS = f"""
SELECT {_METRICS} FROM trading_sweep_results
WHERE job_id = coalesce(done.reused_from, done.id) ORDER BY rank LIMIT {MOST_SHOWN}
"""  # noqa: S608 - both parts are constants of this file

_LAST_COMPLETED = f"""
SELECT done.run_no, done.spec_hash, done.completed_at,
       (SELECT row_to_json(item) FROM ({_RESULTS}) AS item LIMIT 1) AS best
WHERE done.id IS NOT NULL
"""  # noqa: S608 - as above

# What we deleted ourselves and came back goes first, then what a lost cluster had finished, once,
# then the youngest.
_REUSABLE = """
SELECT r.id AS job_id, w.name, r.run_no, r.completed_at,
       w.name = %(name)s AND w.uid <> %(uid)s AND w.deletion_asked_at IS NOT NULL
           AND w.object_gone_at IS NOT NULL AS came_back,
       w.cluster_id <> %(cluster)s AS adopted
FROM pipeline_jobs AS r JOIN sweeps AS w ON w.uid = r.sweep_uid
WHERE r.tenant_id = %(namespace)s AND r.spec_hash = %(spec_hash)s AND r.status = 'COMPLETED'
  AND r.reused_from IS NULL AND NOT r.adopted
  AND (w.cluster_id = %(cluster)s
       OR w.name = %(name)s
          AND w.cluster_id IN (SELECT from_cluster_id FROM adoptions WHERE cluster_id = %(cluster)s)
          AND NOT EXISTS (SELECT FROM pipeline_jobs AS taken WHERE taken.reused_from = r.id))
ORDER BY came_back DESC, adopted DESC, r.completed_at DESC LIMIT 1
"""

# `known` is the sweep's row, whosever it is; `s` is it where it is ours to read: what a newer
# program wrote may hold words that this one does not know.
_VIEW: Final = f"""
SELECT json_build_object('view', row_to_json(v))::text AS read FROM (
    SELECT now() AS now, m.ledger_id, known.uid IS NOT NULL AND s.uid IS NULL AS foreign,
           a.down_until AS api_down_until, a.credentials_rejected_until,
           (SELECT row_to_json(item) FROM ({_SWEEP}) AS item) AS sweep,
           (SELECT row_to_json(item) FROM ({_RUN}) AS item) AS run,
           (SELECT coalesce(json_agg(item), '[]') FROM ({_SUBMISSIONS}) AS item) AS submissions,
           (SELECT coalesce(json_agg(item), '[]') FROM ({_INBOX}) AS item) AS inbox,
           (SELECT coalesce(json_agg(item), '[]') FROM ({_RESULTS}) AS item
            WHERE s.phase = 'Completed') AS top,
           (SELECT row_to_json(item) FROM ({_LAST_COMPLETED}) AS item) AS last_completed,
           (SELECT row_to_json(item) FROM ({_REUSABLE}) AS item) AS reusable
    FROM ledger_meta AS m
    LEFT JOIN api_state AS a ON a.api = %(api)s
    LEFT JOIN sweeps AS known ON known.uid = %(uid)s
    LEFT JOIN LATERAL (
        SELECT known.* WHERE known.cluster_id = %(cluster)s AND known.shard = %(shard)s
                         AND known.min_app <= %(app)s) AS s ON true
    LEFT JOIN LATERAL (
        SELECT id, run_no, spec_hash, completed_at, reused_from FROM pipeline_jobs
        WHERE sweep_uid = s.uid AND status = 'COMPLETED' ORDER BY run_no DESC LIMIT 1) AS done
        ON true) AS v
"""  # noqa: S608 - all parts are constants of this file

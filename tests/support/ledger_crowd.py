"""A ledger that has been in use for long: 100,000 finished sweeps, and 10,000 that wait."""

from tests.support.ledger_rows import Connection

FINISHED, WAITING = 100_000, 10_000

_SWEEPS = """
INSERT INTO sweeps (uid, cluster_id, shard, namespace, name, generation_seen, spec, spec_hash,
                    identity_version, run_no, phase, reason, created_at)
SELECT 'crowd-' || i, 'cluster-1', 'all', 'desk-' || mod(i, 20), 's' || i, 1, '{}',
       'hash-' || i, 1, 1,
       CASE WHEN i > %(finished)s THEN 'Queued' ELSE 'Completed' END, 'WaitingForSlot',
       now() - (%(all)s - i) * interval '1 s'
FROM generate_series(1, %(all)s) AS i
"""

_RUNS = """
INSERT INTO pipeline_jobs (sweep_uid, run_no, tenant_id, status, spec_hash, parameters,
                           combinations, requested_combinations, deadline_seconds, store_results,
                           created_at, completed_at)
SELECT uid, 1, namespace, CASE phase WHEN 'Queued' THEN 'QUEUED' ELSE 'COMPLETED' END, spec_hash,
       '{"ticker": "BTC-USD", "strategy_type": "SMA"}', 8, 9, 3600, 100, created_at,
       CASE phase WHEN 'Completed' THEN created_at END
FROM sweeps
"""

# Of ten, one was cancelled at an API that cannot: its slot ran out, and nobody released it.
_SUBMISSIONS = """
INSERT INTO submissions (key, run_id, sweep_uid, run_no, n, state, request, callback_base,
                         token_kid, idempotent, leader_epoch, intent_at, deadline_at, slot_until,
                         sweep_run_id, slot_released_at)
SELECT encode(sha256(sweep_uid::bytea), 'hex'), id, sweep_uid, 1, 1, s.state, '{}', 'http://x',
       'k1', true, 1, created_at, created_at, created_at,
       CASE s.state WHEN 'completed' THEN 'run-' || sweep_uid END,
       CASE s.state WHEN 'completed' THEN created_at END
FROM pipeline_jobs AS r,
     LATERAL (SELECT CASE WHEN mod(hashtext(r.sweep_uid), 10) = 0 THEN 'cancelled'
                          ELSE 'completed' END AS state) AS s
WHERE r.status = 'COMPLETED'
"""

_REST = (
    """
INSERT INTO submission_job_ids (submission_key, external_job_id, source)
SELECT key, 'job-' || sweep_uid, 'answer' FROM submissions
""",
    """
INSERT INTO trading_sweep_results (submission_key, rank, params_digest, job_id, sweep_run_id,
                                   ticker, strategy_type, fast_period, slow_period, score,
                                   total_return_pct, max_drawdown_pct, total_trades)
SELECT key, 1, 'digest', run_id, 'run', 'BTC-USD', 'SMA', 10, 20, 1.5, 12, 8, 87 FROM submissions
""",
    """
INSERT INTO callback_inbox (submission_key, body_sha256, body, signed, outcome, processed_at)
SELECT key, sha256(key::bytea), '{}', true, 'applied', now() FROM submissions
""",
    """
INSERT INTO outbox (dedupe_key, sweep_uid, kind, payload, done_at)
SELECT 'event:' || sweep_uid, sweep_uid, 'event', '{}', now() FROM submissions
""",
    """
INSERT INTO transitions (sweep_uid, version, run_no, to_phase, reason, ticker, strategy_type)
SELECT uid, 1, 1, phase, reason, 'BTC-USD', 'SMA' FROM sweeps
""",
    # All have had their turn, so whoever is new is next: also before anybody is admitted here.
    """
INSERT INTO tenants (cluster_id, namespace, last_admitted_at)
SELECT cluster_id, namespace, max(created_at) FILTER (WHERE phase = 'Completed')
FROM sweeps GROUP BY cluster_id, namespace
""",
)


def crowd(connection: Connection) -> None:
    """Fill an empty ledger."""
    with connection.transaction():
        # Without looking up each reference: the rows are right by construction.
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(_SWEEPS, {"finished": FINISHED, "all": FINISHED + WAITING})
        for statement in (_RUNS, _SUBMISSIONS, *_REST):
            connection.execute(statement.encode())
    connection.execute("VACUUM ANALYZE")

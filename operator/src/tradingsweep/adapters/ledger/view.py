"""Reading: everything that is known of one sweep, in one snapshot, with the ledger's time (W4)."""

from dataclasses import replace
from typing import Any

from tradingsweep.adapters.ledger.postgres import Identity, Pool, transaction
from tradingsweep.domain.answers import Result
from tradingsweep.domain.facts import (
    CompletedRun,
    InboxRow,
    Question,
    Reusable,
    Run,
    Submission,
    SweepRow,
    View,
)
from tradingsweep.domain.phases import Phase
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State

MOST_SHOWN = 10
"""As many results as a status can show."""

_SWEEP = """
SELECT now() AS now, m.ledger_id::text, a.down_until, a.credentials_rejected_until,
       s.uid, s.namespace, s.name, s.generation_seen, s.spec_hash, s.run_no, s.phase, s.reason,
       s.message, s.version, s.object_gone_at, s.suspended, s.run_request, s.cancel_request,
       s.deletion_asked_at, s.spared, s.hold_reason, s.held_at, s.adopted_from,
       s.cluster_id <> %(cluster)s OR s.shard <> %(shard)s OR s.min_app > %(app)s AS foreign
FROM ledger_meta AS m
LEFT JOIN sweeps AS s ON s.uid = %(uid)s
LEFT JOIN api_state AS a ON a.api = %(api)s
"""

_RUN = """
SELECT id::text, run_no, spec_hash, requested_combinations, combinations, created_at,
       parameters, store_results, failed_attempts, collect_tries, next_at, deadline_at,
       started_at, completed_at, result, adopted
FROM pipeline_jobs WHERE sweep_uid = %(uid)s ORDER BY run_no DESC LIMIT 1
"""

# Of earlier runs only those whose end is not known: they hold slots and can still be heard of.
# The other submission's API is asked for last, and by itself: joined, and before Postgres has
# counted the rows of a new ledger, all submissions were read to find none.
_SUBMISSIONS = """
SELECT s.key, s.run_no, s.n, s.state, s.request, s.leader_epoch, s.intent_at, s.post_before,
       s.unknown_until, s.deadline_at, s.sweep_run_id, s.vain_look_ups,
       ARRAY(SELECT j.external_job_id FROM submission_job_ids AS j
             WHERE j.submission_key = s.key ORDER BY j.learned_at, j.external_job_id) AS job_ids,
       EXISTS (SELECT FROM submission_job_ids AS j
               JOIN submission_job_ids AS o ON o.external_job_id = j.external_job_id
               WHERE j.submission_key = s.key AND o.submission_key <> s.key
                 AND (SELECT other.api FROM submissions AS other
                      WHERE other.key = o.submission_key) = s.api) AS shares_job
FROM submissions AS s
WHERE s.sweep_uid = %(uid)s
  AND (s.run_no = (SELECT run_no FROM sweeps WHERE uid = %(uid)s)
       OR (s.slot_released_at IS NULL AND s.state IN ('replaced', 'cancelled', 'timed_out')))
ORDER BY s.run_no, s.n
"""

_INBOX = """
SELECT i.id, i.submission_key, i.body, i.signed, i.received_at, i.tries
FROM callback_inbox AS i JOIN submissions AS s ON s.key = i.submission_key
WHERE s.sweep_uid = %(uid)s AND i.processed_at IS NULL
ORDER BY i.received_at, i.id LIMIT 16
"""

_LAST_COMPLETED = """
SELECT run_no, spec_hash, completed_at FROM pipeline_jobs
WHERE sweep_uid = %(uid)s AND status = 'COMPLETED' ORDER BY run_no DESC LIMIT 1
"""

_METRICS = (
    "fast_period, slow_period, score, sharpe_ratio, sortino_ratio, total_return_pct, "
    "annualized_return, max_drawdown_pct, win_rate_pct, profit_factor, total_trades, "
    "trades_per_month, avg_trade_duration"
)
_RESULTS = f"""
SELECT {_METRICS} FROM trading_sweep_results
WHERE job_id = (SELECT coalesce(reused_from, id) FROM pipeline_jobs
                WHERE sweep_uid = %(uid)s AND status = 'COMPLETED' ORDER BY run_no DESC LIMIT 1)
ORDER BY rank LIMIT {MOST_SHOWN}
"""  # noqa: S608 - both parts are constants of this file


# What we deleted ourselves and came back goes first, then what a lost cluster had finished, once,
# then the youngest.
_REUSABLE = """
SELECT r.id::text AS job_id, w.name, r.run_no, r.completed_at,
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
    queries = (_SWEEP, _RUN, _SUBMISSIONS, _INBOX, _LAST_COMPLETED, _RESULTS, _REUSABLE)
    async with transaction(pool, snapshot=True) as connection:
        asked = [await connection.execute(query, arguments) for query in queries]
    # After the block, where all of them have come in one round trip.
    (head,), runs, submissions, inbox, completed, results, reusable = [
        await a.fetchall() for a in asked
    ]
    known = View(
        now=head["now"],
        ledger_id=head["ledger_id"],
        api_down_until=head["down_until"],
        credentials_rejected_until=head["credentials_rejected_until"],
        reusable=Reusable(**reusable[0]) if reusable else None,
    )
    if head["uid"] is None:
        return known
    if head["foreign"]:
        return replace(known, foreign=True)
    sweep, top = _sweep(head), tuple(Result(**row) for row in results)
    return replace(
        known,
        sweep=sweep,
        run=_run(runs[0]) if runs else None,
        submissions=tuple(_submission(row) for row in submissions),
        inbox=tuple(_inbox(row) for row in inbox),
        top=top if sweep.phase is Phase.COMPLETED else (),
        last_completed=_completed(completed[0], top) if completed else None,
    )


def _sweep(row: dict[str, Any]) -> SweepRow:
    return SweepRow(
        uid=row["uid"],
        namespace=row["namespace"],
        name=row["name"],
        generation_seen=row["generation_seen"],
        spec_hash=row["spec_hash"],
        run_no=row["run_no"],
        phase=Phase(row["phase"]),
        reason=row["reason"],
        message=row["message"],
        version=row["version"],
        object_gone_at=row["object_gone_at"],
        suspended=row["suspended"],
        run_request=row["run_request"],
        cancel_request=row["cancel_request"],
        deletion_asked_at=row["deletion_asked_at"],
        spared=row["spared"],
        hold=Reason(row["hold_reason"]) if row["hold_reason"] else None,
        held_at=row["held_at"],
        adopted_from=row["adopted_from"],
    )


def _run(row: dict[str, Any]) -> Run:
    return Run(
        id=row["id"],
        run_no=row["run_no"],
        spec_hash=row["spec_hash"],
        requested=row["requested_combinations"],
        combinations=row["combinations"],
        queued_at=row["created_at"],
        parameters=row["parameters"],
        store_results=row["store_results"],
        failed_attempts=row["failed_attempts"],
        collect_tries=row["collect_tries"],
        next_at=row["next_at"],
        deadline_at=row["deadline_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        adopted=row["adopted"],
        summary=row["result"] or {},
    )


def _completed(row: dict[str, Any], top: tuple[Result, ...]) -> CompletedRun:
    return CompletedRun(
        run_no=row["run_no"],
        spec_hash=row["spec_hash"],
        completed_at=row["completed_at"],
        best=top[0] if top else None,
    )


def _submission(row: dict[str, Any]) -> Submission:
    return Submission(
        key=row["key"],
        run_no=row["run_no"],
        n=row["n"],
        state=State(row["state"]),
        form=row["request"],
        leader_epoch=row["leader_epoch"],
        intent_at=row["intent_at"],
        post_before=row["post_before"],
        unknown_until=row["unknown_until"],
        deadline_at=row["deadline_at"],
        sweep_run_id=row["sweep_run_id"],
        vain_look_ups=row["vain_look_ups"],
        job_ids=tuple(row["job_ids"]),
        shares_job=row["shares_job"],
    )


def _inbox(row: dict[str, Any]) -> InboxRow:
    return InboxRow(
        id=row["id"],
        key=row["submission_key"],
        body=bytes(row["body"]),
        signed=row["signed"],
        received_at=row["received_at"],
        tries=row["tries"],
    )

"""Rows that are rebuilt from a status, after the ledger was restored to an earlier moment."""

from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from tradingsweep.adapters.ledger.postgres import Connection, Identity
from tradingsweep.adapters.ledger.runs import STATUS, stand_in_line
from tradingsweep.domain.changes import Change, Restored
from tradingsweep.domain.identity import submission_key
from tradingsweep.domain.phases import TERMINAL
from tradingsweep.domain.request import form
from tradingsweep.reconcile.ports import Key


async def restore(connection: Connection, identity: Identity, key: Key, change: Change) -> None:
    """Write the run and the submission that a status shows; what is older has ended.

    The submission's key is a function of what the status shows. So a callback that comes for it,
    or has come while the ledger was away, finds it again.
    """
    known = change.restores
    if known is None or change.seen is None:
        return
    arguments = _arguments(identity, key, known, change)
    await stand_in_line(connection, identity.cluster_id, key.namespace)
    await connection.execute(_END_OLDER_RUNS, arguments)
    await connection.execute(_RUN, arguments)
    if known.attempt is None or known.state is None:
        return
    await connection.execute(_END_OLDER_SUBMISSIONS, arguments)
    await connection.execute(_SUBMISSION, arguments)
    if known.job_id is not None:
        await connection.execute(_JOB_ID, arguments)


def _arguments(identity: Identity, key: Key, known: Restored, change: Change) -> dict[str, Any]:
    run, seen = known.run, change.seen
    if seen is None:
        raise AssertionError("rows are rebuilt for an object that was seen")
    submitted = known.submitted_at
    deadline = (
        submitted + timedelta(seconds=seen.deadline_seconds * identity.time_scale)
        if submitted
        else None
    )
    return {
        "uid": key.uid,
        "tenant": key.namespace,
        "run_no": run.run_no,
        "status": STATUS[known.phase],
        "adopted": known.phase in TERMINAL,
        "spec_hash": run.spec_hash,
        "parameters": Jsonb(run.parameters),
        "combinations": run.combinations,
        "requested": run.requested,
        "priority": seen.priority,
        "deadline_seconds": seen.deadline_seconds,
        "store_results": seen.store_results,
        "deadline": deadline,
        "queued": known.queued_at,
        "started": known.started_at,
        "completed": known.completed_at,
        "summary": Jsonb(known.summary) if known.summary else None,
        "reason": change.reason.value if change.reason else None,
        "key": submission_key(
            identity.cluster_id, key.uid, run.run_no, run.spec_hash, known.attempt or 0
        ),
        "n": known.attempt,
        "state": known.state.value if known.state else None,
        "ended": known.state is not None and known.state.value not in ("accepted", "unknown"),
        "api": identity.api,
        "request": Jsonb(form(run.parameters)),
        "callback_base": identity.callback_base,
        "kid": identity.token_kid,
        "idempotent": identity.idempotent,
        "epoch": identity.epoch,
        "submitted": submitted,
        "unknown_until": known.unknown_until,
        "sweep_run_id": known.sweep_run_id,
        "job_id": known.job_id,
    }


_END_OLDER_RUNS = """
UPDATE pipeline_jobs SET status = 'CANCELLED', completed_at = coalesce(completed_at, now())
WHERE sweep_uid = %(uid)s AND run_no < %(run_no)s AND status IN ('QUEUED', 'RUNNING')
"""

_RUN = """
INSERT INTO pipeline_jobs AS r (
    sweep_uid, run_no, tenant_id, status, adopted, spec_hash, parameters, combinations,
    requested_combinations, priority, deadline_seconds, store_results, deadline_at, result, reason,
    created_at, started_at, completed_at)
VALUES (%(uid)s, %(run_no)s, %(tenant)s, %(status)s, %(adopted)s, %(spec_hash)s, %(parameters)s,
        %(combinations)s, %(requested)s, %(priority)s, %(deadline_seconds)s, %(store_results)s,
        %(deadline)s, %(summary)s, %(reason)s, coalesce(%(queued)s::timestamptz, now()),
        %(started)s, CASE WHEN %(adopted)s THEN coalesce(%(completed)s::timestamptz, now()) END)
ON CONFLICT (sweep_uid, run_no) DO UPDATE SET
    status = EXCLUDED.status,
    adopted = EXCLUDED.adopted,
    -- It was rewritten in the queue since the moment to which the ledger was restored.
    spec_hash = EXCLUDED.spec_hash,
    parameters = CASE WHEN r.spec_hash = EXCLUDED.spec_hash THEN r.parameters
                      ELSE EXCLUDED.parameters END,
    combinations = CASE WHEN r.spec_hash = EXCLUDED.spec_hash THEN r.combinations
                        ELSE EXCLUDED.combinations END,
    requested_combinations =
        CASE WHEN r.spec_hash = EXCLUDED.spec_hash THEN r.requested_combinations
             ELSE EXCLUDED.requested_combinations END,
    deadline_at = coalesce(r.deadline_at, EXCLUDED.deadline_at),
    result = coalesce(r.result, EXCLUDED.result),
    reason = EXCLUDED.reason,
    started_at = coalesce(r.started_at, EXCLUDED.started_at),
    completed_at = EXCLUDED.completed_at
"""

# What certainly was not sent is over; of the rest the end is not known, and it holds its slot until
# the deadline. Nothing is cancelled at the API: the lost ledger may have known better.
_END_OLDER_SUBMISSIONS = """
UPDATE submissions SET
    state = CASE WHEN state = 'ready' OR run_no < %(run_no)s THEN 'cancelled'
                 WHEN state = 'accepted' THEN 'lost' ELSE 'replaced' END,
    ended_at = now(),
    slot_released_at = CASE WHEN state IN ('ready', 'accepted') AND run_no = %(run_no)s
                            THEN coalesce(slot_released_at, now()) ELSE slot_released_at END
WHERE sweep_uid = %(uid)s AND key <> %(key)s
  AND state IN ('ready', 'intent', 'unknown', 'accepted')
"""

# The results of a sweep run belong to one submission: one that says so already keeps them.
_SUBMISSION = """
INSERT INTO submissions AS s (
    key, run_id, sweep_uid, run_no, n, api, state, request, callback_base, token_kid, idempotent,
    leader_epoch, intent_at, post_before, unknown_until, deadline_at, slot_until, sweep_run_id,
    ended_at, slot_released_at)
SELECT %(key)s, r.id, r.sweep_uid, r.run_no, %(n)s, %(api)s, %(state)s, %(request)s,
       %(callback_base)s, %(kid)s, %(idempotent)s, %(epoch)s, coalesce(%(submitted)s, now()),
       coalesce(%(submitted)s, now()), %(unknown_until)s, r.deadline_at, r.deadline_at,
       CASE WHEN %(sweep_run_id)s::text IS NOT NULL AND NOT EXISTS (
                SELECT FROM submissions AS c WHERE c.api = %(api)s AND c.state = 'completed'
                    AND c.sweep_run_id = %(sweep_run_id)s)
            THEN %(sweep_run_id)s::text END,
       CASE WHEN %(ended)s THEN now() END, CASE WHEN %(ended)s THEN now() END
FROM pipeline_jobs AS r
WHERE r.sweep_uid = %(uid)s AND r.run_no = %(run_no)s
  AND NOT EXISTS (SELECT FROM submissions AS o
                  WHERE o.run_id = r.id AND o.n = %(n)s AND o.key <> %(key)s)
ON CONFLICT (key) DO UPDATE SET
    state = EXCLUDED.state,
    unknown_until = coalesce(s.unknown_until, EXCLUDED.unknown_until),
    sweep_run_id = coalesce(s.sweep_run_id, EXCLUDED.sweep_run_id),
    deadline_at = coalesce(s.deadline_at, EXCLUDED.deadline_at),
    slot_until = coalesce(s.slot_until, EXCLUDED.slot_until),
    ended_at = EXCLUDED.ended_at,
    slot_released_at = EXCLUDED.slot_released_at
WHERE s.state IN ('ready', 'intent', 'unknown', 'accepted')
"""

_JOB_ID = """
INSERT INTO submission_job_ids (submission_key, external_job_id, source)
SELECT key, %(job_id)s, 'status' FROM submissions WHERE key = %(key)s
ON CONFLICT DO NOTHING
"""

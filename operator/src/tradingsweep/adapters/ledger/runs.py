"""The rows of runs (`pipeline_jobs`): opened, rewritten while they wait, edited, ended."""

from typing import Any

from psycopg.types.json import Jsonb

from tradingsweep.adapters.ledger.postgres import Connection
from tradingsweep.domain.changes import Change, NewRun
from tradingsweep.domain.phases import TERMINAL, Event, Phase
from tradingsweep.reconcile.ports import Key

STATUS = {
    Phase.QUEUED: "QUEUED",
    Phase.SUBMITTED: "RUNNING",
    Phase.RUNNING: "RUNNING",
    Phase.COMPLETED: "COMPLETED",
    Phase.FAILED: "FAILED",
}


async def open_run(connection: Connection, cluster_id: str, key: Key, change: Change) -> None:
    """Begin the run that the change opens; what was open before is superseded."""
    if change.opens is None:
        return
    whose = {"uid": key.uid, "tenant": key.namespace, "cluster": cluster_id}
    await connection.execute(_SUPERSEDE, whose)
    await connection.execute(_OPEN_RUN, _described(change.opens, change) | whose)
    await stand_in_line(connection, cluster_id, key.namespace)
    if change.reuses is not None:
        source = {"run_no": change.opens.run_no, "source": change.reuses.job_id}
        await connection.execute(_REUSE, whose | source)


async def stand_in_line(connection: Connection, cluster_id: str, namespace: str) -> None:
    """Let a namespace take its turns from now on."""
    await connection.execute(_STAND_IN_LINE, {"cluster": cluster_id, "tenant": namespace})


async def rewrite_run(connection: Connection, uid: str, change: Change) -> None:
    """Let a waiting run ask another question."""
    if change.rewrites is not None:
        await connection.execute(_REWRITE, _described(change.rewrites, change) | {"uid": uid})


def _described(run: NewRun, change: Change) -> dict[str, Any]:
    if change.seen is None:
        raise AssertionError("a run is opened or rewritten for an object that was seen")
    return {
        "run_no": run.run_no,
        "spec_hash": run.spec_hash,
        "parameters": Jsonb(run.parameters),
        "combinations": run.combinations,
        "requested": run.requested,
        "priority": change.seen.priority,
        "deadline_seconds": change.seen.deadline_seconds,
        "store_results": change.seen.store_results,
    }


async def steer_run(
    connection: Connection, uid: str, run_no: int, change: Change, time_scale: float
) -> None:
    """Take over the fields that steer an open run; one that has ended keeps what it ran with."""
    if change.seen is None:
        return
    steering = {
        "uid": uid,
        "run_no": run_no,
        "priority": change.seen.priority,
        "deadline_seconds": change.seen.deadline_seconds,
        "scale": time_scale,
        "store_results": change.seen.store_results,
    }
    await connection.execute(_MOVE_DEADLINES, steering)
    await connection.execute(_STEER, steering)


async def edit_run(
    connection: Connection, uid: str, run_no: int, phase: Phase, change: Change
) -> None:
    """Bring the run's counters, times and status in line with the change."""
    edit = change.run
    ended = change.event is not None and phase in TERMINAL
    await connection.execute(
        _EDIT_RUN,
        {
            "uid": uid,
            "run_no": run_no,
            "status": "CANCELLED" if change.object_gone else STATUS[phase],
            "failed_attempts": edit.failed_attempts if edit else None,
            "collect_tries": edit.collect_tries if edit else None,
            "next_at": edit.next_at if edit else None,
            "clear_next": change.event is not None,
            "restarts_deadline": edit is not None and edit.restarts_deadline,
            "reason": change.reason.value if change.reason else None,
            "error": change.message if ended and phase is Phase.FAILED else None,
            "started": change.event is Event.STARTED,
            "finished": ended or change.object_gone,
            "terminal": ended,
        },
    )


_SUPERSEDE = """
UPDATE pipeline_jobs SET status = 'CANCELLED', completed_at = now()
WHERE sweep_uid = %(uid)s AND status IN ('QUEUED', 'RUNNING')
"""

_OPEN_RUN = """
INSERT INTO pipeline_jobs (sweep_uid, run_no, tenant_id, spec_hash, parameters, combinations,
                           requested_combinations, priority, deadline_seconds, store_results)
VALUES (%(uid)s, %(run_no)s, %(tenant)s, %(spec_hash)s, %(parameters)s, %(combinations)s,
        %(requested)s, %(priority)s, %(deadline_seconds)s, %(store_results)s)
"""

_REUSE = """
UPDATE pipeline_jobs AS r SET
    status = 'COMPLETED', reused_from = s.id, result = s.result, metrics = s.metrics,
    completed_at = now()
FROM pipeline_jobs AS s
WHERE r.sweep_uid = %(uid)s AND r.run_no = %(run_no)s AND s.id = %(source)s::uuid
"""

# Looked for first: a conflict with a row that an admission changes just now waits for its end.
_STAND_IN_LINE = """
INSERT INTO tenants (cluster_id, namespace) SELECT %(cluster)s, %(tenant)s
WHERE NOT EXISTS (SELECT FROM tenants
                  WHERE cluster_id = %(cluster)s AND namespace = %(tenant)s)
ON CONFLICT DO NOTHING
"""

_REWRITE = """
UPDATE pipeline_jobs SET spec_hash = %(spec_hash)s, parameters = %(parameters)s,
    combinations = %(combinations)s, requested_combinations = %(requested)s
WHERE sweep_uid = %(uid)s AND run_no = %(run_no)s
"""

# The deadline is the first intent and activeDeadlineSeconds, also where the latter is edited later.
_STEER = """
UPDATE pipeline_jobs SET
    priority = %(priority)s,
    deadline_at = deadline_at
        + make_interval(secs => (%(deadline_seconds)s - deadline_seconds) * %(scale)s),
    deadline_seconds = %(deadline_seconds)s,
    store_results = %(store_results)s
WHERE sweep_uid = %(uid)s AND run_no = %(run_no)s AND status IN ('QUEUED', 'RUNNING')
"""

# Those that copied it. What was sent before a suspension has another deadline, and keeps it.
_MOVE_DEADLINES = """
UPDATE submissions AS s SET
    deadline_at = s.deadline_at
        + make_interval(secs => (%(deadline_seconds)s - r.deadline_seconds) * %(scale)s),
    slot_until = s.slot_until
        + make_interval(secs => (%(deadline_seconds)s - r.deadline_seconds) * %(scale)s)
FROM pipeline_jobs AS r
WHERE r.sweep_uid = %(uid)s AND r.run_no = %(run_no)s AND r.status IN ('QUEUED', 'RUNNING')
  AND s.run_id = r.id AND s.deadline_at = r.deadline_at
  AND r.deadline_seconds <> %(deadline_seconds)s
"""

_EDIT_RUN = """
UPDATE pipeline_jobs SET
    status = %(status)s,
    failed_attempts = coalesce(%(failed_attempts)s::int, failed_attempts),
    collect_tries = coalesce(%(collect_tries)s::int, collect_tries),
    next_at = CASE WHEN %(next_at)s::timestamptz IS NOT NULL THEN %(next_at)s::timestamptz
                   WHEN %(clear_next)s THEN NULL ELSE next_at END,
    deadline_at = CASE WHEN %(restarts_deadline)s THEN NULL ELSE deadline_at END,
    reason = coalesce(%(reason)s::text, reason),
    error_message = coalesce(%(error)s::text, error_message),
    started_at = CASE
        WHEN %(started)s THEN coalesce(started_at, now())
        WHEN %(terminal)s THEN coalesce(started_at,
            (SELECT min(intent_at) FROM submissions AS s WHERE s.run_id = pipeline_jobs.id))
        ELSE started_at END,
    completed_at = CASE WHEN %(finished)s THEN coalesce(completed_at, now()) ELSE completed_at END
WHERE sweep_uid = %(uid)s AND run_no = %(run_no)s
  AND (status IN ('QUEUED', 'RUNNING') OR %(status)s = status)
"""

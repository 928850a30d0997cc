"""Admission: who gets a free slot, and the intents, in one transaction.

Three statements in this order, each its own. The lock comes before the count: with count and lock
in one statement the count is of a moment before the lock was ours, and a limit of 2 lets 3 in. The
leader's row is read FOR SHARE: a plain look would let a deposed leader commit.
"""

from typing import Any

from psycopg.types.json import Jsonb

from tradingsweep.adapters.ledger.postgres import Connection, Identity, Pool, transaction
from tradingsweep.domain.identity import submission_key
from tradingsweep.domain.queueing import Waiting, next_in_line
from tradingsweep.domain.request import form
from tradingsweep.reconcile.ports import AdmissionLimits, Key

LOCK = 1951621215
"""The advisory lock's first half: "admission"; the second half is the API."""


async def admit(
    pool: Pool, identity: Identity, limits: AdmissionLimits, max_combinations: int
) -> list[Key]:
    """Give the free slots to those who are next; their intents are committed on return."""
    async with transaction(pool) as connection:
        await connection.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, identity.api)
        )
        leads = await connection.execute(
            _LEADS, {"shard": _leadership(identity), "epoch": identity.epoch}
        )
        if leads.rowcount == 0:
            return []
        held = await connection.execute(_HELD, {"api": identity.api})
        taken = {row["tenant_id"]: row["held"] async for row in held}
        free = limits.total - sum(taken.values())
        if free <= 0:
            return []
        waiting = await connection.execute(
            _WAITING, _scope(identity, max_combinations) | {"most": free}
        )
        turns = await connection.execute(_TURNS, {"cluster": identity.cluster_id})
        chosen = next_in_line(
            [Waiting(**row) async for row in waiting],
            {row["namespace"]: row["last_admitted_at"] async for row in turns},
            free,
            taken=taken,
            per_namespace=limits.per_namespace,
        )
        intended = [await _intend(connection, identity, waiting) for waiting in chosen]
        return [key for key in intended if key is not None]


async def anyone_waiting(pool: Pool, identity: Identity, max_combinations: int) -> bool:
    """Whether a sweep could take a slot, if there is one."""
    arguments = _scope(identity, max_combinations) | {"most": 1}
    async with transaction(pool) as connection:
        return (await connection.execute(_WAITING, arguments)).rowcount > 0


async def ahead(pool: Pool, uid: str) -> int:
    """Count the waiting sweeps of the same namespace that go before this one."""
    async with transaction(pool) as connection:
        row = await (await connection.execute(_AHEAD, {"uid": uid})).fetchone()
        return int(row["ahead"]) if row else 0


def _leadership(identity: Identity) -> str:
    return f"{identity.cluster_id}/{identity.shard}"


def _scope(identity: Identity, max_combinations: int) -> dict[str, Any]:
    return {
        "cluster": identity.cluster_id,
        "shard": identity.shard,
        "app": identity.app,
        "api": identity.api,
        "most_combinations": max_combinations,
    }


async def _intend(connection: Connection, identity: Identity, waiting: Waiting) -> Key | None:
    """Write the intent to POST: the sweep's version, the submission's row, the tenant's turn.

    A worker may have decided about the sweep since it was chosen. So its row is locked by a
    statement of its own: what the next one sees is what that worker left, or the end of it.
    """
    await connection.execute(_LOCK, {"uid": waiting.uid})
    sweep = await (await connection.execute(_BUMP, {"uid": waiting.uid})).fetchone()
    if sweep is None:
        return None
    arguments = {
        "uid": waiting.uid,
        "run_no": sweep["run_no"],
        "key": submission_key(
            identity.cluster_id, waiting.uid, sweep["run_no"], sweep["spec_hash"], sweep["next_n"]
        ),
        "n": sweep["next_n"],
        "api": identity.api,
        "request": Jsonb(form(sweep["parameters"])),
        "callback_base": identity.callback_base,
        "kid": identity.token_kid,
        "idempotent": identity.idempotent,
        "epoch": identity.epoch,
        "window": identity.send_window,
    }
    await connection.execute(_START_DEADLINE, arguments)
    if sweep["ready_key"] is None:
        await connection.execute(_NEW_INTENT, arguments)
    else:
        await connection.execute(_INTENT_AGAIN, arguments | {"key": sweep["ready_key"]})
    await connection.execute(
        _TAKE_TURN, {"cluster": identity.cluster_id, "namespace": waiting.namespace}
    )
    return Key(waiting.uid, waiting.namespace, sweep["name"])


_LEADS = "SELECT 1 FROM leaders WHERE shard = %(shard)s AND epoch = %(epoch)s FOR SHARE"

# Replaced, cancelled and timed-out submissions hold their slot while their job may be running.
_HELD = """
SELECT r.tenant_id, count(*)::int AS held
FROM submissions AS s JOIN pipeline_jobs AS r ON r.id = s.run_id
WHERE s.api = %(api)s AND s.slot_released_at IS NULL
  AND (s.state IN ('intent', 'unknown', 'accepted')
       OR (s.state IN ('replaced', 'cancelled', 'timed_out')
           AND coalesce(s.slot_until, s.deadline_at) > now()))
GROUP BY r.tenant_id
"""

# The front of each namespace's line: nobody further back can be chosen in this round.
_WAITING = """
SELECT uid, namespace, priority, queued_at FROM (
    SELECT w.uid, w.namespace, r.priority, r.created_at AS queued_at,
           row_number() OVER (
               PARTITION BY w.namespace ORDER BY r.priority DESC, r.created_at, w.uid) AS place
    FROM sweeps AS w JOIN pipeline_jobs AS r ON r.sweep_uid = w.uid AND r.run_no = w.run_no
    WHERE w.cluster_id = %(cluster)s AND w.shard = %(shard)s AND w.min_app <= %(app)s
      AND w.phase = 'Queued' AND w.object_gone_at IS NULL AND w.hold_reason IS NULL
      AND r.status = 'QUEUED' AND r.combinations <= %(most_combinations)s
      AND (r.next_at IS NULL OR r.next_at <= now())
      AND (r.deadline_at IS NULL OR r.deadline_at > now())
      AND NOT EXISTS (SELECT FROM api_state AS a WHERE a.api = %(api)s
                      AND (a.down_until > now() OR a.credentials_rejected_until > now()))
      AND NOT EXISTS (SELECT FROM submissions AS s
                      WHERE s.run_id = r.id AND s.state IN ('intent', 'unknown', 'accepted'))
) AS line
WHERE place <= %(most)s
ORDER BY priority DESC, queued_at, uid
"""

_TURNS = "SELECT namespace, last_admitted_at FROM tenants WHERE cluster_id = %(cluster)s"

_AHEAD = """
SELECT count(*)::int AS ahead
FROM sweeps AS w JOIN pipeline_jobs AS r ON r.sweep_uid = w.uid AND r.run_no = w.run_no,
     (SELECT w2.cluster_id, w2.shard, w2.namespace, w2.uid, r2.priority, r2.created_at
      FROM sweeps AS w2 JOIN pipeline_jobs AS r2 ON r2.sweep_uid = w2.uid AND r2.run_no = w2.run_no
      WHERE w2.uid = %(uid)s) AS me
WHERE w.cluster_id = me.cluster_id AND w.shard = me.shard AND w.namespace = me.namespace
  AND w.phase = 'Queued' AND w.object_gone_at IS NULL AND r.status = 'QUEUED'
  AND (-r.priority, r.created_at, w.uid) < (-me.priority, me.created_at, me.uid)
"""

_LOCK = "SELECT 1 FROM sweeps WHERE uid = %(uid)s FOR UPDATE"

_BUMP = """
UPDATE sweeps AS w SET version = version + 1
FROM pipeline_jobs AS r
WHERE w.uid = %(uid)s AND r.sweep_uid = w.uid AND r.run_no = w.run_no
  AND w.phase = 'Queued' AND w.object_gone_at IS NULL AND w.hold_reason IS NULL
RETURNING w.name, w.run_no, r.spec_hash, r.parameters,
    (SELECT key FROM submissions AS s WHERE s.run_id = r.id AND s.state = 'ready') AS ready_key,
    (SELECT coalesce(max(n), 0) + 1 FROM submissions AS s WHERE s.run_id = r.id) AS next_n
"""

# The deadline is the run's: its first intent starts it, later attempts do not.
_START_DEADLINE = """
UPDATE pipeline_jobs SET
    next_at = NULL,
    deadline_at = coalesce(deadline_at, now() + make_interval(secs => deadline_seconds))
WHERE sweep_uid = %(uid)s AND run_no = %(run_no)s
"""

_NEW_INTENT = """
INSERT INTO submissions (key, run_id, sweep_uid, run_no, n, api, state, request, callback_base,
                         token_kid, idempotent, leader_epoch, intent_at, post_before, deadline_at,
                         slot_until)
SELECT %(key)s, r.id, r.sweep_uid, r.run_no, %(n)s, %(api)s, 'intent', %(request)s,
       %(callback_base)s, %(kid)s, %(idempotent)s, %(epoch)s, now(), now() + %(window)s,
       r.deadline_at, r.deadline_at
FROM pipeline_jobs AS r WHERE r.sweep_uid = %(uid)s AND r.run_no = %(run_no)s
"""

# The stored request stays: the same key always goes with the same bytes.
_INTENT_AGAIN = """
UPDATE submissions AS s SET
    state = 'intent', leader_epoch = %(epoch)s, intent_at = now(), post_before = now() + %(window)s,
    callback_base = %(callback_base)s, token_kid = %(kid)s, idempotent = %(idempotent)s,
    deadline_at = r.deadline_at, slot_until = r.deadline_at, slot_released_at = NULL
FROM pipeline_jobs AS r WHERE r.id = s.run_id AND s.key = %(key)s
"""

_TAKE_TURN = """
INSERT INTO tenants (cluster_id, namespace, last_admitted_at)
VALUES (%(cluster)s, %(namespace)s, now())
ON CONFLICT (cluster_id, namespace) DO UPDATE SET last_admitted_at = now()
"""

"""Admission: who gets a free slot, and the intents, in one transaction.

Statements in this order, each its own. The lock comes before the count: with count and lock in one
statement the count is of a moment before the lock was ours, and a limit of 2 lets 3 in.

The time is read after the lock. `now()` is when the transaction began, which may have waited for
the lock: an intent of that time could be born with its window to send closed.
"""

from typing import Any

from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from tradingsweep.adapters.ledger.leadership import leads
from tradingsweep.adapters.ledger.line import MAY_GO, front, scope, successors
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
        if not await leads(connection, identity):
            return []
        now = await (await connection.execute("SELECT clock_timestamp() AS now")).fetchone()
        arguments = scope(identity, max_combinations) | (now or {})
        held = await (await connection.execute(_HELD, arguments)).fetchall()
        heirs = await successors(connection, arguments)
        free = limits.total - sum(row["held"] for row in held)
        turns = await connection.execute(_TURNS, arguments)
        chosen = heirs + next_in_line(
            await _others(connection, arguments, free, heirs),
            {row["namespace"]: row["last_admitted_at"] async for row in turns},
            free,
            taken={row["namespace"]: row["held"] for row in held},
            per_namespace=limits.per_namespace,
        )
        locked = await _lock(connection, chosen)
        intended = [await _intend(connection, identity, arguments, next_) for next_ in locked]
        return [key for key in intended if key is not None]


async def _others(
    connection: Connection, arguments: dict[str, Any], free: int, heirs: list[Waiting]
) -> list[Waiting]:
    """Return who could take a slot that nobody has; heirs take none of those."""
    if free <= 0:
        return []
    known = {heir.uid for heir in heirs}
    line = await front(connection, arguments, free + len(heirs))
    return [waiting for waiting in line if waiting.uid not in known]


async def _lock(connection: Connection, chosen: list[Waiting]) -> list[Waiting]:
    """Lock the rows of who was chosen, so that the statements after it see them as they are now.

    A sweep that a worker decides about at this very moment is left out: the worker rings when it
    is done, and the next round asks again.
    """
    rows = await connection.execute(_LOCK, {"uids": [waiting.uid for waiting in chosen]})
    ours = {row["uid"] async for row in rows}
    return [waiting for waiting in chosen if waiting.uid in ours]


async def _intend(
    connection: Connection, identity: Identity, scoped: dict[str, Any], waiting: Waiting
) -> Key | None:
    """Write the intent to POST: the sweep's version, the submission's row, the tenant's turn.

    A worker may have decided about the sweep between its choice and its lock: it goes only if it
    still may.
    """
    sweep = await (await connection.execute(_BUMP, scoped | {"uid": waiting.uid})).fetchone()
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
        "now": scoped["now"],
        "window": identity.send_window,
        "scale": identity.time_scale,
        "cluster": identity.cluster_id,
        "namespace": waiting.namespace,
    }
    await connection.execute(_START_DEADLINE, arguments)
    if sweep["ready_key"] is None:
        await connection.execute(_NEW_INTENT, arguments)
    else:
        await connection.execute(_INTENT_AGAIN, arguments | {"key": sweep["ready_key"]})
    await connection.execute(_TAKE_TURN, arguments)
    return Key(waiting.uid, waiting.namespace, sweep["name"])


# Replaced, cancelled and timed-out submissions hold their slot while their job may be running; a
# replaced one shares it with its successor, and with those that it replaced itself.
# Other clusters' count for the API, but not for a namespace of this one with the same name.
_HELD = """
SELECT CASE WHEN w.cluster_id = %(cluster)s THEN w.namespace ELSE '' END AS namespace,
       count(*)::int AS held
FROM submissions AS s JOIN sweeps AS w ON w.uid = s.sweep_uid
WHERE s.api = %(api)s AND s.slot_released_at IS NULL
  AND (s.state IN ('intent', 'unknown', 'accepted')
       OR (s.state IN ('replaced', 'cancelled', 'timed_out') AND s.slot_until > %(now)s))
  AND NOT (s.state = 'replaced' AND EXISTS (
      SELECT FROM submissions AS o
      WHERE o.run_id = s.run_id AND o.n > s.n AND o.slot_released_at IS NULL
        AND o.state IN ('intent', 'unknown', 'accepted', 'replaced')))
GROUP BY 1
"""

_TURNS = """
SELECT namespace, last_admitted_at FROM tenants
WHERE cluster_id = %(cluster)s AND last_admitted_at IS NOT NULL
"""

# NO KEY UPDATE: facts that are appended meanwhile point to the row, and need not wait.
_LOCK = "SELECT uid FROM sweeps WHERE uid = ANY(%(uids)s) FOR NO KEY UPDATE SKIP LOCKED"

_BUMP = SQL("""
UPDATE sweeps AS w SET version = version + 1
FROM pipeline_jobs AS r
WHERE w.uid = %(uid)s AND r.sweep_uid = w.uid AND r.run_no = w.run_no AND {may_go}
RETURNING w.name, w.run_no, r.spec_hash, r.parameters,
    (SELECT key FROM submissions AS s WHERE s.run_id = r.id AND s.state = 'ready') AS ready_key,
    (SELECT coalesce(max(n), 0) + 1 FROM submissions AS s WHERE s.run_id = r.id) AS next_n
""").format(may_go=MAY_GO)

# The deadline is the run's: its first intent starts it, later attempts do not.
_START_DEADLINE = """
UPDATE pipeline_jobs SET
    next_at = NULL,
    deadline_at =
        coalesce(deadline_at, %(now)s + make_interval(secs => deadline_seconds * %(scale)s))
WHERE sweep_uid = %(uid)s AND run_no = %(run_no)s
"""

_NEW_INTENT = """
INSERT INTO submissions (key, run_id, sweep_uid, run_no, n, api, state, request, callback_base,
                         token_kid, idempotent, leader_epoch, intent_at, post_before, deadline_at,
                         slot_until)
SELECT %(key)s, r.id, r.sweep_uid, r.run_no, %(n)s, %(api)s, 'intent', %(request)s,
       %(callback_base)s, %(kid)s, %(idempotent)s, %(epoch)s, %(now)s, %(now)s + %(window)s,
       r.deadline_at, r.deadline_at
FROM pipeline_jobs AS r WHERE r.sweep_uid = %(uid)s AND r.run_no = %(run_no)s
"""

# The stored request stays: the same key always goes with the same bytes.
_INTENT_AGAIN = """
UPDATE submissions AS s SET
    state = 'intent', leader_epoch = %(epoch)s,
    intent_at = %(now)s, post_before = %(now)s + %(window)s,
    callback_base = %(callback_base)s, token_kid = %(kid)s, idempotent = %(idempotent)s,
    deadline_at = r.deadline_at, slot_until = r.deadline_at, slot_released_at = NULL
FROM pipeline_jobs AS r WHERE r.id = s.run_id AND s.key = %(key)s
"""

_TAKE_TURN = """
UPDATE tenants SET last_admitted_at = %(now)s
WHERE cluster_id = %(cluster)s AND namespace = %(namespace)s
"""

"""The ledger's port, put together from its parts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from tradingsweep.adapters.ledger import (
    admission,
    counts,
    facts,
    history,
    late,
    leadership,
    line,
    outbox,
    pruning,
    view,
    write,
)
from tradingsweep.adapters.ledger.postgres import (
    CALL_SECONDS,
    Identity,
    Pool,
    PoolUse,
    statement,
    transaction,
    use_of,
)
from tradingsweep.domain.answers import ResultPage
from tradingsweep.domain.changes import Change
from tradingsweep.domain.facts import Question, View
from tradingsweep.reconcile.ports import AdmissionLimits, Asked, Effect, HistoryLimits, Key


class PostgresLedger:
    """What happened outside the cluster, in Postgres; see `reconcile.ports.Ledger`."""

    def __init__(self, pool: Pool, identity: Identity) -> None:
        self._pool = pool
        self.identity = identity

    async def lead(self, holder: str) -> int:
        """Become the leader of the shard in the ledger; older epochs are deposed by it.

        Returns:
            This process's epoch, which admission checks from now on.
        """
        epoch = await leadership.lead(self._pool, self.identity, holder)
        self.identity = replace(self.identity, epoch=epoch)
        return epoch

    def api_keeps_keys(self, *, keeps: bool) -> None:
        """Record with later intents whether the API honors idempotency keys."""
        self.identity = replace(self.identity, idempotent=keeps)

    async def ping(self, within: float = CALL_SECONDS) -> None:
        """Return if Postgres answers within so many seconds."""
        async with statement(self._pool, within) as connection:
            await connection.execute("SELECT 1")

    def pool_use(self) -> PoolUse:
        """Return how the connections are used."""
        return use_of(self._pool)

    async def counts(self) -> counts.Counts:
        """Count what metrics show."""
        return await counts.count(self._pool, self.identity)

    async def view(self, uid: str, asks: Question | None = None) -> View:
        """Read everything that is known of a sweep, in one snapshot."""
        return await view.read(self._pool, self.identity, uid, asks)

    async def line(self, namespace: str) -> list[str]:
        """List the sweeps of a namespace that wait, who goes first first, at most 1,000."""
        return await line.line(self._pool, self.identity, namespace)

    async def write(self, key: Key, known: View, change: Change) -> bool:
        """Apply a change with a compare-and-set (W1)."""
        return await write.write(self._pool, self.identity, key, known, change)

    async def learn_job_id(self, submission_key: str, job_id: str, source: str) -> None:
        """Append a job id as a fact (W2)."""
        await facts.learn_job_id(self._pool, submission_key, job_id, source)

    async def admit(self, limits: AdmissionLimits, max_combinations: int) -> list[Key]:
        """Give the free slots to those who are next."""
        return await admission.admit(self._pool, self.identity, limits, max_combinations)

    async def anyone_waiting(self, max_combinations: int) -> bool:
        """Whether a sweep could take a slot now."""
        return await line.anyone(self._pool, self.identity, max_combinations)

    async def open_sweeps(self) -> list[Key]:
        """List the sweeps of this shard that have not ended."""
        return await self._keys(_OPEN)

    async def surplus(self, uids: Sequence[str], limits: HistoryLimits) -> list[Key]:
        """List those of these sweeps that are beyond the limits of their namespace."""
        return await history.surplus(self._pool, self.identity, uids, limits)

    async def ended_sweeps(self) -> list[Key]:
        """List the sweeps of this shard that have ended and are not known to be gone."""
        return await self._keys(_ENDED)

    async def audit_is_confirmed(self) -> bool:
        """Whether a human has said, lately, that what is missing was meant to be deleted."""
        async with statement(self._pool) as connection:
            row = await (await connection.execute(_AUDIT_CONFIRMED)).fetchone()
        return row is not None and bool(row["confirmed"])

    async def called_back(self) -> list[Key]:
        """List the sweeps with callbacks that nobody has dealt with."""
        return await self._keys(_CALLED_BACK)

    async def callback_raised(self, uid: str) -> None:
        """Count a try on the sweep's oldest callback; after five it is set aside."""
        async with transaction(self._pool) as connection:
            await connection.execute(_RAISED, {"uid": uid})

    async def api_is_down(self, wait: timedelta, *, credentials: bool) -> None:
        """Let nobody be admitted for a while."""
        arguments = {"api": self.identity.api, "wait": wait, "credentials": credentials}
        async with transaction(self._pool) as connection:
            await connection.execute(_API_DOWN, arguments)

    async def api_is_up(self) -> None:
        """Admit again; a rejected key stays rejected until its time is over."""
        async with transaction(self._pool) as connection:
            await connection.execute(_API_UP, {"api": self.identity.api})

    async def claimed_elsewhere(self, sweep_run_id: str, run_id: str) -> bool:
        """Whether another run has taken its results from this sweep run."""
        arguments = {"api": self.identity.api, "id": sweep_run_id, "run_id": run_id}
        async with statement(self._pool) as connection:
            cursor = await connection.execute(_CLAIMED, arguments)
            return await cursor.fetchone() is not None

    async def asked_by(self, submission_key: str) -> Asked | None:
        """Return what a submission asked for; None where its run takes no results any more."""
        return await late.asked_by(self._pool, submission_key)

    async def store_late(self, submission_key: str, page: ResultPage) -> None:
        """Store the results of a superseded run under one of its submissions, once for the run."""
        await late.store(self._pool, submission_key, page)

    async def claim_effects(self, limit: int, *, mails: bool = False) -> list[Effect]:
        """Take due rows of the outbox for a while: mails, or all others."""
        return await outbox.claim(self._pool, self.identity, limit, mails=mails)

    async def effect_done(self, effect: Effect, *, released: bool = False) -> None:
        """Mark an effect as performed."""
        await outbox.done(self._pool, effect, released=released)

    async def effect_failed(self, effect: Effect, wait: timedelta, *, dead: bool) -> bool:
        """Put an effect back, or, where that is wanted, aside for good."""
        return await outbox.failed(self._pool, effect, wait, dead=dead)

    async def prune(self, limit: int) -> dict[str, int]:
        """Delete at most so many rows of each kind that were dealt with long ago."""
        return await pruning.prune(self._pool, limit)

    async def _keys(self, query: str) -> list[Key]:
        identity = self.identity
        arguments = {
            "cluster": identity.cluster_id,
            "shard": identity.shard,
            "app": identity.app,
        }
        async with statement(self._pool) as connection:
            rows = await connection.execute(query, arguments)
            return [Key(row["uid"], row["namespace"], row["name"]) async for row in rows]


_OPEN = """
SELECT uid, namespace, name FROM sweeps
WHERE cluster_id = %(cluster)s AND shard = %(shard)s
  AND min_app <= %(app)s AND object_gone_at IS NULL AND phase NOT IN ('Completed', 'Failed')
ORDER BY created_at
"""

_ENDED = """
SELECT uid, namespace, name FROM sweeps
WHERE cluster_id = %(cluster)s AND shard = %(shard)s
  AND min_app <= %(app)s AND object_gone_at IS NULL AND phase IN ('Completed', 'Failed')
"""

_CLAIMED = """
SELECT 1 FROM submissions
WHERE api = %(api)s AND sweep_run_id = %(id)s AND state = 'completed'
  AND run_id <> %(run_id)s::uuid
"""

_AUDIT_CONFIRMED = """
SELECT coalesce(audit_confirmed_until > now(), false) AS confirmed FROM ledger_meta
"""

_CALLED_BACK = """
SELECT DISTINCT w.uid, w.namespace, w.name
FROM callback_inbox AS i
CROSS JOIN LATERAL (SELECT sweep_uid FROM submissions WHERE key = i.submission_key OFFSET 0) AS s
CROSS JOIN LATERAL (SELECT * FROM sweeps WHERE uid = s.sweep_uid OFFSET 0) AS w
WHERE i.processed_at IS NULL
  AND w.cluster_id = %(cluster)s AND w.shard = %(shard)s AND w.min_app <= %(app)s
LIMIT 1000
"""

_RAISED = """
UPDATE callback_inbox AS i SET
    tries = i.tries + 1,
    outcome = CASE WHEN i.tries >= 4 THEN 'dead' END,
    processed_at = CASE WHEN i.tries >= 4 THEN now() END
WHERE i.id = (
    SELECT o.id FROM callback_inbox AS o JOIN submissions AS s ON s.key = o.submission_key
    WHERE s.sweep_uid = %(uid)s AND o.processed_at IS NULL ORDER BY o.received_at, o.id LIMIT 1)
  -- Again, because the row can be dealt with while this statement waits for it.
  AND i.processed_at IS NULL
"""

_API_DOWN = """
INSERT INTO api_state (api, down_until, credentials_rejected_until)
VALUES (%(api)s, CASE WHEN NOT %(credentials)s THEN now() + %(wait)s END,
        CASE WHEN %(credentials)s THEN now() + %(wait)s END)
ON CONFLICT (api) DO UPDATE SET
    down_until = coalesce(EXCLUDED.down_until, api_state.down_until),
    credentials_rejected_until =
        coalesce(EXCLUDED.credentials_rejected_until, api_state.credentials_rejected_until)
"""

_API_UP = """
UPDATE api_state SET down_until = NULL WHERE api = %(api)s AND down_until IS NOT NULL
"""

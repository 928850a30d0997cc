"""W1: one decision is one transaction with a compare-and-set on the version of the sweep.

The first statement decides: where it touches no row, somebody else was first and nothing is
written. The other parts of a change follow in a fixed order, each in the file of its table.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from tradingsweep.adapters.ledger.facts import append_job_id, cancel_known_jobs
from tradingsweep.adapters.ledger.postgres import Connection, Identity, Pool, transaction
from tradingsweep.adapters.ledger.repairs import count_repair
from tradingsweep.adapters.ledger.restoring import restore
from tradingsweep.adapters.ledger.results import store_results
from tradingsweep.adapters.ledger.runs import edit_run, open_run, rewrite_run, steer_run
from tradingsweep.adapters.ledger.submissions import (
    end_all_jobs,
    looked_up_in_vain,
    move_submission,
    release_slot,
    reopen,
)
from tradingsweep.domain.changes import Change
from tradingsweep.domain.facts import View
from tradingsweep.domain.identity import IDENTITY_VERSION, submission_key
from tradingsweep.domain.phases import Event, Phase, after
from tradingsweep.domain.submissions import State
from tradingsweep.reconcile.ports import Key

_CLAIMS = "submissions_claims"
"""The index of who has taken the results of a sweep run."""


async def write(pool: Pool, identity: Identity, key: Key, view: View, change: Change) -> bool:
    """Apply a change, or nothing of it; False where the version is no longer the view's.

    False, too, where another run has stored the results of the same sweep run since the look at it.
    """
    decision = _Decision(identity, key, view, change)
    try:
        async with transaction(pool) as connection:
            if not await decision.wins(connection):
                return False
            await decision.complete(connection)
    except UniqueViolation as error:
        if error.diag.constraint_name != _CLAIMS:
            raise
        return False
    return True


class _Decision:
    def __init__(self, identity: Identity, key: Key, view: View, change: Change) -> None:
        self.identity, self.key, self.view, self.change = identity, key, view, change
        self.before = view.sweep.phase if view.sweep else None
        self.after = _phase_after(self.before, change)
        self.known = view.sweep.version if view.sweep else 0
        self.version = max(self.known, change.restores.version if change.restores else 0) + 1
        self.described = change.opens or (change.restores.run if change.restores else None)
        run = self.described or view.run
        self.run_no = run.run_no if run else 1
        self.attempts = [s for s in view.submissions if s.run_no == self.run_no]

    async def wins(self, connection: Connection) -> bool:
        """Write the sweep's own row: the compare-and-set."""
        run = self.described or self.change.rewrites
        arguments = {
            "uid": self.key.uid,
            "cluster": self.identity.cluster_id,
            "shard": self.identity.shard,
            "app": self.identity.app,
            "namespace": self.key.namespace,
            "name": self.key.name,
            "version": self.known,
            "next_version": self.version,
            "phase": self.after.value,
            "reason": self.change.reason.value if self.change.reason else None,
            "message": self.change.message,
            "generation": self.change.seen.generation if self.change.seen else None,
            "spec": Jsonb(run.identity) if run else None,
            "spec_hash": run.spec_hash if run else None,
            "identity_version": IDENTITY_VERSION,
            "run_no": self.run_no,
            "gone": self.change.object_gone,
            "deletes": self.change.deletes is not None,
            "opens": self.change.opens is not None,
            "spared": self.change.reuses is not None and self.change.reuses.came_back,
            "holds": self.change.holds.value if self.change.holds else None,
            "goes_on": self.change.ends_a_hold,
            "back": self.change.object_back,
            "adopted_from": self.change.restores.ledger_id if self.change.restores else None,
            "suspended": self.change.seen.suspended if self.change.seen else None,
            "run_request": self.change.answered.run_request if self.change.answered else None,
            "cancel_request": (
                self.change.answered.cancel_request if self.change.answered else None
            ),
        }
        query = _UPDATE_SWEEP if self.view.sweep else _INSERT_SWEEP
        return await (await connection.execute(query, arguments)).fetchone() is not None

    async def complete(self, connection: Connection) -> None:
        """Write everything else: later parts build on earlier ones."""
        change, uid = self.change, self.key.uid
        for move in change.moves:
            await move_submission(connection, self.view.submissions, move)
        await open_run(connection, self.identity.cluster_id, self.key, change)
        await rewrite_run(connection, uid, change)
        await steer_run(connection, uid, self.run_no, change, self.identity.time_scale)
        await edit_run(connection, uid, self.run_no, self.after, change)
        await restore(connection, self.identity, self.key, change)
        await self._append(connection)
        if change.reopens:
            await reopen(connection, self.attempts[-1], self._next_key())
        if change.results is not None and self.view.run is not None:
            source = next(m.key for m in change.moves if m.to is State.COMPLETED)
            await store_results(connection, source, change.results)
        for mark in change.inbox:
            read = next(row for row in self.view.inbox if row.id == mark.id)
            await connection.execute(
                _MARK, {"id": mark.id, "signed": read.signed, "outcome": mark.outcome.value}
            )
        for move in change.moves:
            if move.cancel:
                await cancel_known_jobs(connection, move.key)
        await self._tell(connection)

    async def _append(self, connection: Connection) -> None:
        """Append what was learned of submissions, whatever their states."""
        change = self.change
        named = {fact.key for fact in change.learned}
        for fact in change.learned:
            ended = fact.key in change.releases
            await append_job_id(connection, fact.key, fact.job_id, fact.source, ended=ended)
        for key in change.in_vain:
            await looked_up_in_vain(connection, key)
        for key in change.releases:
            if key not in named:
                await end_all_jobs(connection, key)
            await release_slot(connection, key)

    def _next_key(self) -> str:
        spec_hash = self.view.run.spec_hash if self.view.run else ""
        n = self.attempts[-1].n + 1
        return submission_key(self.identity.cluster_id, self.key.uid, self.run_no, spec_hash, n)

    async def _tell(self, connection: Connection) -> None:
        """Leave what others are told: the transition, and Events through the outbox.

        A run that begins is a transition also where the one before it had not left the queue.
        """
        if self.change.restores is not None:
            # What happened in a lost ledger is not counted again by this one.
            pass
        elif self.before is not self.after or self.change.opens is not None:
            await connection.execute(
                _TRANSITION,
                {
                    "uid": self.key.uid,
                    "version": self.version,
                    "run_no": self.run_no,
                    "n": self.attempts[-1].n if self.attempts else None,
                    "from": self.before.value if self.before else None,
                    "to": self.after.value,
                    "reason": self.change.reason.value if self.change.reason else "",
                },
            )
        if self.change.deletes is not None:
            dedupe = f"delete:{self.key.uid}:{self.version}"
            why = {"because": self.change.deletes.value}
            await self._leave(connection, "delete_object", dedupe, why)
        if self.change.repairs is not None:
            await count_repair(connection, self.identity, self.change.repairs)
        for late in self.change.late:
            dedupe = f"collect:{late.key}:{late.job_id}"
            await self._leave(connection, "collect", dedupe, late.payload)
        if self.change.wakes:
            await self._leave(connection, "look", f"look:{self.key.uid}:{self.version}", {})
        for said in self.change.announce:
            name = event_name(self.key, self.version, said.reason.value)
            payload = {"name": name, "type": said.type, "reason": said.reason, "note": said.note}
            await self._leave(connection, "event", f"event:{name}", payload)
        told = hashlib.sha256(f"{self.key.uid}|{self.version}".encode()).hexdigest()[:32]
        for mail in self.change.mails:
            whom = hashlib.sha256(mail.to.encode()).hexdigest()[:16]
            sent = {"id": told, "to": mail.to, "notice": mail.notice}
            await self._leave(connection, "mail", f"mail:{told}:{whom}", sent)

    async def _leave(
        self, connection: Connection, kind: str, dedupe: str, payload: Mapping[str, Any]
    ) -> None:
        await connection.execute(
            _OUTBOX,
            {"kind": kind, "dedupe": dedupe, "uid": self.key.uid, "payload": Jsonb(dict(payload))},
        )


def event_name(key: Key, version: int, reason: str) -> str:
    """Return an Event's fixed name: a crash between creation and mark creates no second one."""
    digest = hashlib.sha256(f"{key.uid}|{version}|{reason}".encode()).hexdigest()[:16]
    return f"{key.name[:236]}.{digest}"


def _phase_after(before: Phase | None, change: Change) -> Phase:
    if change.restores is not None:
        return change.restores.phase
    if before is None:
        opened = Phase.QUEUED
    elif change.event is None:
        return before
    else:
        opened = after(before, change.event)
    # The question is answered in the transaction that asks it.
    return after(opened, Event.STORED) if change.reuses else opened


_INSERT_SWEEP = """
INSERT INTO sweeps (uid, cluster_id, shard, namespace, name, generation_seen, spec, spec_hash,
                    identity_version, run_no, phase, reason, message, version, suspended, spared,
                    hold_reason, held_at, adopted_from, run_request, cancel_request)
VALUES (%(uid)s, %(cluster)s, %(shard)s, %(namespace)s, %(name)s, %(generation)s, %(spec)s,
        %(spec_hash)s, %(identity_version)s, %(run_no)s, %(phase)s, %(reason)s, %(message)s,
        %(next_version)s,
        %(suspended)s, %(spared)s, %(holds)s,
        CASE WHEN %(holds)s::text IS NOT NULL THEN now() END, %(adopted_from)s, %(run_request)s,
        %(cancel_request)s)
ON CONFLICT (uid) DO NOTHING
RETURNING version
"""

_UPDATE_SWEEP = """
UPDATE sweeps SET
    version = %(next_version)s,
    phase = %(phase)s,
    reason = coalesce(%(reason)s::text, reason),
    message = CASE WHEN %(reason)s::text IS NULL THEN message ELSE %(message)s END,
    -- Whatever generation an object that is accepted again has, it is a newer one.
    generation_seen =
        CASE WHEN %(back)s THEN 0 ELSE coalesce(%(generation)s::bigint, generation_seen) END,
    adopted_from = coalesce(%(adopted_from)s::text, adopted_from),
    spec = coalesce(%(spec)s::jsonb, spec),
    spec_hash = coalesce(%(spec_hash)s::text, spec_hash),
    identity_version =
        CASE WHEN %(spec_hash)s::text IS NULL THEN identity_version ELSE %(identity_version)s END,
    run_no = %(run_no)s,
    suspended = coalesce(%(suspended)s::boolean, suspended),
    spared = spared OR %(spared)s,
    deletion_asked_at =
        CASE WHEN %(deletes)s THEN now() WHEN %(opens)s OR %(back)s THEN NULL
             ELSE deletion_asked_at END,
    run_request = coalesce(%(run_request)s::text, run_request),
    -- A hold ends with the run's next event: news of the job, its end, another run.
    hold_reason = CASE WHEN %(holds)s::text IS NOT NULL THEN %(holds)s::text
                       WHEN %(goes_on)s THEN NULL ELSE hold_reason END,
    held_at = CASE WHEN %(holds)s::text IS NOT NULL THEN now()
                   WHEN %(goes_on)s THEN NULL ELSE held_at END,
    cancel_request = coalesce(%(cancel_request)s::text, cancel_request),
    object_gone_at =
        CASE WHEN %(gone)s THEN now() WHEN %(back)s THEN NULL ELSE object_gone_at END
WHERE uid = %(uid)s AND version = %(version)s
  AND cluster_id = %(cluster)s AND shard = %(shard)s AND min_app <= %(app)s
RETURNING version
"""

# A plain callback that was read unsigned can be proved by a signed copy before its mark is written:
# then the row is news again, and stays unprocessed.
_MARK = """
UPDATE callback_inbox SET outcome = %(outcome)s, processed_at = now()
WHERE id = %(id)s AND signed = %(signed)s AND processed_at IS NULL
"""

_TRANSITION = """
INSERT INTO transitions (sweep_uid, version, run_no, n, from_phase, to_phase, reason, ticker,
                         strategy_type, duration_s)
SELECT %(uid)s, %(version)s, r.run_no, %(n)s, %(from)s, %(to)s, %(reason)s,
       r.parameters->>'ticker', r.parameters->>'strategy_type',
       CASE WHEN %(to)s IN ('Completed', 'Failed') THEN extract(epoch FROM now() -
            (SELECT min(s.intent_at) FROM submissions AS s WHERE s.run_id = r.id)) END
FROM pipeline_jobs AS r WHERE r.sweep_uid = %(uid)s AND r.run_no = %(run_no)s
"""

_OUTBOX = """
INSERT INTO outbox (dedupe_key, sweep_uid, kind, payload)
VALUES (%(dedupe)s, %(uid)s, %(kind)s, %(payload)s)
ON CONFLICT (dedupe_key) DO NOTHING
"""

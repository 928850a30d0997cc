"""A human's word about one sweep, written as a decision like any other (W1)."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from tradingsweep.adapters.ledger.postgres import (
    Identity,
    Pool,
    check_schema,
    connect,
    known_schema,
    transaction,
)
from tradingsweep.adapters.ledger.view import read
from tradingsweep.adapters.ledger.write import write
from tradingsweep.domain.changes import Change
from tradingsweep.domain.facts import Facts
from tradingsweep.errors import CommandRefused
from tradingsweep.reconcile.ports import Key

MOST_TRIES = 10
"""The operator decides too; who comes second looks again."""


@dataclass(frozen=True, slots=True)
class Named:
    """Which sweep a human means."""

    namespace: str
    name: str
    cluster_id: str | None = None
    """Needed where several clusters share the ledger and have one of that name."""

    @override
    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Pool]:
    """Open a ledger for one command.

    Raises:
        LedgerUnavailable: Postgres could not be reached.
        ConfigurationError: the schema is not this program's.
    """
    pool = await connect(dsn, max_size=1, application="tradingsweep-command")
    try:
        await check_schema(pool)
        yield pool
    finally:
        await pool.close()


async def say(dsn: str, about: Named, word: Callable[[Facts], Change]) -> None:
    """Decide about a sweep, and let the operator look at it.

    Raises:
        CommandRefused: there is no such sweep, or `word` does not fit what is known of it.
        LedgerUnavailable: Postgres could not be reached.
        ConfigurationError: the schema is not this program's.
    """
    async with opened(dsn) as pool:
        for _ in range(MOST_TRIES):
            key, identity = await _find(pool, about)
            view = await read(pool, identity, key.uid)
            if await write(pool, identity, key, view, word(Facts(None, view))):
                return
    raise CommandRefused(f"{about} changes all the time: try again")


@dataclass(frozen=True, slots=True)
class HeldSweep:
    """A sweep for which a human is waited."""

    about: Named
    phase: str
    reason: str
    since: datetime


async def held(dsn: str, cluster_id: str | None = None) -> list[HeldSweep]:
    """List what waits for a human, of one cluster or of all; longest first.

    Raises:
        LedgerUnavailable: Postgres could not be reached.
        ConfigurationError: the schema is not this program's.
    """
    async with opened(dsn) as pool, transaction(pool) as connection:
        rows = await connection.execute(_HELD, {"cluster": cluster_id})
        return [
            HeldSweep(
                Named(row["namespace"], row["name"], row["cluster_id"]),
                row["phase"],
                row["hold_reason"],
                row["held_at"],
            )
            async for row in rows
        ]


async def adopt(dsn: str, lost: str, into: str) -> int:
    """Let a cluster use the finished runs of a lost one, each once, by namespace, name and spec.

    Returns:
        How many there are.

    Raises:
        CommandRefused: the ledger knows no such cluster, or they are the same.
        LedgerUnavailable: Postgres could not be reached.
        ConfigurationError: the schema is not this program's.
    """
    if lost == into:
        raise CommandRefused("--from and --into are the same cluster")
    async with opened(dsn) as pool, transaction(pool) as connection:
        clusters = await (await connection.execute(_CLUSTERS)).fetchall()
        known = [row["cluster_id"] for row in clusters]
        if lost not in known:
            raise CommandRefused(
                f"--from: the ledger has no sweeps of {lost}; it has those of {', '.join(known)}"
            )
        await connection.execute(_ADOPT, {"into": into, "lost": lost})
        counted = await (await connection.execute(_FINISHED, {"lost": lost})).fetchone()
    return int(counted["runs"]) if counted else 0


async def _find(pool: Pool, about: Named) -> tuple[Key, Identity]:
    arguments = {"namespace": about.namespace, "name": about.name, "cluster": about.cluster_id}
    async with transaction(pool) as connection:
        rows = await (await connection.execute(_FIND, arguments)).fetchall()
    if not rows:
        raise CommandRefused(f"the ledger knows no sweep {about}")
    clusters = sorted({row["cluster_id"] for row in rows})
    if len(clusters) > 1:
        known = ", ".join(clusters)
        raise CommandRefused(
            f"several clusters have a sweep {about}: add --cluster, one of {known}"
        )
    row = rows[0]
    identity = Identity(
        cluster_id=row["cluster_id"],
        shard=row["shard"],
        callback_base="",
        token_kid="",
        app=known_schema(),
    )
    return Key(row["uid"], row["namespace"], row["name"]), identity


_HELD = """
SELECT cluster_id, namespace, name, phase, hold_reason, held_at FROM sweeps
WHERE hold_reason IS NOT NULL AND (%(cluster)s::text IS NULL OR cluster_id = %(cluster)s)
ORDER BY held_at, cluster_id, namespace, name
"""

_CLUSTERS = "SELECT DISTINCT cluster_id FROM sweeps ORDER BY cluster_id"

_ADOPT = """
INSERT INTO adoptions (cluster_id, from_cluster_id) VALUES (%(into)s, %(lost)s)
ON CONFLICT DO NOTHING
"""

_FINISHED = """
SELECT count(*)::int AS runs FROM pipeline_jobs AS r JOIN sweeps AS w ON w.uid = r.sweep_uid
WHERE w.cluster_id = %(lost)s AND r.status = 'COMPLETED' AND r.reused_from IS NULL
  AND NOT r.adopted
"""

# One that was deleted is meant only where it is held, for being there again.
_FIND = """
SELECT uid, cluster_id, shard, namespace, name FROM sweeps
WHERE namespace = %(namespace)s AND name = %(name)s
  AND (object_gone_at IS NULL OR hold_reason IS NOT NULL)
  AND (%(cluster)s::text IS NULL OR cluster_id = %(cluster)s)
ORDER BY created_at DESC, uid
"""

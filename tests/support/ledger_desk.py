"""Sweeps in a real ledger, taken through their lives by the core's own decisions."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.support.ledger_rows import Connection
from tests.support.said import a_page
from tests.support.situations import a_spec
from tradingsweep.adapters.ledger import Identity, PostgresLedger, connect
from tradingsweep.adapters.ledger.postgres import Pool
from tradingsweep.domain.actions import Record
from tradingsweep.domain.answers import ResultPage
from tradingsweep.domain.changes import Change, Move
from tradingsweep.domain.decide import decide
from tradingsweep.domain.facts import Facts, Submission, SweepObject, View
from tradingsweep.domain.outcomes import accepted, stored, unknown
from tradingsweep.domain.phases import Event
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.reconcile.ports import AdmissionLimits, Key

ANY_SIZE = 124_750
IDENTITY = Identity(
    cluster_id="cluster-1",
    shard="all",
    callback_base="http://127.0.0.1:1",
    token_kid="k1",
    app=1000,
)


def key_of(name: str = "btc-sma", namespace: str = "desk-a") -> Key:
    """Return the key of the sweep of that name."""
    return Key(f"uid-{namespace}-{name}", namespace, name)


@dataclass
class Desk:
    """A ledger, and an operator's core that writes to it."""

    ledger: PostgresLedger
    pool: Pool

    async def look(self, key: Key, target: SweepObject | None = None) -> Facts:
        """Observe a sweep."""
        view = await self.ledger.view(key.uid)
        return Facts(target, view, epoch=self.ledger.identity.epoch)

    async def apply(
        self, name: str = "btc-sma", namespace: str = "desk-a", generation: int = 1, **spec: Any
    ) -> Key:
        """Apply an object, and let the core record what it asks for."""
        key = key_of(name, namespace)
        await self.record(key, an_object(key, generation, **spec))
        return key

    async def delete(self, key: Key) -> bool:
        """Let the core record that the object is gone."""
        return await self.record(key, None)

    async def record(self, key: Key, target: SweepObject | None) -> bool:
        """Write what the core decides to record about an object; False where it was too late."""
        facts = await self.look(key, target)
        action = decide(facts)
        assert isinstance(action, Record), action
        return await self.ledger.write(key, facts.view, action.change)

    async def admit(self, total: int = 2, per_namespace: int | None = None) -> list[str]:
        """Give out the slots, and return the names of who got one."""
        limits = AdmissionLimits(total, per_namespace)
        return [key.name for key in await self.ledger.admit(limits, ANY_SIZE)]

    async def change(self, key: Key, of: Callable[[Facts, Submission], Change]) -> bool:
        """Write a change of the sweep's latest submission."""
        facts = await self.look(key)
        return await self.ledger.write(key, facts.view, of(facts, facts.view.submissions[-1]))

    async def change_any(self, key: Key, change: Change) -> bool:
        """Write a change."""
        return await self.ledger.write(key, await self.ledger.view(key.uid), change)

    async def accept(self, key: Key, job_id: str = "job-1") -> bool:
        """The API took the submission."""
        return await self.change(key, lambda _, sent: accepted(sent, job_id, "answer"))

    async def put_back(self, key: Key) -> bool:
        """The API could not be reached: certainly not sent."""
        return await self.change(key, lambda _, sent: Change(moves=(Move(sent.key, State.READY),)))

    async def lose_the_answer(self, key: Key) -> bool:
        """The answer to the submission was lost."""
        return await self.change(key, lambda facts, sent: unknown(facts, sent, "cut off"))

    async def give_up(
        self, key: Key, to: State, reason: Reason = Reason.JOB_FAILED, message: str = "no data"
    ) -> bool:
        """The run ends without results; a job that may still run is to be cancelled."""
        return await self.change(
            key,
            lambda _, sent: Change(
                reason=reason,
                message=message,
                event=Event.GAVE_UP,
                moves=(Move(sent.key, to, cancel=to is State.TIMED_OUT),),
            ),
        )

    async def finish(self, key: Key, page: ResultPage | None = None) -> bool:
        """The results came."""
        return await self.change(
            key, lambda facts, sent: stored(facts, sent, page or a_page(), inbox=())
        )

    async def at_the_api(self, name: str = "btc-sma", namespace: str = "desk-a") -> Key:
        """Take a sweep as far as its job at the API."""
        key = await self.apply(name, namespace)
        assert name in await self.admit(total=1000)
        assert await self.accept(key)
        return key


def an_object(key: Key, generation: int = 1, **spec: Any) -> SweepObject:
    """Return the object of a sweep."""
    return SweepObject(key.uid, key.namespace, key.name, generation, "1001", a_spec(**spec), {})


@asynccontextmanager
async def a_desk(
    dsn: str, *, leads: bool = True, connections: int = 4, **identity: Any
) -> AsyncIterator[Desk]:
    """Open a ledger; `leads`: as the newest leader of its shard."""
    pool = await connect(dsn, max_size=connections)
    try:
        desk = Desk(PostgresLedger(pool, replace(IDENTITY, **identity)), pool)
        if leads:
            await desk.ledger.lead("tests")
        yield desk
    finally:
        await pool.close()


def count(connection: Connection, table: str, where: str = "true") -> int:
    """Count rows."""
    query = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 - the tests' own words
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def one(connection: Connection, query: str, *values: object) -> Any:
    """Return the only value of the only row."""
    rows = connection.execute(query.encode(), values).fetchall()
    assert 1 == len(rows), rows
    return rows[0] if len(rows[0]) > 1 else rows[0][0]


def waits_for_a_lock(connection: Connection) -> bool:
    """Whether some session of this database waits for another one's lock."""
    return 0 < count(
        connection,
        "pg_stat_activity",
        "datname = current_database() AND wait_event_type = 'Lock'",
    )


def version(view: View) -> int:
    """Return the version of the sweep in a view."""
    assert view.sweep is not None
    return view.sweep.version

"""Inside a launched process: its ports wrapped, so that it asks before each effect and may die.

Only effects are wrapped, by the names that the product itself gives them; what a sweep's effect is
about is known from the pass that performs it. A question costs one line over a socket.
"""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg

from tests.faults.effects import Effect
from tradingsweep.adapters.inbox import Inbox, Kept
from tradingsweep.adapters.kube import KubeCluster
from tradingsweep.adapters.ledger import PostgresLedger, admission
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.domain.changes import Change
from tradingsweep.domain.facts import SweepObject, View
from tradingsweep.domain.phases import Event
from tradingsweep.reconcile import loop, sources
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.measures import Result
from tradingsweep.reconcile.ports import Effect as Left
from tradingsweep.reconcile.ports import Key, KubeEvent

T = TypeVar("T")

_AT_THE_API = ("Submitted", "Running")
_ENDED = ("Completed", "Failed")

_sweep: ContextVar[str] = ContextVar("sweep", default="")
"""Whose pass, or effect of the outbox, this task is at."""
_mark: ContextVar[str] = ContextVar("mark", default="")
"""The comment that the next COMMIT, or callback, carries."""
_intended: ContextVar[list[str]] = ContextVar("intended")
"""Whose intents the transaction of this task has written."""
_doomed: ContextVar[list[dict[str, str]]] = ContextVar("doomed")
"""The kill after the transaction of this task."""


class Asking:
    """The line to whoever knows the plan."""

    def __init__(self, port: int) -> None:
        self._lines = socket.create_connection(("127.0.0.1", port), timeout=30).makefile("rwb")
        self.turn = asyncio.Lock()
        """Held by the effect that a kill may come of.

        Two kills on their way at once would race, and the faster one might leave the effect of the
        other behind: it is there, its kill has not hit, and it does not come a second time.
        """

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    def ask(self, **about: Any) -> dict[str, str]:
        """Ask what is to happen at an effect, and wait for the answer."""
        self._lines.write(json.dumps({**about, "pid": os.getpid()}).encode() + b"\n")
        self._lines.flush()
        line = self._lines.readline()
        if not line:
            # The harness has gone, and with it the reason to run.
            os._exit(70)
        answer: dict[str, str] = json.loads(line)
        return answer

    async def around(
        self,
        call: Callable[[], Awaitable[T]],
        effect: Effect,
        *,
        happened: Callable[[T], bool] = lambda _: True,
        **about: Any,
    ) -> T:
        """Perform an effect, or die of it."""
        async with self.turn:
            told = self.ask(effect=effect, **about)
            if told.get("moment") == "before":
                _die(told)
            if told:
                token = _mark.set(_comment(told) if told["moment"] == "between" else "")
                try:
                    done = await call()
                finally:
                    _mark.reset(token)
                if told["moment"] == "after" and happened(done):
                    self.die_of(told)
                return done
        return await call()

    def die_of(self, told: dict[str, str]) -> None:
        """Say that the effect has happened, and die."""
        self.ask(hit=told["cell"], sweep=told["sweep"])
        _die(told)


def _die(told: dict[str, str]) -> None:
    os.kill(os.getpid(), signal.SIGSTOP if "freezes" in told else signal.SIGKILL)


def _comment(told: dict[str, str]) -> str:
    return f" /* fault:{told['cell']} {told['sweep']} {os.getpid()} */"


def put_in_place(owner: object, **functions: Callable[..., Any]) -> None:
    """Put functions in the place of others of the same names, for the life of this process."""
    for name, function in functions.items():
        setattr(owner, name, function)


def instrument(asking: Asking) -> None:
    """Wrap the ports of this process; to be called once, before it runs."""
    _know_the_sweep()
    _mark_commits(asking)
    _wrap_ledger(asking)
    _wrap_cluster(asking)
    _wrap_api(asking)
    _wrap_inbox(asking)


def _know_the_sweep() -> None:
    reconcile, send = loop.reconcile, sources._send

    async def known_reconcile(key: Key, context: Context) -> Result:
        _sweep.set(key.name)
        return await reconcile(key, context)

    async def known_send(effect: Left, context: Context) -> None:
        _sweep.set(effect.key.name)
        await send(effect, context)

    put_in_place(loop, reconcile=known_reconcile)
    put_in_place(sources, _send=known_send)


def _mark_commits(asking: Asking) -> None:
    execute = psycopg.AsyncConnection.execute

    async def marked(self: Any, query: Any, *values: Any, **more: Any) -> Any:
        if query == "COMMIT":
            query += _of_intents(asking) or _mark.get()
        elif isinstance(query, str) and "inbox_put" in query:
            query += _mark.get()
        return await execute(self, query, *values, **more)

    put_in_place(psycopg.AsyncConnection, execute=marked)


def _of_intents(asking: Asking) -> str:
    """Ask about each intent that is about to be committed; returns the comment of a kill."""
    comment = ""
    for name in _intended.get([]):
        told = asking.ask(effect=Effect.INTENT, sweep=name)
        if told.get("moment") == "before":
            _die(told)
        if told.get("moment") == "between":
            comment = _comment(told)
        if told.get("moment") == "after":
            _doomed.get([]).append(told)
    return comment


def _wrap_ledger(asking: Asking) -> None:
    write, learn, admit = PostgresLedger.write, PostgresLedger.learn_job_id, PostgresLedger.admit
    intend = admission._intend

    async def asked_write(self: PostgresLedger, key: Key, known: View, change: Change) -> bool:
        effect = _commit_of(known, change)
        if effect is None:
            return await write(self, key, known, change)
        return await asking.around(
            lambda: write(self, key, known, change), effect, happened=bool, sweep=key.name
        )

    async def asked_learn(self: PostgresLedger, key: str, job_id: str, source: str) -> None:
        await asking.around(
            lambda: learn(self, key, job_id, source), Effect.JOB_ID, sweep=_sweep.get()
        )

    async def asked_admit(self: PostgresLedger, *limits: Any) -> list[Key]:
        _intended.set([])
        _doomed.set([])
        async with asking.turn:
            admitted = await admit(self, *limits)
            for told in _doomed.get():
                asking.die_of(told)
        _intended.set([])
        return admitted

    async def noted_intend(*arguments: Any) -> Key | None:
        key = await intend(*arguments)
        if key is not None:
            _intended.get([]).append(key.name)
        return key

    put_in_place(PostgresLedger, write=asked_write)
    put_in_place(PostgresLedger, learn_job_id=asked_learn)
    put_in_place(PostgresLedger, admit=asked_admit)
    put_in_place(admission, _intend=noted_intend)


def _commit_of(known: View, change: Change) -> Effect | None:
    """Say which effect a decision's transaction is, if it is one of the twelve."""
    if known.sweep is None:
        return Effect.SWEEP_ROWS
    if change.results is not None:
        return Effect.STORED
    if change.event in (Event.GAVE_UP, Event.NEXT_ATTEMPT):
        return Effect.FAILED
    return None


def _wrap_cluster(asking: Asking) -> None:
    patch, emit, delete = KubeCluster.patch_status, KubeCluster.emit, KubeCluster.delete

    async def asked_patch(
        self: KubeCluster, target: SweepObject, changed: dict[str, Any]
    ) -> SweepObject | None:
        effect = {
            **dict.fromkeys(_AT_THE_API, Effect.STATUS_SUBMITTED),
            **dict.fromkeys(_ENDED, Effect.STATUS_FINAL),
        }.get(str(changed.get("phase")))
        if effect is None:
            return await patch(self, target, changed)
        return await asking.around(
            lambda: patch(self, target, changed),
            effect,
            happened=lambda patched: patched is not None,
            sweep=target.name,
        )

    async def asked_emit(self: KubeCluster, event: KubeEvent) -> None:
        await asking.around(
            lambda: emit(self, event), Effect.EVENT, sweep=event.key.name, event=event.name
        )

    async def asked_delete(self: KubeCluster, target: SweepObject) -> bool:
        return await asking.around(
            lambda: delete(self, target), Effect.DELETE, happened=bool, sweep=target.name
        )

    put_in_place(KubeCluster, patch_status=asked_patch)
    put_in_place(KubeCluster, emit=asked_emit)
    put_in_place(KubeCluster, delete=asked_delete)


def _wrap_api(asking: Asking) -> None:
    submit, cancel = TradingApiClient.submit, TradingApiClient.cancel

    async def asked_submit(self: TradingApiClient, order: Any, **more: Any) -> Any:
        return await asking.around(
            lambda: submit(self, order, **more), Effect.POST, sweep=_sweep.get(), key=order.key
        )

    async def asked_cancel(self: TradingApiClient, job_id: str) -> bool:
        return await asking.around(
            lambda: cancel(self, job_id), Effect.CANCEL, sweep=_sweep.get(), job=job_id
        )

    put_in_place(TradingApiClient, submit=asked_submit)
    put_in_place(TradingApiClient, cancel=asked_cancel)


def _wrap_inbox(asking: Asking) -> None:
    put = Inbox.put

    async def asked_put(self: Inbox, key: str, body: bytes) -> Kept:
        return await asking.around(lambda: put(self, key, body), Effect.INBOX, key=key)

    put_in_place(Inbox, put=asked_put)

"""Deliberate breaks of the product, each as a small patch of the running code.

The harness is red with every one of them, or it proves nothing: `trials.py` says how each is
provoked, and `make test-faults-mutants` tries them all. They are applied in a launched process
before its ports are wrapped, so that a kill strikes the broken code.
"""

import asyncio
import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import psycopg

from tests.faults.instruments import put_in_place
from tradingsweep import running, signature
from tradingsweep.adapters.inbox import Inbox, Kept
from tradingsweep.adapters.kube import KubeCluster
from tradingsweep.adapters.ledger import PostgresLedger, admission, write
from tradingsweep.adapters.ledger.postgres import transaction
from tradingsweep.adapters.ledger.results import store_results
from tradingsweep.adapters.trading_api import client
from tradingsweep.adapters.trading_api.answers import answer_to
from tradingsweep.adapters.trading_api.http import Call, Wire
from tradingsweep.domain import decide, outcomes
from tradingsweep.domain.answers import Answer, OutcomeUnknown, Refused
from tradingsweep.domain.changes import Change
from tradingsweep.domain.endings import attempt_failed
from tradingsweep.domain.facts import Facts, Submission, SweepObject, View
from tradingsweep.domain.identity import submission_key
from tradingsweep.domain.submissions import State
from tradingsweep.errors import ClusterUnavailable
from tradingsweep.reconcile import loop
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.perform import perform
from tradingsweep.reconcile.ports import Key, KubeEvent
from tradingsweep.reconcile.queue import Bell
from tradingsweep.wiring import context_of


def no_key() -> None:
    """POST without an Idempotency-Key."""
    exchange = Wire.exchange

    async def bare(self: Wire, call: Call, *more: Any, **named: Any) -> Any:
        headers = {n: value for n, value in call.headers.items() if n != "Idempotency-Key"}
        return await exchange(self, replace(call, headers=headers), *more, **named)

    put_in_place(Wire, exchange=bare)


def key_without_ordinals() -> None:
    """Give every attempt of every run of a sweep one key."""

    def short(cluster: str, uid: str, _: int, spec_hash: str, __: int) -> str:
        return submission_key(cluster, uid, 1, spec_hash, 1)

    put_in_place(admission, submission_key=short)
    put_in_place(write, submission_key=short)


def no_unique_index_on_the_inbox() -> None:
    """Take a callback as often as it comes."""
    if "TRADINGSWEEP_TRADING_API_URL" not in os.environ:
        return
    with psycopg.connect(os.environ["TRADINGSWEEP_DSN"]) as ledger:
        ledger.execute(
            "ALTER TABLE callback_inbox"
            " DROP CONSTRAINT IF EXISTS callback_inbox_submission_key_body_sha256_key"
        )
        ledger.execute(
            "CREATE OR REPLACE FUNCTION inbox_store(p_key text, p_body bytea, p_signed boolean)"
            " RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO public.callback_inbox (submission_key, body_sha256, body, signed)"
            " VALUES (p_key, sha256(p_body), p_body, p_signed); RETURN 'stored'; END $$"
        )


def no_compare_and_set() -> None:
    """Write a decision whatever was decided meanwhile; one kind of it is slow."""
    put_value(write, "_UPDATE_SWEEP", write._UPDATE_SWEEP.replace("AND version = %(version)s", ""))
    plain = PostgresLedger.write

    async def slow(self: PostgresLedger, key: Key, known: View, change: Change) -> bool:
        if change.rewrites is not None:
            await _a_while(12)
        return await plain(self, key, known, change)

    put_in_place(PostgresLedger, write=slow)


def job_id_only_by_compare_and_set() -> None:
    """Learn a job id only with the decision about it."""

    async def forget(*_: Any) -> None:
        return

    put_in_place(PostgresLedger, learn_job_id=forget)


def status_before_ledger() -> None:
    """Show the end before it is recorded."""

    async def early(key: Key, action: Any, facts: Facts, context: Context) -> Change | None:
        change = await perform(key, action, facts, context)
        if change is not None and change.results is not None and facts.object is not None:
            await context.cluster.patch_status(facts.object, {"phase": "Completed"})
        return change

    put_in_place(loop, perform=early)


def no_resource_version() -> None:
    """Patch a status whatever the object is by now."""
    patch = KubeCluster.patch_status

    async def blind(self: KubeCluster, target: SweepObject, changed: dict[str, Any]) -> Any:
        return await patch(self, replace(target, resource_version=cast("str", None)), changed)

    put_in_place(KubeCluster, patch_status=blind)


def ledger_read_before_object() -> None:
    """Look at the ledger, and some time later at the object and at the version to decide on.

    The order alone harms nobody: an old version loses its decision, and a status that is ahead of
    the ledger leads to such a decision. So this one has the newest version and older rows.
    """
    dice = random.Random()  # noqa: S311 - no secret

    async def turned(key: Key, context: Context, _: Facts | None = None) -> Facts:
        view = await context.ledger.view(key.uid)
        await _a_while(dice.uniform(0.2, 2))
        target = context.objects.get(key.uid) or await context.cluster.get(key)
        view = replace(view, sweep=(await context.ledger.view(key.uid)).sweep)
        facts = Facts(target, view, policy=context.policy, epoch=context.epoch)
        live = facts.submission
        if live is None:
            return facts
        heard = context.follower.heard(key.uid, live.key)
        return replace(facts, heard=heard, posted=live.key in context.posted)

    put_in_place(loop, observe=turned)


async def _a_while(seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()


def a_lost_answer_is_a_refusal() -> None:
    """Take a 5xx or a timeout for a no."""

    def sure(*seen: Any, **more: Any) -> Answer:
        answer = answer_to(*seen, **more)
        return Refused(answer.message) if isinstance(answer, OutcomeUnknown) else answer

    put_in_place(client, answer_to=sure)


def resubmit_on_404() -> None:
    """Submit anew what the API says that it does not know."""

    def again(facts: Facts, over: Submission, to: State, *said: Any, **more: Any) -> Change:
        if to is State.LOST:
            change = outcomes.replaced(over)
            return replace(change, moves=tuple(replace(m, to=to) for m in change.moves))
        return attempt_failed(facts, over, to, *said, **more)

    put_in_place(decide, attempt_failed=again)


def accepted_before_commit() -> None:
    """Answer 202, and store the callback afterwards."""
    put = Inbox.put
    later: set[asyncio.Task[None]] = set()

    async def store(inbox: Inbox, key: str, body: bytes) -> None:
        await _a_while(2)
        await put(inbox, key, body)

    async def at_once(self: Inbox, key: str, body: bytes) -> Kept:
        later.add(asyncio.create_task(store(self, key, body)))
        return Kept.STORED

    put_in_place(Inbox, put=at_once)


def token_not_checked() -> None:
    """Take every callback for genuine."""
    put_in_place(signature.Keyring, verify=lambda *_: True)


def token_of_another_attempt_accepted() -> None:
    """Sign every address alike."""
    sign = signature._sign
    put_in_place(signature, _sign=lambda kid, secret, _: sign(kid, secret, "any"))


def forbidden_is_deleted() -> None:
    """Take an object that may not be read for one that is gone."""
    get = KubeCluster.get

    async def sure(self: KubeCluster, key: Key) -> SweepObject | None:
        try:
            return await get(self, key)
        except ClusterUnavailable:
            return None

    put_in_place(KubeCluster, get=sure)


def notify_only() -> None:
    """Look for callbacks only when somebody rings."""

    async def deaf(context: Context, bell: Bell) -> None:
        while True:
            await bell._event.wait()
            bell._event.clear()
            for key in await context.ledger.called_back():
                context.queue.add(key)

    put_in_place(running, hear_callbacks=deaf)


def results_outside_the_closing_transaction() -> None:
    """Complete a run, then store its results."""
    plain = PostgresLedger.write

    async def apart(self: PostgresLedger, key: Key, known: View, change: Change) -> bool:
        won = await plain(self, key, known, replace(change, results=None))
        if won and change.results is not None and known.run is not None:
            source = next(m.key for m in change.moves if m.to is State.COMPLETED)
            async with transaction(self._pool) as connection:
                await store_results(connection, source, change.results)
        return won

    put_in_place(PostgresLedger, write=apart)


def event_outside_the_outbox() -> None:
    """Tell of an end after it was written, and not with it."""
    plain, build = PostgresLedger.write, context_of
    contexts: list[Context] = []

    def remembered(*parts: Any) -> Context:
        contexts.append(build(*parts))
        return contexts[-1]

    async def told(self: PostgresLedger, key: Key, known: View, change: Change) -> bool:
        won = await plain(self, key, known, replace(change, announce=()))
        for said in change.announce if won else ():
            version = known.sweep.version + 1 if known.sweep else 1
            name = write.event_name(key, version, said.reason.value)
            event = KubeEvent(name, key, said.type, said.reason, said.note)
            await contexts[-1].cluster.emit(event)
        return won

    put_in_place(running, context_of=remembered)
    put_in_place(PostgresLedger, write=told)


def put_value(owner: object, name: str, value: object) -> None:
    """Put a value in the place of another."""
    setattr(owner, name, value)


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (
        no_key,
        key_without_ordinals,
        no_unique_index_on_the_inbox,
        no_compare_and_set,
        job_id_only_by_compare_and_set,
        status_before_ledger,
        no_resource_version,
        ledger_read_before_object,
        a_lost_answer_is_a_refusal,
        resubmit_on_404,
        accepted_before_commit,
        token_not_checked,
        token_of_another_attempt_accepted,
        forbidden_is_deleted,
        notify_only,
        results_outside_the_closing_transaction,
        event_outside_the_outbox,
    )
}
"""By name."""


def apply_mutant(name: str) -> None:
    """Break the product in this process; the empty name breaks nothing."""
    if name:
        MUTANTS[name]()

"""The loops beside the passes: slots given out, callbacks heard, effects sent."""

import asyncio
from datetime import timedelta

import structlog

from tradingsweep.domain.answers import Broken, Done, NoSuchJob, Progress
from tradingsweep.domain.changes import Deletion
from tradingsweep.domain.reasons import Reason
from tradingsweep.errors import (
    ClusterUnavailable,
    CredentialsRejected,
    LedgerUnavailable,
    TradingApiUnavailable,
)
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.late import collect_late
from tradingsweep.reconcile.ports import AdmissionLimits, Effect, KubeEvent
from tradingsweep.reconcile.queue import Bell

log = structlog.get_logger()

MOST_TRIES = 20
"""An effect of the outbox that failed this often, over an hour, is set aside.

A cancellation lasts at least until its job's slot does not count any more.
"""
AT_ONCE = 16
"""Effects on their way."""
LONGEST_PAUSE = 300.0
FIRST_PAUSE = 1.0
"""Seconds after which an API that this process has not met yet is asked again; then twice that."""


class Admitter:
    """Gives out free slots, and asks the API's health before it does."""

    def __init__(self, context: Context, limits: AdmissionLimits) -> None:
        self._context, self._limits = context, limits
        self._healthy_until = 0.0
        self._introduced_again_at = 0.0
        self._not_met = 0

    async def run(self) -> None:
        """Admit until cancelled: at each ring, and every few seconds all the same."""
        context = self._context
        while True:
            try:
                await self.admit()
            except LedgerUnavailable as error:
                log.warning("admission_interrupted", error=str(error))
            await context.admission.wait(context.policy.delays.tick.total_seconds())

    async def admit(self) -> None:
        """Give out the slots that are free now."""
        context = self._context
        most = context.policy.max_combinations
        if not context.may_act():
            return
        if not context.policy.has_met_api and context.clock() >= self._introduced_again_at:
            # Until the API has said what it can do, outcomes that are unknown stay so: somebody
            # must ask it, also where nobody waits for a slot.
            await self._api_is_there()
        if not await context.ledger.anyone_waiting(most):
            return
        if not await self._api_is_there():
            return
        for key in await context.ledger.admit(self._limits, most):
            context.queue.add(key)

    async def _api_is_there(self) -> bool:
        """Ask the health of the API, at most once in a few seconds."""
        context, delays = self._context, self._context.policy.delays
        if context.clock() < self._healthy_until:
            return True
        try:
            health = await context.api.health()
        except TradingApiUnavailable as error:
            rejected = isinstance(error, CredentialsRejected)
            wait = delays.api_retry if rejected else self._wait_for_api()
            self._introduced_again_at = context.clock() + wait.total_seconds()
            log.warning(Reason.API_UNAVAILABLE, error=str(error), again_in=wait.total_seconds())
            await context.ledger.api_is_down(wait, credentials=rejected)
            return False
        context.learn(health)
        await context.ledger.api_is_up()
        self._healthy_until = context.clock() + delays.patch_pace.total_seconds()
        return True

    def _wait_for_api(self) -> timedelta:
        """Return how long to leave an API alone that does not answer.

        Operator and API are often started together, and the operator is there first: its first
        sweeps are not to wait for half a minute. So an API that was never met is asked after 1, 2,
        4 seconds, up to the usual pause.
        """
        policy = self._context.policy
        if policy.has_met_api:
            return policy.delays.api_retry
        self._not_met += 1
        pause = FIRST_PAUSE * 2.0 ** min(self._not_met - 1, 10)
        return min(policy.delays.api_retry, policy.seconds(pause))


async def hear_callbacks(context: Context, bell: Bell) -> None:
    """Queue the sweeps that were called back, at each ring and every few seconds all the same.

    A notification is a hint: rows commit out of order, and a lost connection loses hints. So what
    counts is the question "what is unprocessed?", never "what is newer than the last one?".
    """
    while True:
        try:
            for key in await context.ledger.called_back():
                context.queue.add(key)
        except LedgerUnavailable as error:
            log.warning("inbox_unavailable", error=str(error))
        await bell.wait(context.policy.delays.tick.total_seconds())


async def send_effects(context: Context) -> None:
    """Perform what decisions left in the outbox: Events and cancels, at least once each."""
    while True:
        claimed = 0
        try:
            effects = await context.ledger.claim_effects(AT_ONCE) if context.may_act() else []
            await asyncio.gather(*(_send(effect, context) for effect in effects))
            claimed = len(effects)
        except LedgerUnavailable as error:
            log.warning("outbox_unavailable", error=str(error))
        # Fewer than asked for: that was all, and whoever left more since has rung.
        if claimed < AT_ONCE:
            await context.outbox.wait(context.policy.delays.tick.total_seconds())


async def _send(effect: Effect, context: Context) -> None:
    try:
        released = await _perform(effect, context)
    except (ClusterUnavailable, TradingApiUnavailable) as error:
        delay = pause_after(effect, context)
        dead = await context.ledger.effect_failed(effect, delay, dead=effect.tries >= MOST_TRIES)
        log.warning("effect_failed", kind=effect.kind, error=str(error), dead=dead)
    else:
        await context.ledger.effect_done(effect, released=released)


def pause_after(effect: Effect, context: Context) -> timedelta:
    """Return how long an effect waits after a failed try: 2, 4, 8 seconds, at most 5 minutes."""
    return context.policy.seconds(min(LONGEST_PAUSE, 2.0 ** min(effect.tries, 10)))


async def _perform(effect: Effect, context: Context) -> bool:
    """Perform an effect; True where a job is known to be cancelled, so that its slot is free."""
    said = effect.payload
    match effect.kind:
        case "event":
            event = KubeEvent(said["name"], effect.key, said["type"], said["reason"], said["note"])
            await context.cluster.emit(event)
            return False
        case "cancel":
            return await _cancel(said["job_id"], context)
        case "collect":
            await collect_late(effect, context)
            return False
        case "look":
            context.queue.add(effect.key)
            return False
        case "delete_object":
            await _delete(effect, context)
            return False
        case _:
            return False


async def _cancel(job_id: str, context: Context) -> bool:
    """Cancel a job; only its confirmed end frees the slot, not the request.

    Raises:
        TradingApiUnavailable: it was asked to end and has not ended yet: ask again.
    """
    if not context.policy.has_met_api:
        context.learn(await context.api.health())
    if not context.policy.can_cancel:
        # The job runs to its end, and keeps its slot until then.
        return False
    if not await context.api.cancel(job_id):
        # It had ended already, or is not known.
        return True
    if not context.policy.knows_status:
        return False
    match await context.api.status(job_id):
        case Broken() | Done() | NoSuchJob():
            return True
        case Progress() | None:
            raise TradingApiUnavailable("the job was asked to end and has not ended yet")


async def _delete(effect: Effect, context: Context) -> None:
    """Delete an object whose time is over, unless somebody has asked it something since.

    Raises:
        ClusterUnavailable: it changed at this very moment: look again.
    """
    key = effect.key
    # An old version of it does no harm: the deletion is refused then.
    target = context.objects.get(key.uid) or await context.cluster.get(key)
    if target is None:
        return
    asked = (await context.ledger.view(key.uid)).sweep
    if asked is None or asked.deletion_asked_at is None:
        return
    if target.generation > asked.generation_seen or target.owner is not None:
        return
    if effect.payload.get("because") == Deletion.HISTORY and target.created_by is None:
        # Somebody took the label off: now it is kept like what a person applied.
        return
    if not await context.cluster.delete(target):
        context.objects.drop(key.uid)
        raise ClusterUnavailable("the object changed while it was to be deleted")

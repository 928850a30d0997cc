"""Deliver callbacks: at least once, with growing pauses, until the receiver takes them."""

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import structlog

from tradingapi.clock import Clock
from tradingapi.egress.guard import ForbiddenUrlError, Guard, Target
from tradingapi.egress.signature import signature_headers
from tradingapi.store.deliveries import Delivery, DeliveryStore

log = structlog.get_logger()

AT_ONCE: Final = 32
"""Attempts in flight."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0
"""Seconds between attempts: 1, 2, 4, … 300, 300, …"""

LONGEST_RETRY_AFTER: Final = 3_600.0
"""Seconds, whatever a receiver asks for."""

GONE: Final = 410
"""A receiver's way to say that it wants no more (Standard Webhooks 1.0)."""

LOOK_AGAIN_SECONDS: Final = 30.0


@dataclass(frozen=True)
class DeliveryRules:
    """How patient deliveries are. Times are in seconds."""

    timeout: float
    """Of one attempt, from the name's look-up to the answer's status line."""
    horizon: float
    """Age at which a delivery is given up."""
    scale: float
    """Multiplies pauses and horizon: tests cannot wait for an hour."""

    def pause(self, tries: int, retry_after: float = 0.0) -> float:
        """Return the pause after so many tries; the receiver may ask for a longer one."""
        growing = min(FIRST_PAUSE * 2.0 ** min(tries - 1, 30), LONGEST_PAUSE)
        return self.scale * max(growing, min(retry_after, LONGEST_RETRY_AFTER))


class Outcome(NamedTuple):
    """How an attempt ended: a status, or what went wrong."""

    word: int | str
    retry_after: float = 0.0
    """Seconds for which the receiver wants to be left alone."""

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return isinstance(self.word, int) and httpx.codes.is_success(self.word)


class Courier:
    """One task that delivers what the store has.

    Redirects are not followed and a body is not read: the status line is all that is wanted.
    Each attempt has a client of its own, so that no receiver's cookies reach another.
    """

    def __init__(
        self,
        deliveries: DeliveryStore,
        rules: DeliveryRules,
        guard: Guard,
        secrets: Sequence[bytes],
        clock: Clock,
    ) -> None:
        self._deliveries = deliveries
        self._rules = rules
        self._guard = guard
        self._secrets = tuple(secrets)
        self._clock = clock
        self._tls = ssl.create_default_context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Tell that there is something to deliver; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)

    async def recover(self) -> None:
        """Make everything that an earlier process left due."""
        await asyncio.to_thread(self._deliveries.recover, self._clock())

    async def run(self) -> None:
        """Deliver until cancelled. What is in flight then is tried again after the next start."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._news.clear()
                pause = await self._send_what_is_due()
                await self._wait(pause)
        finally:
            self._loop = None
            flying = tuple(self._flying)
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _send_what_is_due(self) -> float:
        """Start the attempts that are due and return the seconds until the next one is."""
        room = AT_ONCE - len(self._flying)
        if room == 0:
            return LOOK_AGAIN_SECONDS
        now = self._clock()
        lease = 2 * self._rules.timeout + 5
        try:
            for delivery in await asyncio.to_thread(self._deliveries.take, now, lease, room):
                task = asyncio.create_task(self._deliver(delivery))
                self._flying.add(task)
                task.add_done_callback(self._landed)
            next_at = await asyncio.to_thread(self._deliveries.next_at)
        except Exception:
            log.exception("deliveries could not be read")
            return self._rules.pause(1)
        return LOOK_AGAIN_SECONDS if next_at is None else next_at - self._clock()

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._news.set()

    async def _wait(self, pause: float) -> None:
        try:
            async with asyncio.timeout(min(max(pause, 0.0), LOOK_AGAIN_SECONDS)):
                await self._news.wait()
        except TimeoutError:
            return

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._record(delivery, await self._attempt(delivery))
        except Exception:
            log.exception("a delivery's end could not be stored", job_id=delivery.job_id)

    async def _attempt(self, delivery: Delivery) -> Outcome:
        """Say what the receiver answered, or what went wrong. The URL is never shown."""
        try:
            async with asyncio.timeout(self._rules.timeout):
                target = await self._guard.target(delivery.url)
                return await self._post(delivery, target)
        except ForbiddenUrlError as error:
            return Outcome(str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Outcome(type(error).__name__)

    async def _post(self, delivery: Delivery, target: Target) -> Outcome:
        """Call the addresses that were checked, in their order, until one can be connected to."""
        url = httpx.URL(delivery.url)
        host = url.netloc.decode()
        body = delivery.body.encode()
        headers = {"Content-Type": "application/json", "User-Agent": "tradingapi", "Host": host}
        headers |= signature_headers(self._secrets, delivery.job_id, self._clock(), body)
        failure: httpx.ConnectError | None = None
        for address in target.addresses:
            there = url.copy_with(host=str(address), port=target.port)
            try:
                async with (
                    self._client() as client,
                    client.stream(
                        "POST",
                        there,
                        content=body,
                        headers=headers,
                        extensions={"sni_hostname": target.host},
                    ) as answer,
                ):
                    return Outcome(answer.status_code, _seconds(answer.headers.get("Retry-After")))
            except httpx.ConnectError as error:
                failure = error
        assert failure is not None, "a target has an address"
        raise failure

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._rules.timeout
        )

    async def _record(self, delivery: Delivery, outcome: Outcome) -> None:
        now, tries = self._clock(), delivery.tries
        pause = self._rules.pause(tries, outcome.retry_after)
        too_late = now + pause > delivery.created_at + self._rules.scale * self._rules.horizon
        job_id, host = delivery.job_id, urlsplit(delivery.url).hostname
        if outcome.delivered or too_late or outcome.word == GONE:
            await asyncio.to_thread(self._deliveries.close, job_id, delivered=outcome.delivered)
            word = "callback delivered" if outcome.delivered else "callback given up"
        else:
            await asyncio.to_thread(self._deliveries.postpone, job_id, now + pause)
            word = "callback refused, to be tried again"
        log.info(word, job_id=job_id, host=host, outcome=outcome.word, tries=tries)


def _seconds(retry_after: str | None) -> float:
    """Read a Retry-After that counts seconds; a date or nonsense asks for nothing."""
    return float(retry_after) if retry_after and re.fullmatch("[0-9]{1,6}", retry_after) else 0.0

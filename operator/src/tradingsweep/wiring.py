"""Putting an operator together: opens what it works with, in the order in which it closes last."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from tradingsweep.adapters import kube, ledger
from tradingsweep.adapters.metrics.process import Metrics
from tradingsweep.adapters.notify import Mailer, Server
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.config import PREFIX, OperatorSettings
from tradingsweep.domain.answers import Health
from tradingsweep.domain.policy import Delays, MailPolicy, Policy
from tradingsweep.errors import ConfigurationError
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.follow import Follower
from tradingsweep.reconcile.leadership import Leadership, LeaseTimes
from tradingsweep.reconcile.measures import Measures
from tradingsweep.reconcile.ports import Key, TradingApi
from tradingsweep.reconcile.queue import KeyedQueue
from tradingsweep.reconcile.tracing import Traces
from tradingsweep.signature import Keyring


@dataclass(frozen=True, slots=True)
class Parts:
    """What one operator works with."""

    cluster: kube.KubeCluster
    ledger: ledger.PostgresLedger
    api: TradingApi
    leadership: Leadership
    keyring: Keyring
    mailer: Mailer | None
    holder: str
    """This process's name among its replicas."""


async def open_parts(settings: OperatorSettings, metrics: Metrics, stack: AsyncExitStack) -> Parts:
    """Open connections; the stack closes them in reverse.

    Raises:
        ConfigurationError: a setting is wrong, or the ledger's schema is not this program's.
        LedgerUnavailable: Postgres could not be reached.
        ClusterUnavailable: the API server could not be reached.
    """
    keyring = Keyring.parse(settings.callback_secrets.get_secret_value())
    mailer = mailer_of(settings)
    holder = f"{socket.gethostname()}-{os.getpid()}"
    cluster = await stack.enter_async_context(
        kube.connect(holder, marks=settings.owner_marks, asked=metrics.asked_kubernetes)
    )
    pool = await ledger.connect(settings.dsn.get_secret_value(), max_size=settings.workers + 4)
    stack.push_async_callback(pool.close)
    await ledger.check_schema(pool)
    api = TradingApiClient(
        str(settings.trading_api_url),
        settings.trading_api_key,
        post_timeout=settings.post_timeout_seconds,
        retry_503=settings.busy_means_not_accepted,
        heard=metrics.asked_trading_api,
    )
    stack.push_async_callback(api.aclose)
    identity = ledger.Identity(
        cluster_id=settings.cluster_id or await cluster.cluster_id(),
        shard=settings.shard,
        callback_base=str(settings.callback_base),
        token_kid=keyring.kid,
        api=settings.api_name,
        time_scale=settings.time_scale,
        app=ledger.known_schema(),
        send_window=delays(settings).send_window,
        outbox_claim=delays(settings).outbox_claim,
    )
    times = lease_times(settings)
    lease = cluster.lease(settings.lease_namespace, f"tradingsweep-{settings.shard}", times)
    return Parts(
        cluster=cluster,
        ledger=ledger.PostgresLedger(pool, identity),
        api=api,
        leadership=Leadership(lease, holder, times, clock),
        keyring=keyring,
        mailer=mailer,
        holder=holder,
    )


def context_of(
    parts: Parts, settings: OperatorSettings, epoch: int, measures: Measures, traces: Traces
) -> Context:
    """Return what the loops share."""
    queue: KeyedQueue[Key] = KeyedQueue()
    context = Context(
        cluster=parts.cluster,
        ledger=parts.ledger,
        api=parts.api,
        follower=Follower(
            parts.api, lambda: context.policy, queue.add, max_streams=settings.max_streams
        ),
        policy=Policy(
            delays=delays(settings),
            has_met_api=False,
            time_scale=settings.time_scale,
            mail=_mail_policy(settings),
            max_combinations=settings.max_combinations,
            holds_unknown=settings.on_unknown_outcome == "Hold",
        ),
        epoch=epoch,
        callback_url=_callback_url(settings, parts.keyring),
        may_act=parts.leadership.may_act,
        clock=clock,
        queue=queue,
        measures=measures,
        traces=traces,
        features=None if settings.api_features is None else frozenset(settings.api_features),
    )
    if context.features is not None:
        context.learn(Health(context.features))
    return context


def mailer_of(settings: OperatorSettings) -> Mailer | None:
    """Return what sends mails; None where no mail server is configured.

    Raises:
        ConfigurationError: a setting is missing, wrong, or has no effect.
    """
    policy = _mail_policy(settings)
    if any(address.rpartition("@")[2].lower() not in policy.domains for address in policy.default):
        raise ConfigurationError(
            f"{PREFIX}NOTIFY_EMAILS: an address is in none of the domains of "
            f"{PREFIX}ALLOWED_EMAIL_DOMAINS"
        )
    if settings.smtp_url is None:
        if policy.domains:
            raise ConfigurationError(
                f"{PREFIX}ALLOWED_EMAIL_DOMAINS has no effect without {PREFIX}SMTP_URL"
            )
        return None
    if settings.mail_from is None:
        raise ConfigurationError(f"{PREFIX}MAIL_FROM: needed with {PREFIX}SMTP_URL")
    server = Server.parse(settings.smtp_url.get_secret_value())
    return Mailer(server, settings.mail_from, policy.domains, settings.smtp_ca_file)


def _mail_policy(settings: OperatorSettings) -> MailPolicy:
    domains = frozenset(domain.lower() for domain in settings.allowed_email_domains)
    return MailPolicy(domains, settings.notify_emails)


def _callback_url(settings: OperatorSettings, keyring: Keyring) -> Callable[[str], str]:
    base = str(settings.callback_base).rstrip("/")
    return lambda key: f"{base}/webhook/sweep-callback/{key}/{keyring.token(key)}"


def delays(settings: OperatorSettings) -> Delays:
    """Return every delay, scaled; an unknown outcome waits longer than a deposed leader acts."""
    timeout = timedelta(seconds=settings.post_timeout_seconds)
    least = settings.post_timeout_seconds + settings.lease_seconds + 30
    wait = timedelta(seconds=max(least, settings.unknown_outcome_wait_seconds))
    scaled = replace(Delays(), unknown_wait=wait).scaled(settings.time_scale)
    return replace(scaled, post_timeout=timeout)


def lease_times(settings: OperatorSettings) -> LeaseTimes:
    """Return the Lease's times, in the proportions 15 : 10 : 2."""
    duration = settings.lease_seconds
    return LeaseTimes(duration, renew_within=duration * 2 / 3, retry=duration * 2 / 15)


def clock() -> float:
    """Seconds that go on while the machine sleeps: a window must not outlive a suspend."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

"""The receiver's routes: cap, deadline, token, one row in the inbox, 202.

| answer | to whom |
|---|---|
| 202 | it is in the inbox and committed, now or since before |
| 400, 408, 413, 415 | the body is empty, slow, big, or not declared as JSON |
| 401 | whatever is wrong with key, token or signature |
| 429 | 16 other bodies came for this submission: not stored, so not accepted; senders retry |
| 503 | Postgres is away, slow, or not migrated: not stored; senders retry |
"""

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tradingsweep.adapters.inbox import Inbox, Kept
from tradingsweep.adapters.metrics.receiver import ReceiverMetrics
from tradingsweep.adapters.tracing.callbacks import Callbacks
from tradingsweep.errors import LedgerUnavailable
from tradingsweep.receiver.body import take
from tradingsweep.receiver.settings import ReceiverSettings
from tradingsweep.receiver.standard_webhooks import Signatures
from tradingsweep.signature import Fault, Keyring

PATH = "/webhook/sweep-callback"
SIGNED = f"{PATH}/{{key}}/{{token}}"

_KEY = re.compile(r"[0-9a-f]{64}")
_JOB_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BUSY_SECONDS = "5"
"""When a sender should try again while Postgres is away."""
_FULL_SECONDS = "300"
"""When it should try again while the inbox has no room for it."""

_log = structlog.get_logger(__name__)


def app(
    settings: ReceiverSettings,
    metrics: ReceiverMetrics | None = None,
    traces: Callbacks | None = None,
) -> Starlette:
    """Build the receiver; its lifespan opens and closes the connections to Postgres.

    Raises:
        ConfigurationError: the secrets or the DSN cannot be used.
    """
    receiver = _Receiver(settings, metrics or ReceiverMetrics(), traces or Callbacks())
    routes = [
        Route(SIGNED, receiver.callback, methods=["POST"]),
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", receiver.ready, methods=["GET"]),
    ]
    if settings.plain_callbacks:
        routes.append(Route(PATH, receiver.plain_callback, methods=["POST"]))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with receiver.inbox:
            yield

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: _refused, LedgerUnavailable: _away},
    )


class _Receiver:
    """What the routes share."""

    def __init__(
        self, settings: ReceiverSettings, metrics: ReceiverMetrics, traces: Callbacks
    ) -> None:
        self._keyring = Keyring.parse(settings.callback_secrets.get_secret_value())
        secrets = settings.webhook_secrets
        # Not `if secrets`: an empty one is false, and would switch the check off without a word.
        self._signatures = None if secrets is None else Signatures.parse(secrets.get_secret_value())
        self.metrics = metrics
        self._traces = traces
        self._limit = settings.receiver_max_body
        self._body_seconds = settings.receiver_body_seconds
        self.inbox = Inbox(settings.dsn.get_secret_value(), within=settings.receiver_store_seconds)

    async def callback(self, request: Request) -> Response:
        """Take a callback whose URL was signed for one submission."""
        key, token = request.path_params["key"], request.path_params["token"]
        known, is_key = self._keyring.verify(key, token), _KEY.fullmatch(key) is not None
        if not (known and is_key):
            self.metrics.refused(self._keyring.fault(token) if is_key else Fault.KEY)
            raise _unauthorized()
        with self._traces.received(SIGNED, key) as told:
            body = await self._body(request)
            with self._counted() as answered:
                kept = await self.inbox.put(key, body)
                answered(kept)
            told(kept)
        _log.info("callback", kept=kept, submission=key[:12])
        if kept is Kept.FULL:
            raise HTTPException(429, "too many callbacks", {"Retry-After": _FULL_SECONDS})
        return JSONResponse({"status": kept}, status_code=202)

    async def plain_callback(self, request: Request) -> Response:
        """Take a callback without a token, if it is for a job that we know.

        The answer is the same for every job id: a stranger does not learn which ones exist.
        """
        body = await self._body(request)
        job_id = _job_id(body)
        with self._counted() as answered:
            kept = await self.inbox.put_unsigned(job_id, body)
            answered(kept)
        _log.info("plain callback", kept=kept)
        return JSONResponse({"status": "accepted"}, status_code=202)

    async def ready(self, _: Request) -> Response:
        """Answer 200 while a callback could be stored."""
        await self.inbox.check()
        return JSONResponse({"status": "ready"})

    async def _body(self, request: Request) -> bytes:
        try:
            body = await take(request, limit=self._limit, within=self._body_seconds)
        except HTTPException:
            self.metrics.answered("refused")
            raise
        signatures = self._signatures
        if signatures is not None and not signatures.verify(request.headers, body, now=time.time()):
            self.metrics.refused(Fault.SIGNATURE)
            raise _unauthorized()
        return body

    @contextmanager
    def _counted(self) -> Iterator[Callable[[str], None]]:
        """Time the storing of a callback, and count what is answered."""
        try:
            with self.metrics.storing():
                yield self.metrics.answered
        except LedgerUnavailable:
            self.metrics.answered("unavailable")
            raise


def _unauthorized() -> HTTPException:
    """One answer for every fault of key, token or signature: it does not say what to try next."""
    return HTTPException(401, "unauthorized", {"Connection": "close"})


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


def _job_id(body: bytes) -> str:
    try:
        job_id = json.loads(body)["job_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise HTTPException(400, "the body must be a JSON object with a job_id") from None
    if not isinstance(job_id, str) or not _JOB_ID.fullmatch(job_id):
        raise HTTPException(400, "job_id must be 1 to 128 letters, digits, '.', '_' or '-'")
    return job_id


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"error": error.detail}, status_code=error.status_code, headers=error.headers
    )


async def _away(_: Request, error: Exception) -> Response:
    _log.warning("cannot store", error=str(error))
    return JSONResponse(
        {"error": "try again later"}, status_code=503, headers={"Retry-After": _BUSY_SECONDS}
    )

"""Submit a sweep."""

import re
import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from tradingapi.answers import Accepted, AcceptedParameters
from tradingapi.body import FORM, JSON, body_schema, read_model
from tradingapi.contract import SweepRequest
from tradingapi.egress.guard import ForbiddenUrlError
from tradingapi.engine.grid import grid
from tradingapi.engine.spec import Search
from tradingapi.honesty import Preset, effort
from tradingapi.problems import InvalidParameters, KeyReused, ProblemBody, QueueFull
from tradingapi.routes.access import KeyRequired
from tradingapi.services import Served, Services
from tradingapi.settings import Feature, Settings
from tradingapi.store.jobs import KeyReusedError, NewJob, QueueFullError
from tradingapi.wire import timestamp

router = APIRouter(
    tags=["sweeps"], dependencies=[KeyRequired], responses={"4XX": {"model": ProblemBody}}
)

KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
"""An idempotency key: visible ASCII."""

QUEUE_FULL_SECONDS: Final = 5

SCHEMA = body_schema(SweepRequest)


@router.post(
    "/api/v1/strategy/sweep",
    status_code=202,
    response_model=Accepted,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {FORM: {"schema": SCHEMA}, JSON: {"schema": SCHEMA}},
        }
    },
)
async def submit(
    request: Request,
    served: Served,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """Accept a sweep: it is stored before this answers, and survives a restart.

    With an `Idempotency-Key` the same request again gets the first answer, with the header
    `Idempotent-Replayed: true`; another request under the same key is refused with 422. Keys
    live 30 days, and `webhook_url` is not compared.
    """
    asked = await read_model(request, SweepRequest, served.settings.slow_seconds)
    key = _key(idempotency_key) if Feature.IDEMPOTENCY_KEY in served.settings.features else None
    answer, replayed = await run_in_threadpool(_accept, served, asked, key)
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return Response(answer, 202, headers, media_type=JSON)


def _key(header: str | None) -> str | None:
    if header is not None and KEY.fullmatch(header) is None:
        raise InvalidParameters.of("Idempotency-Key", "1 to 255 visible ASCII characters")
    return header


def _accept(served: Services, asked: SweepRequest, key: str | None) -> tuple[str, bool]:
    """Store a job and return its answer, or the first answer to its key and True."""
    fingerprint, now = asked.fingerprint(), served.clock()
    try:
        first = served.jobs.replay(key, fingerprint, now) if key else None
        if first is None:
            job = _new_job(served, asked, fingerprint, now)
            first = served.jobs.accept(job, key, served.settings.max_queued)
            if first is None:
                served.runner.wake()
                return job.answer, False
    except KeyReusedError:
        raise KeyReused("This Idempotency-Key came with other parameters before") from None
    except QueueFullError:
        raise QueueFull(
            "Too many jobs are waiting", headers={"Retry-After": str(QUEUE_FULL_SECONDS)}
        ) from None
    return first, True


def _new_job(served: Services, asked: SweepRequest, fingerprint: str, now: float) -> NewJob:
    try:
        served.guard.check(asked.webhook_url)
    except ForbiddenUrlError as error:
        raise InvalidParameters.of("webhook_url", str(error)) from None
    requested, asks = _measured(asked, served.settings)
    accepted = Accepted(
        job_id=new_job_id(asked.ticker or f"{len(asked.tickers or ())} tickers", now),
        parameters=AcceptedParameters(
            ticker=asked.ticker,
            fast_range=asked.fast_range,
            slow_range=asked.slow_range,
            step=asked.step,
            combinations=requested,
            **asked.options(),
        ),
        estimated_duration_seconds=served.runner.estimate(asks),
        webhook_url=asked.webhook_url,
        created_at=timestamp(now),
    )
    return NewJob(
        job_id=accepted.job_id,
        request=asked.model_dump(mode="json"),
        effort=asks,
        answer=accepted.model_dump_json(),
        fingerprint=fingerprint,
        created_at=now,
    )


def _measured(asked: SweepRequest, settings: Settings) -> tuple[int, int]:
    """Return the requested combinations, and how much work they are.

    Raises:
        InvalidParameters: There are too many for a grid, or the server does not do it.
    """
    if asked.tickers is not None and Feature.TICKERS not in settings.features:
        raise InvalidParameters.of("tickers", "this server takes one ticker")
    spec, preset = asked.to_spec(), Preset(asked.preset)
    requested, most = spec.requested, settings.max_combinations
    if spec.search is Search.BAYES:
        if Feature.BAYES not in settings.features:
            raise InvalidParameters.of("search", "bayes is not installed on this server")
        return requested, effort(min(spec.max_trials, requested), preset, spec.search)
    if requested > most:
        rule = f"with slow_range and step at most {most} combinations"
        if Feature.BAYES in settings.features:
            rule += "; search bayes tests some of more"
        raise InvalidParameters.of("fast_range", rule)
    if asked.tickers is not None:
        return requested, len(asked.tickers) * effort(len(grid(spec)), Preset.MINIMUM)
    return requested, effort(len(grid(spec)), preset)


def new_job_id(ticker: str, now: float) -> str:
    """Name a job `sweep_20250127_103045_btcusd_1f0c29ab`: by time and ticker, and unique."""
    moment = re.sub(r"[-:Z]", "", timestamp(now)).replace("T", "_")
    name = re.sub(r"[^a-z0-9]", "", ticker.lower()) or "ticker"
    return f"sweep_{moment}_{name}_{secrets.token_hex(4)}"

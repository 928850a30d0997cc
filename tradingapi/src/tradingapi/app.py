"""The web application: routes, and what a refusal looks like."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tradingapi.problems import BrokenRule, Problem, ProblemBody
from tradingapi.routes import (
    access,
    best,
    health,
    jobs,
    pairs,
    portfolio,
    report,
    results,
    stream,
    sweeps,
)
from tradingapi.services import Services
from tradingapi.settings import Feature

log = structlog.get_logger()

STORE_AWAY_SECONDS = "5"


def create_app(services: Services) -> FastAPI:
    """Build the application; its lifespan runs the workers and closes the services."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with services.running():
            yield

    app = FastAPI(
        title="Trading API",
        version=health.VERSION,
        summary="Parameter-sweep backtests of moving-average strategies.",
        lifespan=lifespan,
    )
    app.state.services = services
    for router in (health.router, access.router, sweeps.router, stream.router, best.router):
        app.include_router(router)
    if Feature.JOB_STATUS in services.settings.features:
        app.include_router(jobs.status_router)
    if Feature.CANCEL in services.settings.features:
        app.include_router(jobs.cancel_router)
    if Feature.REPORT in services.settings.features:
        app.include_router(report.router)
    if Feature.RESULTS in services.settings.features:
        app.include_router(results.router)
        app.include_router(pairs.router)
    if Feature.TICKERS in services.settings.features:
        app.include_router(portfolio.router)
    _answer_problems(app)
    return app


def _answer_problems(app: FastAPI) -> None:
    """Make every refusal one JSON shape."""

    @app.exception_handler(Problem)
    async def refuse(_: Request, problem: Problem) -> JSONResponse:
        return JSONResponse(problem.body.model_dump(), problem.status, problem.headers)

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(_: Request, error: RequestValidationError) -> JSONResponse:
        detail = [
            BrokenRule(field=str(broken["loc"][-1]), rule=broken["msg"])
            for broken in error.errors()
        ]
        body = ProblemBody(error="Invalid parameters", detail=detail)
        return JSONResponse(body.model_dump(), 400)

    @app.exception_handler(HTTPException)
    async def refuse_route(_: Request, error: HTTPException) -> JSONResponse:
        body = ProblemBody(error=str(error.detail))
        return JSONResponse(body.model_dump(), error.status_code, error.headers)

    @app.exception_handler(sqlite3.Error)
    async def refuse_for_now(_: Request, error: sqlite3.Error) -> JSONResponse:
        log.error("the store failed", kind=type(error).__name__, message=str(error))
        body = ProblemBody(error="The store is away; try again")
        return JSONResponse(body.model_dump(), 503, {"Retry-After": STORE_AWAY_SECONDS})

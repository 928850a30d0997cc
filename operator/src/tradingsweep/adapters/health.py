"""The operator over HTTP: /healthz says that it lives, /readyz that it can work, and /metrics."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tradingsweep.adapters.metrics.process import CONTENT_TYPE
from tradingsweep.errors import ConfigurationError

Check = Callable[[], Awaitable[str | None]]
"""Returns None where all is well, else one line that says what is not."""


@asynccontextmanager
async def serve(
    host: str, port: int, *, alive: Check, ready: Check, metrics: Callable[[], Awaitable[bytes]]
) -> AsyncIterator[None]:
    """Answer probes and scrapes while the block runs.

    Raises:
        ConfigurationError: the address is taken or not ours.
    """
    app = web.Application()
    app.router.add_get("/healthz", _probe(alive))
    app.router.add_get("/readyz", _probe(ready))
    app.router.add_get("/metrics", _scrape(metrics))
    # The process's own signal handlers decide when it ends.
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(
            f"TRADINGSWEEP_HEALTH_PORT: cannot listen on {host}:{port}: {error.strerror}"
        ) from error
    try:
        yield
    finally:
        await runner.cleanup()


def _probe(check: Check) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        wrong = await check()
        return web.Response(text=f"{wrong or 'ok'}\n", status=503 if wrong else 200)

    return answer


def _scrape(
    metrics: Callable[[], Awaitable[bytes]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=await metrics(), headers={"Content-Type": CONTENT_TYPE})

    return answer

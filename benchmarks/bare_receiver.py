"""What the receiver is measured against: the same server, and a handler that only inserts.

No token, no cap, no deadline, no duplicates, no role: whatever the receiver does beyond this is
what its bar holds it to. Run as `python -m benchmarks.bare_receiver PORT DSN`.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CONNECTIONS = 8
"""As many as the receiver has."""


def app(dsn: str) -> Starlette:
    """Build the handler."""
    pool = AsyncConnectionPool(
        dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, open=False, kwargs={"autocommit": True}
    )

    async def insert(request: Request) -> Response:
        body = await request.body()
        async with pool.connection() as connection:
            await connection.execute("INSERT INTO bare (body) VALUES (%b)", (body,))
        return JSONResponse({"status": "stored"}, status_code=202)

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with pool:
            yield

    routes = [
        Route("/webhook/{key}", insert, methods=["POST"]),
        Route("/healthz", alive, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def serve(port: int, dsn: str) -> None:
    """Serve until SIGTERM."""
    server = Server(
        app(dsn),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))

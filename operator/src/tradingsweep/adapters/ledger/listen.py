"""Listening for the receiver's wake, on a direct connection of its own (a pooler drops LISTEN)."""

import asyncio
from collections.abc import Callable

import psycopg
import structlog

CHANNEL = "tradingsweep_inbox"
"""Where the receiver notifies."""
RECONNECT_SECONDS = 2.0

log = structlog.get_logger()


async def listen(dsn: str, ring: Callable[[], None]) -> None:
    """Ring at each notification and after each (re)connection, until cancelled.

    A connection that is lost loses notifications: so the first ring of a new one stands for them.
    """
    while True:
        try:
            await _listen_once(dsn, ring)
        except psycopg.Error as error:
            log.warning("listen_interrupted", error=type(error).__name__)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(dsn: str, ring: Callable[[], None]) -> None:
    connection = await psycopg.AsyncConnection.connect(
        dsn,
        autocommit=True,
        connect_timeout=5,
        application_name="tradingsweep-listen",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        ring()
        async for _ in connection.notifies():
            ring()

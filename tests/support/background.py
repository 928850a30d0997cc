"""Runs what is asynchronous beside a test that is not: a thread with an event loop of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 20.0
"""Seconds for a server on 127.0.0.1 to start or to stop."""


@contextmanager
def in_background(service: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Run an asynchronous context until the block ends, and provide what it provides."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="background", daemon=True)
    thread.start()
    try:
        entered = asyncio.run_coroutine_threadsafe(_enter(service), loop).result(_PATIENCE)
        try:
            yield entered
        finally:
            asyncio.run_coroutine_threadsafe(_leave(service), loop).result(_PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE)
        loop.close()


async def _enter(service: AbstractAsyncContextManager[T]) -> T:
    return await service.__aenter__()


async def _leave(service: AbstractAsyncContextManager[T]) -> None:
    await service.__aexit__(None, None, None)

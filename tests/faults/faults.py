"""What a rule of a proxy can do to an exchange."""

import asyncio
import threading
from collections.abc import Callable

from tests.faults.http_proxy import Act, Asked, Forward, Reply, pause


def says(status: int, body: bytes = b"", **headers: str) -> Act:
    """Answer by itself; the server never hears of it. A header is written with `_` for `-`."""
    reply = Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    async def act(_: Asked, __: Forward) -> Reply:
        return reply

    return act


async def cut_before(_: Asked, __: Forward) -> None:
    """Cut the connection; the server never hears of it."""
    return


async def cut_after(_: Asked, forward: Forward) -> None:
    """Let the server act, and cut the connection instead of answering."""
    await forward()


async def twice(_: Asked, forward: Forward) -> Reply:
    """Let the server hear it twice; the client gets the second answer."""
    await forward()
    return await forward()


def instead(reply: Reply) -> Act:
    """Let the server act, and answer something else."""

    async def act(_: Asked, forward: Forward) -> Reply:
        await forward()
        return reply

    return act


def rewritten(change: Callable[[Reply], Reply]) -> Act:
    """Let the server act, and change its answer."""

    async def act(_: Asked, forward: Forward) -> Reply:
        return change(await forward())

    return act


_on_their_way: set[asyncio.Task[Reply]] = set()
"""Requests that arrive although who sent them may have gone: a task needs somebody to keep it."""


def late(seconds: float, *, before: bool = False) -> Act:
    """Answer late: the server acts at once, or (`before`) hears of it late."""

    async def arrive(forward: Forward) -> Reply:
        await pause(seconds)
        return await forward()

    async def act(_: Asked, forward: Forward) -> Reply:
        if before:
            arriving = asyncio.create_task(arrive(forward))
            _on_their_way.add(arriving)
            arriving.add_done_callback(_on_their_way.discard)
            return await asyncio.shield(arriving)
        reply = await forward()
        await pause(seconds)
        return reply

    return act


class Held:
    """Holds exchanges until it is told otherwise, from any thread: `rule(held.before)`."""

    def __init__(self) -> None:
        self.come = threading.Event()
        """An exchange has come to it."""
        self._over = threading.Event()

    def let_go(self) -> None:
        """Let everything go on that it holds, and hold nothing more."""
        self._over.set()

    async def before(self, _: Asked, forward: Forward) -> Reply:
        """Hold requests: the server has not heard of them."""
        await self._hold()
        return await forward()

    async def after(self, _: Asked, forward: Forward) -> Reply:
        """Hold answers: the server has acted."""
        reply = await forward()
        await self._hold()
        return reply

    async def _hold(self) -> None:
        self.come.set()
        while not self._over.is_set():
            await pause(0.02)

"""What a launched process does between its question and its death."""

import asyncio
import json
import socketserver
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Thread

from typing_extensions import override

from tests.faults.effects import Cell, Effect, Moment
from tests.faults.instruments import Asking

TOLD = {"cell": str(Cell(Effect.STATUS_FINAL, Moment.BETWEEN)), "moment": "between", "sweep": "a"}


@contextmanager
def a_plan(answers: dict[Effect, dict[str, str]]) -> Iterator[tuple[int, list[Effect]]]:
    """Answer questions on a port; yields it, with the list of what has been asked about."""
    asked: list[Effect] = []

    class Answering(socketserver.StreamRequestHandler):
        @override
        def handle(self) -> None:
            for line in self.rfile:
                effect = Effect(json.loads(line)["effect"])
                asked.append(effect)
                self.wfile.write(json.dumps(answers.get(effect, {})).encode() + b"\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


async def test_no_second_kill_is_asked_for_while_one_is_on_its_way() -> None:
    """The faster one would leave the other's effect behind without its kill."""
    gone, answered = asyncio.Event(), asyncio.Event()

    async def patch() -> None:
        gone.set()
        await answered.wait()

    async def event() -> None:
        pass

    with a_plan({Effect.STATUS_FINAL: TOLD}) as (port, asked), closing(Asking(port)) as asking:
        doomed = asyncio.create_task(asking.around(patch, Effect.STATUS_FINAL))
        await gone.wait()
        other = asyncio.create_task(asking.around(event, Effect.EVENT))
        await asyncio.wait({other}, timeout=0.05)
        assert asked == [Effect.STATUS_FINAL]

        answered.set()
        await asyncio.gather(doomed, other)
        assert asked == [Effect.STATUS_FINAL, Effect.EVENT]

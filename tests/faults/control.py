"""Who is killed, where: the launched processes ask before each effect, and this one answers.

The plan and its counts are here, and so outlive whoever is killed. A process asks with one line of
JSON and waits for the answer; the history has the question and what became of it.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.history import History

Trap = Callable[[dict[str, Any], Callable[[], None]], None]
"""Arms a proxy for the effect that a question describes; the callback is for when it was caught."""

_COMMITS = {
    Effect.SWEEP_ROWS,
    Effect.INTENT,
    Effect.JOB_ID,
    Effect.INBOX,
    Effect.FAILED,
    Effect.STORED,
}
"""The mark in their SQL arms the proxy before Postgres; the others need a trap."""


class Control:
    """Answers the questions of one system's processes.

    A kill is open until it has hit: one that was answered and did not come about (another kill was
    faster, the effect did not happen) is answered again at the next chance.
    """

    def __init__(
        self,
        history: History,
        name_of: Callable[[str], str],
        trap: Trap,
        started: Callable[[], None],
        kills: list[Kill],
    ) -> None:
        self.port = 0
        self.open = list(kills)
        self.hit: list[Cell] = []
        self.frozen: list[int] = []
        """Processes that a kill has stopped, by their ids."""
        self._history, self._name_of, self._trap, self._started = history, name_of, trap, started
        self._counts: Counter[tuple[int, str]] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Control"]:
        """Take questions while the block runs."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def caught(self, mark: str) -> None:
        """Take from the proxy before Postgres that a marked transaction has been swallowed."""
        if mark == "lost":
            self._history.write("commit-lost")
            return
        cell, name, pid = mark.split(" ")
        self._kill(Cell.read(cell), name, int(pid))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                answer = await self._answer(json.loads(line))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, asked: dict[str, Any]) -> dict[str, str]:
        if "hit" in asked:
            self._note(Cell.read(asked["hit"]), asked["sweep"], asked["pid"])
            return {}
        if "started" in asked:
            await asyncio.to_thread(self._started)
            self._history.write("started", role=asked["started"], pid=asked["pid"])
            return {}
        effect = Effect(asked["effect"])
        if "sweep" not in asked:
            asked["sweep"] = await asyncio.to_thread(self._name_of, asked["key"])
        name = asked["sweep"]
        self._counts[effect, name] += 1
        kill = self._due(effect, name)
        self._history.write(
            "effect",
            effect=effect.name,
            sweep=name,
            nth=self._counts[effect, name],
            pid=asked["pid"],
            kill=str(kill.cell.moment) if kill else None,
        )
        if kill is None:
            return {}
        if kill.cell.moment is Moment.BEFORE:
            self._note(kill.cell, name, asked["pid"])
        if kill.cell.moment is Moment.BETWEEN and effect not in _COMMITS:
            self._trap(asked, lambda: self._kill(kill.cell, name, asked["pid"]))
        answer = {"cell": str(kill.cell), "moment": kill.cell.moment, "sweep": name}
        return {**answer, "freezes": "yes"} if kill.freezes else answer

    def _due(self, effect: Effect, name: str) -> Kill | None:
        count = self._counts[effect, name]
        return next(
            (
                kill
                for kill in self.open
                if kill.cell.effect is effect and kill.sweep == name and count >= kill.nth
            ),
            None,
        )

    def _kill(self, cell: Cell, name: str, pid: int) -> None:
        freezes = self._note(cell, name, pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP if freezes else signal.SIGKILL)

    def _note(self, cell: Cell, name: str, pid: int) -> bool:
        """Note what has hit; returns whether it freezes."""
        freezes = False
        for kill in self.open:
            if kill.cell == cell and kill.sweep == name:
                self.open.remove(kill)
                self.hit.append(cell)
                freezes = kill.freezes
                break
        if freezes:
            self.frozen.append(pid)
        self._history.write("kill", cell=str(cell), sweep=name, pid=pid, freezes=freezes)
        return freezes

"""A Trading API whose streams say what a test wrote down: the port, in a few lines."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from tradingsweep.domain.answers import Answer, Health, News, Order, ResultPage
from tradingsweep.errors import TradingApiUnavailable


@dataclass
class Streams:
    """Each visit to a job's stream takes the next list of news from its script."""

    scripts: dict[str, list[list[News] | TradingApiUnavailable]]
    statuses: dict[str, News | None] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    """A visit lasts until it is set."""
    visits: list[str] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    async def follow(self, job_id: str, within: float) -> AsyncGenerator[News]:  # noqa: ARG002
        """Say what the script says for this visit; without one the stream is silent."""
        self.visits.append(job_id)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            script = self.scripts.get(job_id) or [[]]
            said = script.pop(0)
            if isinstance(said, TradingApiUnavailable):
                raise said
            for news in said:
                yield news
            if self.hold is not None:
                await self.hold.wait()
        finally:
            self.open_now -= 1

    async def status(self, job_id: str) -> News | None:
        """Say what the test wrote down."""
        return self.statuses[job_id]

    async def health(self) -> Health:
        """Not asked by who follows."""
        raise NotImplementedError

    async def submit(self, order: Order, *, first: bool, may_send: Callable[[], bool]) -> Answer:
        """Not asked by who follows."""
        raise NotImplementedError

    async def best(self, sweep_run_id: str, ticker: str, limit: int) -> ResultPage:
        """Not asked by who follows."""
        raise NotImplementedError

    async def report(self, sweep_run_id: str) -> str:
        """Not asked by who follows."""
        raise NotImplementedError

    async def cancel(self, job_id: str) -> bool:
        """Not asked by who follows."""
        raise NotImplementedError

"""The loop that forgets: batch after batch, by the leader alone, and everything is counted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

from tradingsweep.domain.policy import Policy
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.pruning import BATCH, prune
from tradingsweep.reconcile.queue import KeyedQueue


@dataclass
class Rows:
    """A ledger with so many old rows in its inbox."""

    left: int
    asked: int = 0

    async def prune(self, limit: int) -> dict[str, int]:
        """Delete a batch."""
        self.asked += 1
        gone = min(limit, self.left)
        self.left -= gone
        return {"inbox": gone, "outbox": 0}


def a_context(rows: Rows, *, acts: int) -> Context:
    """A context of a process that leads for so many questions."""
    nothing = cast("Any", None)
    return Context(
        cluster=nothing,
        ledger=cast("Any", rows),
        api=nothing,
        follower=nothing,
        policy=Policy(),
        epoch=1,
        callback_url=str,
        may_act=lambda: rows.asked < acts,
        clock=lambda: 0.0,
        queue=KeyedQueue(),
    )


async def test_a_backlog_goes_in_one_round_and_is_counted() -> None:
    """Three full batches and a rest, each its own transaction."""
    rows, told = Rows(3 * BATCH + 7), Counter[str]()

    await prune(a_context(rows, acts=99), lambda what, gone: told.update({what: gone}))

    assert (0, 4) == (rows.left, rows.asked)
    assert {"inbox": 3 * BATCH + 7, "outbox": 0} == told


async def test_a_deposed_leader_stops_between_two_batches() -> None:
    """Its successor goes on."""
    rows = Rows(9 * BATCH)

    await prune(a_context(rows, acts=2), lambda _, __: None)

    assert 7 * BATCH == rows.left

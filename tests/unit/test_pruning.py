"""The loop that forgets: batch after batch, by the leader alone, and everything is counted."""

from collections import Counter
from dataclasses import dataclass

from tests.support.contexts import a_context
from tradingsweep.reconcile.pruning import BATCH, prune


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


async def test_a_backlog_goes_in_one_round_and_is_counted() -> None:
    """Three full batches and a rest, each its own transaction."""
    rows, told = Rows(3 * BATCH + 7), Counter[str]()

    await prune(
        a_context(rows, may_act=lambda: rows.asked < 99),
        lambda what, gone: told.update({what: gone}),
    )

    assert (0, 4) == (rows.left, rows.asked)
    assert {"inbox": 3 * BATCH + 7, "outbox": 0} == told


async def test_a_deposed_leader_stops_between_two_batches() -> None:
    """Its successor goes on."""
    rows = Rows(9 * BATCH)

    await prune(a_context(rows, may_act=lambda: rows.asked < 2), lambda _, __: None)

    assert 7 * BATCH == rows.left

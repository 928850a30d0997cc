"""The surroundings of a loop that asks the ledger and its own cache, and touches nothing else."""

from collections.abc import Callable
from typing import Any, cast

from tradingsweep.domain.policy import Policy
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.queue import KeyedQueue


def a_context(rows: object, *, may_act: Callable[[], bool] = lambda: True) -> Context:
    """Return a context with these rows for a ledger, and a queue and a cache of its own."""
    nothing = cast("Any", None)
    return Context(
        cluster=nothing,
        ledger=cast("Any", rows),
        api=nothing,
        follower=nothing,
        policy=Policy(),
        epoch=1,
        callback_url=str,
        may_act=may_act,
        clock=lambda: 0.0,
        queue=KeyedQueue(),
    )

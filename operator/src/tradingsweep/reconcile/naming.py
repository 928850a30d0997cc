"""Which sweep, run and job a log line is about: bound once in a pass, in every line of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tradingsweep.domain.changes import Change
from tradingsweep.domain.facts import Facts
from tradingsweep.reconcile.ports import Key

log = structlog.get_logger()


@contextmanager
def about(key: Key) -> Iterator[None]:
    """Name the sweep in every line of the block, also in lines of what it calls."""
    with structlog.contextvars.bound_contextvars(sweep=f"{key.namespace}/{key.name}", uid=key.uid):
        yield


def name_run(facts: Facts) -> None:
    """Name the run and its latest submission in the lines that follow, where there are some."""
    run = facts.view.run
    if run is None:
        return
    ours = [s for s in facts.view.submissions if s.run_no == run.run_no]
    latest = ours[-1] if ours else None
    structlog.contextvars.bind_contextvars(
        run=run.run_no,
        attempt=latest.n if latest else None,
        submission=latest.key[:12] if latest else None,
        job_id=latest.job_ids[0] if latest and latest.job_ids else None,
    )


def tell(change: Change) -> None:
    """Write one line about a decision that was written, where it moved the sweep."""
    if change.event is None and change.holds is None:
        return
    log.info(
        "decided",
        happened=change.event.value if change.event else "held for a human",
        reason=change.holds or change.reason,
    )

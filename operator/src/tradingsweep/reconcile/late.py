"""Results of superseded runs: fetched when nobody waits for them, kept under their own run."""

import structlog

from tradingsweep.domain.answers import Done
from tradingsweep.domain.grid import Grid
from tradingsweep.domain.outcomes import checked
from tradingsweep.errors import AnswerRefused
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Effect

log = structlog.get_logger()


async def collect_late(effect: Effect, context: Context) -> None:
    """Fetch and store what a superseded run came to, if it can be had.

    Raises:
        TradingApiUnavailable: the API could not be asked: it is tried again.
    """
    key = str(effect.payload["submission_key"])
    asked = await context.ledger.asked_by(key)
    if asked is None:
        return
    try:
        name = effect.payload["sweep_run_id"] or await _name(effect.payload["job_id"], context)
        if await context.ledger.claimed_elsewhere(name, asked.run_id):
            raise AnswerRefused("another run has stored the results of this sweep_run_id")  # noqa: TRY301
        page = await context.api.best(name, asked.form["ticker"], asked.store_results)
        page = checked(Grid.of_form(asked.form), page, asked.store_results)
    except AnswerRefused as refused:
        log.info("late_results_refused", sweep=effect.key.name, error=str(refused))
        return
    await context.ledger.store_late(key, page)


async def _name(job_id: str, context: Context) -> str:
    """Ask under which name the results of a job are, where its callback did not say so."""
    news = await context.api.status(job_id) if context.policy.knows_status else None
    if not isinstance(news, Done) or news.sweep_run_id is None:
        raise AnswerRefused("nothing names its sweep_run_id")
    return news.sweep_run_id

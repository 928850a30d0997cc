"""Performing one action: at most one effect outside, each safe to repeat."""

from contextlib import aclosing
from dataclasses import replace
from typing import assert_never

import structlog

from tradingsweep.domain.actions import (
    Action,
    AskAtOnce,
    AwaitSlot,
    AwaitUpgrade,
    Collect,
    Follow,
    LastQuestion,
    Record,
    Rest,
    Submit,
)
from tradingsweep.domain.answers import (
    Accepted,
    Answer,
    News,
    NotSent,
    Order,
    OutcomeUnknown,
    Progress,
)
from tradingsweep.domain.changes import Change
from tradingsweep.domain.endings import forgotten, not_collected, told_at_last, too_late
from tradingsweep.domain.facts import Facts, Submission
from tradingsweep.domain.outcomes import answered, stored, usable
from tradingsweep.domain.reasons import Reason
from tradingsweep.domain.submissions import State
from tradingsweep.errors import AnswerRefused, TradingApiUnavailable, TradingSweepError
from tradingsweep.reconcile.context import Context
from tradingsweep.reconcile.ports import Key, KubeEvent

log = structlog.get_logger()


async def perform(key: Key, action: Action, facts: Facts, context: Context) -> Change | None:
    """Do what was decided.

    Returns:
        What it came to, to be written down; None where there is nothing to do but wait.

    Raises:
        TradingApiUnavailable: the API could not be asked; nothing was learned.
    """
    match action:
        case Rest():
            return None
        case AwaitSlot():
            context.admission.ring()
            return None
        case AwaitUpgrade(members):
            await _tell_of_upgrade(key, members, facts, context)
            return None
        case Follow(submission):
            context.follower.want(key, submission)
            return None
        case AskAtOnce(submission, change):
            context.follower.hurry(key, submission)
            return change
        case Record(change):
            return change
        case Submit(submission, first):
            return await _submit(submission, facts, context, first=first)
        case Collect():
            with context.traces.step("collect"):
                context.traces.about(action.submission.key)
                change = await _collect(action, facts, context)
            return replace(change, learned=action.learned)
        case LastQuestion(submission):
            return await _ask(key, submission, facts, context)
        case _:
            assert_never(action)


async def _tell_of_upgrade(
    key: Key, members: tuple[str, ...], facts: Facts, context: Context
) -> None:
    """Create one Event for each generation; the ledger and the status take no note of it.

    Whoever reads it in whole is to find it as if nobody had looked.
    """
    generation = facts.object.generation if facts.object else 0
    if context.newest.told.get(key.uid) == generation:
        return
    note = (
        f"this operator does not know what is asked for by spec.{', spec.'.join(members)}: "
        "upgrade it; until then the sweep is left as it is"
    )
    name = f"{key.name}.{key.uid}.{generation}.newer"
    await context.cluster.emit(KubeEvent(name, key, "Warning", Reason.NEWER_SPEC, note))
    context.newest.told[key.uid] = generation
    log.warning("spec_is_newer", members=members)


async def _submit(
    submission: Submission, facts: Facts, context: Context, *, first: bool
) -> Change | None:
    """POST, and append the job id before anything else is decided about it."""
    if submission.intent_at is not None:
        context.posted[submission.key] = submission.intent_at
    closes_at = _window_closes_at(submission, facts) if first else None

    def may_send() -> bool:
        in_window = closes_at is None or context.clock() < closes_at
        return in_window and context.may_act()

    with context.traces.sending(submission.key, first=first) as sending:
        order = Order(
            submission.key,
            submission.form,
            context.callback_url(submission.key),
            sending.header,
        )
        answer = await context.api.submit(order, first=first, may_send=may_send)
        sending.answered(answer)
    if isinstance(answer, Accepted):
        await context.ledger.learn_job_id(
            submission.key, answer.job_id, "answer" if first else "lookup"
        )
    await _tell_the_others(answer, context)
    return answered(facts, submission, answer, first=first)


def _window_closes_at(submission: Submission, facts: Facts) -> float | None:
    """Put `post_before` on the process's clock, on the early side.

    `looked_at` was taken before the ledger's `now`: whatever the read took is lost to the window.
    """
    if submission.post_before is None:
        return None
    return facts.looked_at + (submission.post_before - facts.now).total_seconds()


async def _tell_the_others(answer: Answer, context: Context) -> None:
    """An API that is away or rejects our key is so for every sweep: nobody else need try."""
    if isinstance(answer, OutcomeUnknown) and answer.alert:
        log.error("repeated_key_refused", answer=answer.message)
    if not isinstance(answer, NotSent):
        return
    delays = context.policy.delays
    if answer.reason == Reason.CREDENTIALS_REJECTED:
        await context.ledger.api_is_down(delays.credentials_retry, credentials=True)
    elif answer.reason == Reason.API_UNAVAILABLE:
        await context.ledger.api_is_down(delays.api_retry, credentials=False)


async def _collect(action: Collect, facts: Facts, context: Context) -> Change:
    """Fetch the results, hold them against what was asked for, and store them."""
    run, source = facts.view.run, action.submission
    if run is None:
        raise AssertionError("results are fetched for a run")
    try:
        if await context.ledger.claimed_elsewhere(action.sweep_run_id, run.id):
            raise AnswerRefused("another run has stored the results of this sweep_run_id")  # noqa: TRY301
        page = await context.api.best(
            action.sweep_run_id, run.parameters["ticker"], run.store_results
        )
        page = replace(usable(facts, page), report=await _report(action.sweep_run_id, context))
        return stored(facts, source, page, action.inbox)
    except AnswerRefused as refused:
        return not_collected(facts, source, str(refused), action.inbox)
    except TradingApiUnavailable:
        if not _is_over(facts, context):
            raise
        if source.state is State.ACCEPTED:
            return too_late(facts, source)
        return forgotten(source, action.inbox)


async def _report(sweep_run_id: str, context: Context) -> str | None:
    """Fetch the report that stands beside the results; without it they are as good."""
    if not context.policy.reports:
        return None
    try:
        return await context.api.report(sweep_run_id)
    except TradingSweepError as error:
        log.warning("no_report", sweep_run_id=sweep_run_id, reason=str(error))
        return None


async def _ask(key: Key, submission: Submission, facts: Facts, context: Context) -> Change | None:
    """Ask for the last time what became of the job, and act on the answer."""
    try:
        news = await _ask_once_more(submission, context)
    except TradingApiUnavailable:
        if _is_over(facts, context):
            return too_late(facts, submission)
        raise
    return await perform(key, told_at_last(facts, submission, news), facts, context)


async def _ask_once_more(submission: Submission, context: Context) -> News | None:
    """Ask about a job whose deadline has passed; None where it does not say.

    Raises:
        TradingApiUnavailable: it could not be asked.
    """
    within = context.policy.delays.last_question.total_seconds()
    job_id = submission.job_ids[0]
    if context.policy.knows_status:
        return await context.api.status(job_id)
    async with aclosing(context.api.follow(job_id, within)) as stream:
        async for news in stream:
            if not isinstance(news, Progress):
                return news
    return None


def _is_over(facts: Facts, context: Context) -> bool:
    """Whether an API that is away has been waited for long enough after the deadline."""
    run = facts.view.run
    grace = context.policy.delays.last_question_grace
    return run is not None and run.deadline_at is not None and facts.now > run.deadline_at + grace

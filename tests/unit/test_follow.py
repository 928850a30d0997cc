"""Following jobs: streams are questions, a failure is asked twice, and nobody is starved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from tests.support.eventually import eventually_async
from tests.support.situations import A
from tests.support.streams import Streams
from tradingsweep.domain.answers import Broken, Done, News, NoSuchJob, Progress
from tradingsweep.domain.facts import Submission
from tradingsweep.domain.policy import Delays, Policy
from tradingsweep.errors import TradingApiUnavailable
from tradingsweep.reconcile.follow import Follower
from tradingsweep.reconcile.ports import Key

QUICK = Policy(delays=Delays().scaled(0.002), time_scale=0.002)
SWEEP = Key("uid-1", "desk-a", "btc-sma")


def a_submission(job_id: str = "job-1") -> Submission:
    """A submission that the API accepted."""
    (accepted,) = A.sweep().accepted().facts.view.submissions
    return replace(accepted, key=job_id, job_ids=(job_id,))


@asynccontextmanager
async def following(
    streams: Streams, policy: Policy = QUICK, *, max_streams: int = 16
) -> AsyncIterator[tuple[Follower, list[Key]]]:
    """Run a follower; gives it and the keys that it has rung."""
    rung: list[Key] = []
    follower = Follower(streams, lambda: policy, rung.append, max_streams=max_streams)
    running = asyncio.create_task(follower.run())
    try:
        yield follower, rung
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def news_of(follower: Follower, job_id: str = "job-1") -> News | None:
    """Return what was heard last of the sweep's job."""
    heard = follower.heard(SWEEP.uid, job_id)
    return heard.news if heard else None


async def test_progress_is_heard_and_rings_for_its_sweep() -> None:
    """The pass that shows it is asked for."""
    streams = Streams({"job-1": [[Progress(40.0, "2 of 5")]]})
    async with following(streams) as (follower, rung):
        follower.want(SWEEP, a_submission())

        await eventually_async(lambda: news_of(follower), Progress(40.0, "2 of 5"), within=5)

    assert SWEEP in rung


async def test_the_end_keeps_the_progress_that_was_seen() -> None:
    """A failed sweep still shows how far it came, until it is shown as failed."""
    streams = Streams({"job-1": [[Progress(40.0), Done("run-1")]]})
    async with following(streams) as (follower, _):
        follower.want(SWEEP, a_submission())
        await eventually_async(lambda: news_of(follower), Done("run-1"), within=5)

        heard = follower.heard(SWEEP.uid, "job-1")

    assert heard is not None
    assert 40.0 == heard.progress_percent


async def test_an_api_with_status_confirms_a_streams_error_at_once() -> None:
    """What the status says is final."""
    gone = Broken("no prices", confirmed=True)
    streams = Streams({"job-1": [[Broken("closed", confirmed=False)]]}, {"job-1": gone})
    async with following(streams, replace(QUICK, knows_status=True)) as (follower, _):
        follower.want(SWEEP, a_submission())

        await eventually_async(lambda: news_of(follower), gone, within=5)


async def test_without_status_an_error_is_believed_when_it_is_said_again_later() -> None:
    """The first time it may be the stream that failed, not the job."""
    said: list[list[News] | TradingApiUnavailable] = [
        [Broken("no prices", confirmed=False)] for _ in range(50)
    ]
    streams = Streams({"job-1": said})
    async with following(streams) as (follower, _):
        follower.want(SWEEP, a_submission())
        await eventually_async(
            lambda: news_of(follower), Broken("no prices", confirmed=False), within=5
        )

        await eventually_async(
            lambda: news_of(follower), Broken("no prices", confirmed=True), within=5
        )

    assert 2 <= len(streams.visits)


async def test_progress_after_an_error_takes_it_back() -> None:
    """The job runs: the stream had failed."""
    streams = Streams({"job-1": [[Broken("closed", confirmed=False)], [Progress(60.0)]]})
    async with following(streams) as (follower, _):
        follower.want(SWEEP, a_submission())

        await eventually_async(lambda: news_of(follower), Progress(60.0), within=5)


async def test_a_job_that_is_not_known_is_news() -> None:
    """404: it was lost."""
    streams = Streams({"job-1": [[NoSuchJob()]]})
    async with following(streams) as (follower, _):
        follower.want(SWEEP, a_submission())

        await eventually_async(lambda: news_of(follower), NoSuchJob(), within=5)


async def test_an_api_that_is_away_is_visited_again() -> None:
    """Nothing is learned from silence."""
    streams = Streams({"job-1": [TradingApiUnavailable("away"), [Progress(10.0)]]})
    async with following(streams) as (follower, _):
        follower.want(SWEEP, a_submission())

        await eventually_async(lambda: news_of(follower), Progress(10.0), within=5)


async def test_no_more_streams_are_open_than_allowed_and_all_jobs_are_visited() -> None:
    """Who was visited longest ago is next."""
    streams = Streams({})
    jobs = [f"job-{n}" for n in range(10)]
    async with following(streams, max_streams=3) as (follower, _):
        for job in jobs:
            follower.want(replace(SWEEP, uid=job), a_submission(job))

        async def visited() -> set[str]:
            return set(streams.visits)

        await eventually_async(visited, set(jobs), within=5)

    assert 3 >= streams.most_open


async def test_another_submission_begins_with_no_news() -> None:
    """What the last attempt's job said is not this one's."""
    streams = Streams({"job-1": [[Done("run-1")]]})
    async with following(streams) as (follower, _):
        follower.want(SWEEP, a_submission())
        await eventually_async(lambda: news_of(follower), Done("run-1"), within=5)

        follower.want(SWEEP, a_submission("job-2"))

        assert await news_of(follower, "job-1") is None
        assert await news_of(follower, "job-2") is None


async def test_a_quick_sweep_is_not_asked_about() -> None:
    """Its callback comes before the first look."""
    patient = replace(QUICK, delays=replace(QUICK.delays, first_look=timedelta(hours=1)))
    streams = Streams({})
    async with following(streams, patient) as (follower, _):
        follower.want(SWEEP, a_submission())
        follower.drop(SWEEP.uid)

        assert [] == streams.visits


async def test_a_hint_goes_before_all_who_wait_for_a_stream() -> None:
    """A plain callback does not wait for its turn among two hundred jobs."""
    slow = replace(QUICK, delays=replace(QUICK.delays, first_look=timedelta(seconds=0.001)))
    streams, others = Streams({}, hold=asyncio.Event()), [f"job-{n}" for n in range(20)]
    async with following(streams, slow, max_streams=1) as (follower, _):
        for job in others:
            follower.want(replace(SWEEP, uid=job), a_submission(job))
        await eventually_async(lambda: visits(streams), lambda seen: len(seen) == 1, within=5)

        follower.hurry(replace(SWEEP, uid="job-19"), a_submission("job-19"))
        assert streams.hold is not None
        streams.hold.set()

        await eventually_async(lambda: visits(streams), lambda seen: len(seen) > 1, within=5)
    assert "job-19" == streams.visits[1]


async def test_a_hint_is_asked_about_before_the_first_look_is_due() -> None:
    """Also where the job was not followed at all until now."""
    patient = replace(QUICK, delays=replace(QUICK.delays, first_look=timedelta(hours=1)))
    streams = Streams({"job-1": [[Done("run-1")]]})
    async with following(streams, patient) as (follower, _):
        follower.hurry(SWEEP, a_submission())

        await eventually_async(lambda: news_of(follower), Done("run-1"), within=5)


async def test_a_hint_during_a_visit_asks_once_more() -> None:
    """The visit may have asked before the news; the next one comes without a pause."""
    lazy = replace(QUICK, delays=replace(QUICK.delays, tick=timedelta(hours=4)))
    streams = Streams({"job-1": [[Progress(99.0)], [Done("run-1")]]}, hold=asyncio.Event())
    async with following(streams, lazy) as (follower, _):
        follower.want(SWEEP, a_submission())
        await eventually_async(lambda: news_of(follower), Progress(99.0), within=5)

        follower.hurry(SWEEP, a_submission())
        assert streams.hold is not None
        streams.hold.set()

        await eventually_async(lambda: news_of(follower), Done("run-1"), within=5)


async def test_hints_do_not_hurry_an_api_that_asks_to_be_left_alone() -> None:
    """Whoever can reach the plain route cannot make us press an API that is away."""
    streams = Streams({"job-1": [TradingApiUnavailable("away", retry_after=3600)]})
    async with following(streams) as (follower, _):
        follower.hurry(SWEEP, a_submission())
        await eventually_async(lambda: visits(streams), ["job-1"], within=5)
        follower.want(replace(SWEEP, uid="job-2"), a_submission("job-2"))

        follower.hurry(SWEEP, a_submission())

        await eventually_async(
            lambda: visits(streams), lambda seen: seen.count("job-2") > 3, within=5
        )
    assert 1 == streams.visits.count("job-1")


async def visits(streams: Streams) -> list[str]:
    """Return which jobs were visited, in order."""
    return list(streams.visits)

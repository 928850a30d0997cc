"""What the ledger has counted, as metrics: at each scrape, by the process that leads.

A killed process loses no count. The others do not show these families: two replicas would count
everything twice for whoever adds them up.
"""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from tradingsweep.adapters.ledger.backlog import Backlog
from tradingsweep.adapters.ledger.counts import Counts
from tradingsweep.adapters.metrics import families
from tradingsweep.domain.changes import Repair
from tradingsweep.domain.phases import Phase

_ENDINGS = ("completed", "failed")


class Recorded(Collector):
    """The ledger's counts of one scrape."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    @override
    def collect(self) -> Iterator[Metric]:
        """Give each family once."""
        yield from self._jobs()
        yield from self._now()
        yield from _backlog(self._counts.backlog)
        mended = families.REPAIRS.counted()
        for kind in Repair:
            mended.add_metric([kind.value], self._counts.repairs.get(kind.value, 0))
        yield mended

    def _jobs(self) -> Iterator[Metric]:
        queued, ended = families.JOBS_QUEUED.counted(), families.JOBS_COMPLETED.counted()
        duration = families.DURATION.measured()
        for (ticker, strategy), count in self._counts.queued.items():
            queued.add_metric([ticker, strategy], count)
        seen = {(one.status, one.ticker) for one in self._counts.ended}
        for ticker in dict.fromkeys(ticker for ticker, _ in self._counts.queued):
            for status in _ENDINGS:
                # From nothing to one is an increase only where nothing was a sample.
                if (status, ticker) not in seen:
                    ended.add_metric([status, ticker], 0)
        bounds = [f"{float(bucket)}" for bucket in families.DURATION.buckets]
        for one in self._counts.ended:
            labels = [one.status, one.ticker]
            ended.add_metric(labels, one.count)
            buckets = [*zip(bounds, map(float, one.within), strict=True), ("+Inf", one.count)]
            duration.add_metric(labels, buckets=buckets, sum_value=one.seconds)
        yield from (queued, ended, duration)

    def _now(self) -> Iterator[Metric]:
        counts, standing = self._counts, self._counts.standing
        sweeps, held = families.SWEEPS.gauged(), families.HELD.gauged()
        for phase in Phase:
            sweeps.add_metric([phase.value], counts.now.get(phase.value, 0))
        for reason, number in standing.held.items():
            held.add_metric([reason], number)
        best = families.BEST_SHARPE.gauged()
        for (ticker, strategy), ratio in counts.best.items():
            best.add_metric([ticker, strategy], ratio)
        yield from (sweeps, held, best)
        for family, value in (
            (families.OLDEST_WAITING, standing.oldest_seconds),
            (families.SLOTS, standing.slots),
            (families.UNKNOWN, standing.unknown),
            (families.API_UP, float(standing.api_up)),
            (families.API_CREDENTIALS, float(standing.credentials_accepted)),
        ):
            single = family.gauged()
            single.add_metric([], value)
            yield single


def _backlog(backlog: Backlog) -> Iterator[Metric]:
    outbox, inbox = families.OUTBOX.gauged(), families.INBOX.gauged()
    for kind in ("event", "mail", "cancel", "delete_object"):
        for state in ("waiting", "dead"):
            outbox.add_metric([kind, state], backlog.outbox.get((kind, state), 0))
    for state in ("waiting", "dead"):
        inbox.add_metric([state], backlog.inbox.get(state, 0))
    oldest, last = families.INBOX_OLDEST.gauged(), families.LAST_CALLBACK.gauged()
    oldest.add_metric([], backlog.inbox_oldest_seconds)
    if backlog.last_callback_at is not None:
        last.add_metric([], backlog.last_callback_at.timestamp())
    yield from (outbox, inbox, oldest, last)

"""The delays and limits that a decision depends on, in one place and scalable for tests."""

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

from tradingsweep.domain.answers import Health


@dataclass(frozen=True, slots=True)
class Delays:
    """Every waiting time of the protocol."""

    send_window: timedelta = timedelta(seconds=5)
    """From the intent to the last moment at which its POST may begin."""
    post_timeout: timedelta = timedelta(seconds=30)
    """How long a POST may take."""
    intent_grace: timedelta = timedelta(seconds=30)
    """Beyond window and timeout, before another process's intent counts as unknown."""
    unknown_wait: timedelta = timedelta(seconds=900)
    """How long a callback may still name the job of an unknown outcome."""
    repeat_unknown: timedelta = timedelta(seconds=5)
    """Between two look-ups of an unknown outcome at an API that keeps keys."""
    api_retry: timedelta = timedelta(seconds=30)
    """After the Trading API could not be reached."""
    credentials_retry: timedelta = timedelta(seconds=60)
    """After it rejected our key."""
    first_look: timedelta = timedelta(seconds=1)
    """After acceptance, before the stream is first asked: a quick sweep needs no question."""
    stream_visit: timedelta = timedelta(seconds=5)
    """How long one visit to a stream lasts."""
    confirm_failure: timedelta = timedelta(seconds=30)
    """After a stream's error, before it is asked again."""
    last_question: timedelta = timedelta(seconds=10)
    """How long the API may take to answer at the deadline."""
    last_question_retry: timedelta = timedelta(seconds=30)
    """Between two tries of the last question while the API is away."""
    last_question_grace: timedelta = timedelta(seconds=300)
    """How long these tries go on."""
    patch_pace: timedelta = timedelta(seconds=5)
    """At least this long between two status patches of a sweep in flight."""
    queue_patch: timedelta = timedelta(seconds=2)
    """A sweep that waits less than this is not patched as waiting."""
    queue_pace: timedelta = timedelta(seconds=60)
    """At least this long between two status patches of a waiting sweep."""
    outbox_claim: timedelta = timedelta(seconds=30)
    """For how long a claim of an effect keeps others away; a crash leaves it to run out."""
    tick: timedelta = timedelta(seconds=2)
    """How often the ledger is asked although nothing rang."""

    audit: timedelta = timedelta(minutes=5)
    """Between two comparisons of the ledger with a full list."""
    history: timedelta = timedelta(seconds=30)
    """Between two looks for finished objects beyond the history that is kept."""
    prune: timedelta = timedelta(minutes=10)
    """Between two deletions of rows that were dealt with long ago."""

    def scaled(self, factor: float) -> "Delays":
        """Return the same delays, all longer or shorter by one factor."""
        return Delays(**{f.name: getattr(self, f.name) * factor for f in fields(self)})


COLLECT_DELAYS = tuple(timedelta(seconds=s) for s in (2, 4, 8))
"""Before the second, third and fourth request for the results (the seed's back-off)."""


FIRST_ATTEMPT_DELAY = timedelta(seconds=10)
LONGEST_ATTEMPT_DELAY = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """Who may be told by mail."""

    domains: frozenset[str] = frozenset()
    """Of addresses, in lower case; empty: nobody."""
    default: tuple[str, ...] = ()
    """Who is told where a sweep does not say."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator was told, and what the API says that it can do."""

    delays: Delays = field(default_factory=Delays)
    time_scale: float = 1.0
    mail: MailPolicy = field(default_factory=MailPolicy)
    max_combinations: int = 124_750
    """Larger sweeps fail; the default is the most that the fields' bounds allow."""
    has_met_api: bool = True
    """The API has said what it can do. Before that nothing is known to be impossible."""
    keeps_keys: bool = False
    """The API honors idempotency keys: the same POST again is a look-up."""
    knows_status: bool = False
    """The API tells what became of a job when it is asked by its id."""
    can_cancel: bool = False
    reports: bool = False
    """The API has a report on each sweep's results."""
    holds_unknown: bool = False
    """A submission whose outcome stays unknown waits for a human instead of being sent anew."""
    key_life: timedelta = timedelta(hours=24)
    """How long the API is trusted to remember a key."""

    def collect_delay(self, tries: int) -> timedelta | None:
        """How long to wait after the given number of failed requests; None: no more tries."""
        if tries > len(COLLECT_DELAYS):
            return None
        return COLLECT_DELAYS[tries - 1] * self.time_scale

    def attempt_delay(self, failed: int) -> timedelta:
        """How long the next attempt waits after so many failed ones: 10, 20, 40 seconds…."""
        delay = FIRST_ATTEMPT_DELAY * 2.0 ** min(failed - 1, 10)
        return min(delay, LONGEST_ATTEMPT_DELAY) * self.time_scale

    def seconds(self, count: float) -> timedelta:
        """Return a delay of so many seconds, on the policy's scale."""
        return timedelta(seconds=count) * self.time_scale

    def with_features(self, health: Health) -> "Policy":
        """Return the policy for an API that can do this much."""
        return replace(
            self,
            has_met_api=True,
            keeps_keys=health.keeps_keys,
            knows_status=health.knows_status,
            can_cancel=health.can_cancel,
            reports=health.reports,
        )

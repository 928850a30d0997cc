"""What the Trading API can tell us, in the core's own words.

An answer to a submission is one of four, and the difference is the whole of exactly-once: what was
certainly refused may be sent again, what may have been accepted may not.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Order:
    """One submission as it goes out: the stored form fields and where to call back."""

    key: str
    """Also sent as `Idempotency-Key`."""
    form: dict[str, str]
    """Form fields as they were stored with the intent, without `webhook_url`."""
    callback_url: str = field(repr=False)
    """Carries the token: never logged."""
    traceparent: str | None = None
    """Where its trace is, as W3C's Trace Context writes it; None: it is not traced."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The API has the job."""

    job_id: str
    replayed: bool = False
    """The answer to an earlier POST of the same key came back."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The API certainly does not want this request, however often it is sent."""

    message: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not accepted by this send, and worth sending again with the same key.

    It says nothing about an earlier send of the key: one that was unknown stays unknown.
    """

    reason: str
    """`TradingAPIUnavailable`, `CredentialsRejected` or `Throttled`: a condition's reason. `Stale`:
    the right to send had run out when the connection stood."""
    message: str
    retry_after: float | None = None
    """Seconds that the API asked us to wait, if it did."""


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """The request left, and nobody knows whether a job exists."""

    message: str
    alert: bool = False
    """A repeated key was answered with 409 or 422."""
    stored: bool = False
    """The API will answer this key so each time: asking again tells nothing."""


Answer = Accepted | Refused | NotSent | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Progress:
    """The job runs."""

    percent: float
    """0 to 100."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The job has results."""

    sweep_run_id: str | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The job failed, in the API's own words."""

    message: str
    confirmed: bool
    """A status answer is final; a stream's error may be the stream's own and is asked twice."""


@dataclass(frozen=True, slots=True)
class NoSuchJob:
    """The API does not know the job (404)."""


News = Progress | Done | Broken | NoSuchJob


@dataclass(frozen=True, slots=True)
class Health:
    """The API is there; what it can do beyond the documented surface."""

    features: frozenset[str] = field(default_factory=frozenset)

    @property
    def keeps_keys(self) -> bool:
        """The same POST again under the same key is a look-up, not a second job."""
        return "idempotency-key" in self.features

    @property
    def knows_status(self) -> bool:
        """`GET /api/v1/jobs/{job_id}` answers."""
        return "job-status" in self.features

    @property
    def reports(self) -> bool:
        """`GET /api/v1/sweeps/{sweep_run_id}/report` answers."""
        return "report" in self.features

    @property
    def can_cancel(self) -> bool:
        """`POST /api/v1/jobs/{job_id}/cancel` answers."""
        return "cancel" in self.features


@dataclass(frozen=True, slots=True)
class Result:
    """One parameter pair and its metrics, in the wire's units; an undefined metric is None."""

    fast_period: int
    slow_period: int
    score: float
    sharpe_ratio: float | None
    sortino_ratio: float | None
    total_return_pct: float
    annualized_return: float | None
    max_drawdown_pct: float
    win_rate_pct: float | None
    profit_factor: float | None
    total_trades: int
    trades_per_month: float | None
    avg_trade_duration: str | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the API thinks of the best pair: skill, or luck among many tries."""

    name: str
    p_value: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ResultPage:
    """What `/best` returned, validated."""

    sweep_run_id: str
    results: tuple[Result, ...]
    """Best first."""
    total: int
    """How many pairs the run has."""
    returned: int = 0
    """How many rows came, before they were cut to what is stored."""
    excluded_by_min_trades: int | None = None
    max_trades_seen: int | None = None
    synthetic: bool = False
    """The prices were made up, and the API says so."""
    verdict: Opinion | None = None
    rsi_period: int | None = None
    """Which RSI the pairs' levels are of, where the rows say so."""
    report: str | None = None
    """What the API found out about its own results, as JSON; None where it says nothing."""

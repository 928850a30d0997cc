"""What the API answers, as pydantic models."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue


class JobState(StrEnum):
    """Where a job is. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}


class Health(BaseModel):
    """The server answers. `features` is left out when all of them are switched off."""

    status: str = "healthy"
    version: str
    timestamp: str
    features: list[str] | None = None


class AcceptedParameters(BaseModel):
    """What was understood; options beyond the required fields are echoed if they were given."""

    model_config = ConfigDict(extra="allow")

    ticker: str | None = None
    """Null where there are many; they are echoed in `tickers`."""
    fast_range: tuple[int, int]
    slow_range: tuple[int, int]
    step: int
    combinations: int
    """Combinations of the two ranges, those with fast >= slow included."""


class Accepted(BaseModel):
    """The job is stored and will run, also after a restart."""

    job_id: str
    status: str = "queued"
    message: str = "Strategy sweep job queued successfully"
    parameters: AcceptedParameters
    estimated_duration_seconds: int
    webhook_url: str
    created_at: str


class JobStatus(BaseModel):
    """Where a job is. `percent` is 0 to 100."""

    job_id: str
    status: JobState
    percent: int
    sweep_run_id: str | None = None
    error_message: str | None = None


class LoggedIn(BaseModel):
    """The session is in the cookie."""

    status: str = "authenticated"
    expires_in_seconds: int


class Login(BaseModel):
    """An API key, to be turned into a session cookie for browsers' event streams."""

    model_config = ConfigDict(extra="forbid")

    api_key: str


class ResultRow(BaseModel):
    """One pair. Percent where the name says so and in `annualized_return`; drawdown <= 0.

    What is undefined is null, and `null_reasons` says why.
    """

    model_config = ConfigDict(extra="allow")

    ticker: str
    strategy_type: str
    fast_period: int
    slow_period: int
    score: float
    sharpe_ratio: float | None
    sortino_ratio: float | None
    total_return_pct: float | None
    annualized_return: float | None
    max_drawdown_pct: float
    win_rate_pct: float | None
    profit_factor: float | None
    total_trades: int
    trades_per_month: float
    avg_trade_duration: str | None
    avg_trade_duration_seconds: float | None
    avg_trade_duration_bars: float | None


class VerdictAnswer(BaseModel):
    """Whether the best pair is more than luck, in a word of a closed list and in a sentence."""

    name: str
    """NoResult, LikelyLuck, NotBetterThanHolding, Fragile or Promising."""
    p_value: float | None
    """How often luck alone does as well in a search like this one; null if it was not asked."""
    sentence: str


class BestResults(BaseModel):
    """The best pairs of a finished run, by score."""

    model_config = ConfigDict(extra="allow")

    sweep_run_id: str
    ticker: str
    results: list[ResultRow]
    total_results: int
    """Pairs that were tested."""
    returned: int
    query_timestamp: str
    excluded_by_min_trades: int
    max_trades_seen: int
    reason: str | None = None
    """`no_pair_reached_min_trades` where nothing qualified."""
    verdict: VerdictAnswer | None = None
    """Left out only in runs of old versions."""
    synthetic: bool
    """Whether the prices were invented."""
    data: dict[str, JsonValue]
    settings: dict[str, JsonValue]
    buy_and_hold: dict[str, JsonValue]


class RankedRow(ResultRow):
    """One pair, with its place in the whole run: 1 is the best by score."""

    rank: int


class ResultPage(BaseModel):
    """Some of a run's pairs, in the order asked for."""

    sweep_run_id: str
    ticker: str
    results: list[RankedRow]
    returned: int
    total: int
    """Pairs that the listing has in all."""
    sort: str
    order: str
    min_trades: int
    next_cursor: str | None
    """Where the next page begins; null on the last one."""


class HeatmapAnswer(BaseModel):
    """A metric over the grid: `values[i][j]` is of `fast[i]` and `slow[j]`.

    Null where there is no such pair, the figure is undefined, or trades are too few.
    """

    sweep_run_id: str
    ticker: str
    metric: str
    min_trades: int
    fast: list[int]
    slow: list[int]
    values: list[list[float | None]]
    signal_period: int | None
    """MACD: whose combinations these are."""


class PairAnswer(BaseModel):
    """Which pair of which run an answer is about."""

    sweep_run_id: str
    ticker: str
    fast_period: int
    slow_period: int
    signal_period: int | None = None
    """Where several signal lines were tested."""
    synthetic: bool
    """Whether the prices were invented."""


class Trade(BaseModel):
    """One trade. Prices are those of the fills, before costs; returns include costs."""

    side: str
    entry_time: str
    exit_time: str | None
    entry_price: float
    exit_price: float | None
    return_pct: float
    profit_pct: float
    """Percent of the initial capital."""
    bars: int
    duration_seconds: float
    mae_pct: float
    """How far the price went against it, at most 0."""
    mfe_pct: float
    """How far the price went for it, at least 0."""
    open: bool


class TradesAnswer(PairAnswer):
    """A pair's trades, oldest first."""

    trades: list[Trade]
    returned: int


class EquityAnswer(PairAnswer):
    """A pair's equity at each close, 1 before the first bar; lists of the same length."""

    bars: int
    """Bars of the window; not more are shown than asked for."""
    time: list[str]
    equity: list[float]
    drawdown_pct: list[float]
    position: list[int]
    buy_and_hold: list[float]

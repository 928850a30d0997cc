"""What the API answers about sweeps of many tickers, as pydantic models."""

from pydantic import BaseModel, ConfigDict, JsonValue


class PlaceRow(BaseModel):
    """One pair over many tickers.

    A place is in percent: 90 is better than nine tenths of the pairs that one ticker has eligible.
    """

    model_config = ConfigDict(extra="allow")

    strategy_type: str
    fast_period: int
    slow_period: int
    median_rank_pct: float | None
    """Null where no ticker has the pair eligible."""
    worst_rank_pct: float | None
    tickers: int
    """For how many it is eligible: it closed `min_trades` trades."""


class PortfolioFigures(BaseModel):
    """A portfolio in equal parts, made equal each month with costs. Percent; drawdown <= 0."""

    total_return_pct: float
    annualized_return: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    max_drawdown_pct: float
    rebalancing_cost_pct: float
    """What making parts equal has cost, in percent of equity."""


class PortfolioSummary(PortfolioFigures):
    """The best pair on all tickers, and the tickers held in the same way."""

    pair: str
    start: str
    end: str
    bars: int
    """Of the union of all tickers' bars."""
    periods_per_year: float
    rebalanced: str
    buy_and_hold: PortfolioFigures


class BestPlaces(BaseModel):
    """The best pairs of a finished run over many tickers: by median place, then the worst one.

    No test of luck is made for many tickers: there is no verdict.
    """

    model_config = ConfigDict(extra="allow")

    sweep_run_id: str
    ticker_count: int
    results: list[PlaceRow]
    total_results: int
    """Pairs that were tested."""
    returned: int
    query_timestamp: str
    excluded_by_tickers: int
    """Pairs that are eligible for fewer than `tickers_needed`."""
    tickers_needed: int
    """80 % of the tickers."""
    reason: str | None = None
    """`no_pair_reached_min_trades` where no pair qualified."""
    synthetic: bool
    """Whether any prices were invented."""
    portfolio: PortfolioSummary | None
    """Null where no pair qualified."""
    data: dict[str, JsonValue]
    settings: dict[str, JsonValue]


class RankedPlace(PlaceRow):
    """One pair, with its place in the whole run: 1 is the best."""

    rank: int


class PlacePage(BaseModel):
    """Some of a run's pairs, in the order asked for."""

    sweep_run_id: str
    ticker_count: int
    results: list[RankedPlace]
    returned: int
    total: int
    sort: str
    order: str
    min_trades: int
    next_cursor: str | None


class PlaceMap(BaseModel):
    """A figure of places over the grid; as for one ticker."""

    sweep_run_id: str
    ticker_count: int
    metric: str
    min_trades: int
    fast: list[int]
    slow: list[int]
    values: list[list[float | None]]
    signal_period: int | None


class PortfolioAnswer(PortfolioSummary):
    """The best pair's portfolio at each close; equity is 1 before the first bar."""

    sweep_run_id: str
    ticker_count: int
    synthetic: bool
    time: list[str]
    equity: list[float]
    drawdown_pct: list[float]
    holding_equity: list[float]
    holding_drawdown_pct: list[float]
    members: list[int]
    """Tickers among which money is divided."""


class ScoredPair(BaseModel):
    """A pair, with its score on one ticker."""

    pair: str
    score: float


class TickerAnswer(BaseModel):
    """One ticker of a run: what it was measured on, its own best pair, and holding it."""

    ticker: str
    source: str
    synthetic: bool
    data_sha256: str
    start: str
    end: str
    bars: int
    window_limited_by: str | None
    periods_per_year: float
    eligible_pairs: int
    best: dict[str, JsonValue]
    buy_and_hold: dict[str, JsonValue]
    top: list[ScoredPair]
    """Its best eligible pairs, as many as were asked for."""


class TickersAnswer(BaseModel):
    """The tickers of a run, in the order in which they were asked for."""

    sweep_run_id: str
    ticker_count: int
    tickers: list[TickerAnswer]

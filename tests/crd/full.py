"""A spec and a status with every field set, for round trips."""

from datetime import UTC, datetime

from pydantic import BaseModel

from tradingsweep.crd.model import (
    Combinations,
    Condition,
    LastCompleted,
    LevelRange,
    Macd,
    Notifications,
    NotifiedPhase,
    PairResult,
    PeriodRange,
    Preset,
    Progress,
    Results,
    Rsi,
    StrategyType,
    TradingSweepSpec,
    TradingSweepStatus,
    Verdict,
)

NOON = datetime(2025, 1, 27, 12, 0, 0, tzinfo=UTC)

BEST = PairResult(
    periods="15/30",
    score="2.4700",
    sharpe_ratio="1.8200",
    sortino_ratio="2.1500",
    total_return_pct="145.30",
    annualized_return="32.40",
    max_drawdown_pct="-18.70",
    win_rate_pct="58.30",
    profit_factor="2.1000",
    total_trades=87,
    trades_per_month="4.20",
    avg_trade_duration="5.2 days",
)

FULL_SPEC = TradingSweepSpec(
    ticker="BTC-USD",
    fast_range=PeriodRange(min=10, max=20),
    slow_range=PeriodRange(min=20, max=30),
    macd=Macd(signal=7),
    step=5,
    min_trades=51,
    strategy_type=StrategyType.MACD,
    preset=Preset.STANDARD,
    priority=-3,
    backoff_limit=2,
    ttl_seconds_after_finished=3600,
    max_result_age_seconds=86400,
    suspend=True,
    active_deadline_seconds=7200,
    run_id="2025-01-27.a",
    top_results=4,
    store_results=101,
    notifications=Notifications(emails=("quant@example.com",), phases=(NotifiedPhase.FAILED,)),
)

RSI_SPEC = FULL_SPEC.model_copy(
    update={
        "strategy_type": StrategyType.RSI,
        "fast_range": None,
        "slow_range": None,
        "macd": None,
        "rsi": Rsi(period=10, enter=LevelRange(min=20, max=40), exit=LevelRange(min=50, max=80)),
    }
)
"""What only RSI has, and none of what it refuses."""

FULL_STATUS = TradingSweepStatus(
    observed_generation=2,
    record_version=7,
    ledger_id="1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    phase="Completed",
    run=2,
    attempt=1,
    identity_hash="9f" * 32,
    job_id="sweep_20250127_103045_btcusd",
    sweep_run_id="run_abc123xyz789",
    queued_at=NOON,
    submitted_at=NOON,
    started_at=NOON,
    completed_at=NOON,
    duration_seconds=127,
    progress=Progress(percent=100, message="Processing 8/8"),
    combinations=Combinations(requested=9, valid=8, tested=8),
    best=BEST,
    top_results=(BEST, PairResult(periods="10/25", score="2.3100")),
    results=Results(stored=8, returned=8, total=8),
    verdict=Verdict(name="Luck", p_value="0.4310", sentence="Chance alone often does as well."),
    last_completed=LastCompleted(run=1, identity_hash="8e" * 32, completed_at=NOON, best=BEST),
    last_handled_run_request="2025-01-27T11:00:00Z",
    last_handled_cancel_request="2025-01-27T10:00:00Z",
    conditions=(
        Condition(
            type="Ready",
            status="True",
            observed_generation=2,
            last_transition_time=NOON,
            reason="ResultsStored",
            message="8 of 8 results are stored.",
        ),
    ),
)


def unset(model: BaseModel, path: str) -> list[str]:
    """Return the places of the fields that have no value, or no item, or only their default."""
    found = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value in (None, (), field.default):
            found.append(f"{path}.{name}")
        first = value[0] if isinstance(value, tuple) and value else value
        if isinstance(first, BaseModel):
            found += unset(first, f"{path}.{name}")
    return found

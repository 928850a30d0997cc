"""From the engine's fractions to the wire's percents and texts: the only place that converts."""

from datetime import UTC, datetime
from typing import Any, Final

from tradingapi.engine import Row, Strategy, SweepResult
from tradingapi.engine.metrics import Metrics

SECONDS_A_DAY: Final = 86_400

WIRE_NAMES: Final = {
    "total_return": ("total_return_pct",),
    "annualized_return": ("annualized_return",),
    "sharpe": ("sharpe_ratio",),
    "sortino": ("sortino_ratio",),
    "win_rate": ("win_rate_pct",),
    "profit_factor": ("profit_factor",),
    "duration_seconds": ("avg_trade_duration", "avg_trade_duration_seconds"),
    "duration_bars": ("avg_trade_duration_bars",),
    "sqn": ("sqn",),
    "best_trade": ("best_trade_pct",),
    "worst_trade": ("worst_trade_pct",),
    "payoff": ("payoff_ratio",),
    "skew": ("skewness",),
    "kurtosis": ("kurtosis",),
    "alpha": ("alpha_pct",),
    "beta": ("beta",),
    "alpha_t": ("alpha_t_stat",),
}
"""What the engine's undefined figures are called outside."""


def timestamp(seconds: float) -> str:
    """Write a time as `2025-01-27T10:30:45Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_text(seconds: float | None) -> str | None:
    """Write a duration as `5.2 days`."""
    return None if seconds is None else f"{seconds / SECONDS_A_DAY:.1f} days"


def metrics_on_the_wire(metrics: Metrics) -> dict[str, Any]:
    """Convert one run's figures."""
    wire: dict[str, Any] = {
        "sharpe_ratio": metrics.sharpe,
        "sortino_ratio": metrics.sortino,
        "total_return_pct": _percent(metrics.total_return),
        "annualized_return": _percent(metrics.annualized_return),
        "max_drawdown_pct": 0.0 - 100 * metrics.max_drawdown,
        "win_rate_pct": _percent(metrics.win_rate),
        "profit_factor": metrics.profit_factor,
        "total_trades": metrics.trades,
        "trades_per_month": metrics.trades_per_month,
        "avg_trade_duration": duration_text(metrics.duration_seconds),
        "avg_trade_duration_seconds": metrics.duration_seconds,
        "avg_trade_duration_bars": metrics.duration_bars,
        "exposure_pct": 100 * metrics.exposure,
        "sqn": metrics.sqn,
        "best_trade_pct": _percent(metrics.best_trade),
        "worst_trade_pct": _percent(metrics.worst_trade),
        "payoff_ratio": metrics.payoff,
        "skewness": metrics.skew,
        "kurtosis": metrics.kurtosis,
        "alpha_pct": _percent(metrics.alpha),
        "beta": metrics.beta,
        "alpha_t_stat": metrics.alpha_t,
    }
    if metrics.nulls:
        wire["null_reasons"] = {
            name: reason for field, reason in metrics.nulls.items() for name in WIRE_NAMES[field]
        }
    if metrics.open_trade is not None:
        entry, gain = metrics.open_trade
        wire["open_trade"] = {"entry_time": timestamp(entry / 1e9), "return_pct": 100 * gain}
    return wire


def rsi_params(period: int, enter: int, leave: int) -> dict[str, int]:
    """Say what the two numbers of a pair mean where they are levels."""
    return {"rsi_period": period, "enter_above": enter, "exit_above": leave}


def row_on_the_wire(row: Row, result: SweepResult) -> dict[str, Any]:
    """Convert one row; `excluded` and `synthetic` appear where they are true."""
    wire: dict[str, Any] = {
        "ticker": result.origin.ticker,
        "strategy_type": result.spec.strategy.value,
        "fast_period": row.pair.fast,
        "slow_period": row.pair.slow,
        "score": row.score,
        **metrics_on_the_wire(row.metrics),
    }
    if result.spec.strategy is Strategy.MACD:
        wire["signal_period"] = result.spec.signal_period
    if result.spec.strategy is Strategy.RSI:
        wire["params"] = rsi_params(result.spec.rsi_period, *row.pair)
    if not row.qualified:
        wire["excluded"] = "min_trades"
    if result.origin.synthetic:
        wire["synthetic"] = True
    return wire


def summary_on_the_wire(result: SweepResult) -> dict[str, Any]:
    """Convert what a run's rows have in common: what they were measured on, and how."""
    spec, origin = result.spec, result.origin
    return {
        "synthetic": origin.synthetic,
        "max_trades_seen": max(row.metrics.trades for row in result.rows),
        "data": {
            "source": origin.source,
            "synthetic": origin.synthetic,
            "adjusted": origin.adjusted,
            "calendar": origin.calendar,
            "sha256": result.data_sha256,
            "history_start": timestamp(result.history_start / 1e9),
        },
        "settings": {
            "interval": origin.interval,
            "start": timestamp(result.window_start / 1e9),
            "end": timestamp(result.window_end / 1e9),
            "bars": result.window_bars,
            "window_limited_by": result.window_limited_by,
            "fill": spec.fill.value,
            "fee_bps": spec.fee_bps,
            "slippage_bps": spec.slippage_bps,
            "signal_period": spec.signal_period if spec.strategy is Strategy.MACD else None,
            "rsi_period": spec.rsi_period if spec.strategy is Strategy.RSI else None,
            "start_state": spec.start_state.value,
            "risk_free_rate": spec.risk_free_rate,
            "min_trades": spec.min_trades,
            "periods_per_year": result.periods_per_year,
            "periods_per_year_source": result.periods_per_year_source,
            "score_version": result.score_version,
        },
        "buy_and_hold": metrics_on_the_wire(result.buy_and_hold),
    }


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction

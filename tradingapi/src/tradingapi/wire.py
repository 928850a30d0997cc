"""From the engine's fractions to the wire's percents and texts: the only place that converts."""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from tradingapi.engine import Strategy, SweepResult, SweepSpec
from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.metrics import Metrics
from tradingapi.engine.spec import Search
from tradingapi.honesty import HonestyReport

SECONDS_A_DAY: Final = 86_400

PERCENT: Final = 100.0

FIGURES: Final[dict[str, tuple[str, float]]] = {
    "sharpe": ("sharpe_ratio", 1),
    "sortino": ("sortino_ratio", 1),
    "total_return": ("total_return_pct", PERCENT),
    "annualized_return": ("annualized_return", PERCENT),
    "max_drawdown": ("max_drawdown_pct", -PERCENT),
    "win_rate": ("win_rate_pct", PERCENT),
    "profit_factor": ("profit_factor", 1),
    "trades": ("total_trades", 1),
    "trades_per_month": ("trades_per_month", 1),
    "duration_seconds": ("avg_trade_duration_seconds", 1),
    "duration_bars": ("avg_trade_duration_bars", 1),
    "exposure": ("exposure_pct", PERCENT),
    "sqn": ("sqn", 1),
    "best_trade": ("best_trade_pct", PERCENT),
    "worst_trade": ("worst_trade_pct", PERCENT),
    "payoff": ("payoff_ratio", 1),
    "skew": ("skewness", 1),
    "kurtosis": ("kurtosis", 1),
    "alpha": ("alpha_pct", PERCENT),
    "beta": ("beta", 1),
    "alpha_t": ("alpha_t_stat", 1),
}
"""The engine's name of a figure, the wire's, and what it is multiplied by."""

Figure = TypeVar("Figure", float, FloatArray)


def timestamp(seconds: float) -> str:
    """Write a time as `2025-01-27T10:30:45Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_text(seconds: float | None) -> str | None:
    """Write a duration as `5.2 days`."""
    return None if seconds is None else f"{seconds / SECONDS_A_DAY:.1f} days"


def scaled(figure: Figure, factor: float) -> Figure:
    """Convert a figure. Adding 0 turns the -0.0 of no drawdown into 0.0."""
    return figure if factor == 1 else 0.0 + factor * figure


def metrics_on_the_wire(metrics: Metrics) -> dict[str, Any]:
    """Convert one run's figures."""
    wire: dict[str, Any] = {}
    for field, (name, factor) in FIGURES.items():
        value = getattr(metrics, field)
        if field == "duration_seconds":
            wire["avg_trade_duration"] = duration_text(value)
        wire[name] = None if value is None else scaled(value, factor)
    if metrics.nulls:
        wire["null_reasons"] = reasons_on_the_wire(metrics.nulls)
    if metrics.open_trade is not None:
        entry, gain = metrics.open_trade
        wire["open_trade"] = {
            "entry_time": timestamp(entry / 1e9),
            "return_pct": scaled(gain, PERCENT),
        }
    return wire


def reasons_on_the_wire(nulls: dict[str, str]) -> dict[str, str]:
    """Say why figures are null, by the names that they have outside."""
    reasons = {FIGURES[field][0]: reason for field, reason in nulls.items()}
    if "duration_seconds" in nulls:
        reasons["avg_trade_duration"] = nulls["duration_seconds"]
    return reasons


def rsi_params(period: int, enter: int, leave: int) -> dict[str, int]:
    """Say what the two numbers of a pair mean where they are levels."""
    return {"rsi_period": period, "enter_above": enter, "exit_above": leave}


def verdict_on_the_wire(report: HonestyReport) -> dict[str, Any]:
    """Say in a word and a sentence whether the best pair is more than luck.

    `p_value` is of the permutation test of the whole search; null where that was not made.
    """
    test = report.checks.permutation if report.checks else None
    return {
        "name": report.verdict.name.value,
        "p_value": None if test is None else test.p_value,
        "sentence": report.verdict.sentence,
    }


def _search_on_the_wire(spec: SweepSpec) -> dict[str, Any]:
    """Say what was searched, and how: the grid, or some of it."""
    macd, several = spec.strategy is Strategy.MACD, spec.signal_periods is not None
    bayes = spec.search is Search.BAYES
    return {
        "signal_period": spec.signal_period if macd and not several else None,
        "signal_range": list(spec.signal_periods) if spec.signal_periods else None,
        "search": spec.search.value,
        "max_trials": spec.max_trials if bayes else None,
        "seed": spec.search_seed if bayes else None,
    }


def terms_on_the_wire(spec: SweepSpec) -> dict[str, Any]:
    """Say how trades were filled and charged, and what was searched."""
    return {
        "fill": spec.fill.value,
        "fee_bps": spec.fee_bps,
        "slippage_bps": spec.slippage_bps,
        **_search_on_the_wire(spec),
        "rsi_period": spec.rsi_period if spec.strategy is Strategy.RSI else None,
        "start_state": spec.start_state.value,
        "risk_free_rate": spec.risk_free_rate,
        "min_trades": spec.min_trades,
    }


def summary_on_the_wire(result: SweepResult) -> dict[str, Any]:
    """Convert what a run's rows have in common: what they were measured on, and how."""
    spec, origin = result.spec, result.origin
    return {
        "synthetic": origin.synthetic,
        "max_trades_seen": int(result.figures[c.TRADES].max()),
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
            **terms_on_the_wire(spec),
            "periods_per_year": result.periods_per_year,
            "periods_per_year_source": result.periods_per_year_source,
            "score_version": result.score_version,
        },
        "buy_and_hold": metrics_on_the_wire(result.buy_and_hold),
    }

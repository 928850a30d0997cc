"""From stored results to the few numbers that fit in a status: decimal strings, fixed places."""

from collections.abc import Mapping
from typing import Any

from tradingsweep.crd.model import PairResult, Verdict
from tradingsweep.domain.answers import Result

MAX_WHOLE_DIGITS = 24
"""A number beyond this is left out of the status; its full value is in the database."""


def _fixed(value: float | None, places: int) -> str | None:
    if value is None or abs(value) >= 10**MAX_WHOLE_DIGITS:
        return None
    text = f"{value:.{places}f}"
    # -0.00001 would read as -0.0000.
    return text.removeprefix("-") if float(text) == 0 else text


def pair(result: Result) -> PairResult:
    """Return one pair as `.status.best` and `.status.topResults` show it."""
    return PairResult(
        periods=f"{result.fast_period}/{result.slow_period}",
        score=_fixed(result.score, 4),
        sharpe_ratio=_fixed(result.sharpe_ratio, 4),
        sortino_ratio=_fixed(result.sortino_ratio, 4),
        total_return_pct=_fixed(result.total_return_pct, 2),
        annualized_return=_fixed(result.annualized_return, 2),
        max_drawdown_pct=_fixed(result.max_drawdown_pct, 2),
        win_rate_pct=_fixed(result.win_rate_pct, 2),
        profit_factor=_fixed(result.profit_factor, 4),
        total_trades=result.total_trades,
        trades_per_month=_fixed(result.trades_per_month, 2),
        avg_trade_duration=result.avg_trade_duration,
    )


def verdict(stored: Mapping[str, Any] | None) -> Verdict | None:
    """Return what the API thinks of the best pair, as `.status.verdict` shows it."""
    if stored is None:
        return None
    return Verdict(
        name=stored["name"],
        p_value=_fixed(stored["p_value"], 4),
        sentence=stored["sentence"] or None,
    )

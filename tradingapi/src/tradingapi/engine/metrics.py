"""The figures of one pair as a record, and why one of them is missing.

Everything is a fraction; a drawdown is positive. What cannot be measured is None with a reason,
never inf or NaN. `docs/engine.md` has the formulas; they are in `figures.py`.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tradingapi.engine import columns as c
from tradingapi.engine.bars import FloatArray, IntArray

DAYS_A_MONTH: Final = 30.436875
"""Mean month of the Gregorian calendar."""


class OpenTrade(NamedTuple):
    """A position that is still held at the window's end, marked to its last close."""

    entry_time: int
    """UTC nanoseconds."""
    gain: float
    """Its return so far, entry costs included."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one run. None is explained in `nulls`."""

    total_return: float
    annualized_return: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    win_rate: float | None
    profit_factor: float | None
    trades: int
    """Closed trades."""
    trades_per_month: float
    duration_seconds: float | None
    """Mean calendar time of a closed trade."""
    duration_bars: float | None
    exposure: float
    """Part of the window's closes at which a position was held."""
    sqn: float | None
    """Van Tharp's system quality number."""
    best_trade: float | None
    worst_trade: float | None
    payoff: float | None
    """Mean return of won trades / mean loss of lost ones."""
    skew: float | None
    kurtosis: float | None
    """3 is normal."""
    alpha: float | None
    """A year's return beyond beta times the price's own."""
    beta: float | None
    alpha_t: float | None
    """Alpha in standard errors."""
    open_trade: OpenTrade | None
    nulls: dict[str, str]
    """Field name to the reason why it is None."""


NULLABLE: Final = tuple(
    name
    for name in c.NAMES
    if name
    not in {
        "score",
        "total_return",
        "max_drawdown",
        "trades",
        "exposure",
        "open_bar",
        "open_return",
    }
)


def metrics_of(figures: FloatArray, time: IntArray, days: float) -> Metrics:
    """Build the record of one column of figures.

    `time` has the window's bars, `days` its length: trades a month = closed trades / (days /
    30.436875).
    """
    values: dict[str, Any] = dict(zip(c.NAMES, figures.tolist(), strict=True))
    del values["score"]
    bar, gain = values.pop("open_bar"), values.pop("open_return")
    held = not math.isnan(bar)
    trades = values["trades"] = int(values["trades"])
    nulls = {
        name: _reason(name, values, entered=trades > 0 or held)
        for name in NULLABLE
        if math.isnan(values[name])
    }
    return Metrics(
        **{**values, **dict.fromkeys(nulls)},
        trades_per_month=trades / (days / DAYS_A_MONTH),
        open_trade=OpenTrade(int(time[int(bar)]), gain) if held else None,
        nulls=nulls,
    )


OF_CLOSED_TRADES: Final = frozenset(
    {
        "win_rate", "profit_factor", "duration_seconds", "duration_bars",
        "sqn", "best_trade", "worst_trade", "payoff",
    }
)  # fmt: skip


def _reason(name: str, values: dict[str, Any], *, entered: bool) -> str:
    """Say why a figure is undefined."""
    if name in OF_CLOSED_TRADES:
        return _reason_of_trades(name, values)
    match name:
        case "annualized_return":
            return "out_of_range"
        case "alpha" | "beta":
            return "price_never_moved"
        case _ if not entered:
            return "never_entered"
        case "sortino":
            return "no_down_bar"
        case "alpha_t":
            return "no_residual"
        case _:
            return "no_variation"


def _reason_of_trades(name: str, values: dict[str, Any]) -> str:
    if values["trades"] == 0:
        return "no_closed_trade"
    if name == "sqn":
        return "single_trade" if values["trades"] == 1 else "no_variation"
    if values["worst_trade"] >= 0:
        return "no_losing_trade"
    return "no_winning_trade" if name == "payoff" else "out_of_range"

"""Definitions by hand, undefined figures, the scale, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

from tests.engine.series import DAY, Prices, bars_of
from tradingapi.engine import (
    BadBarsError,
    Bars,
    Direction,
    Fill,
    Origin,
    Strategy,
    SweepSpec,
    sweep,
)
from tradingapi.engine.metrics import Metrics
from tradingapi.engine.periods import bars_per_year

CROSS = SweepSpec(
    Strategy.SMA, fast=(1, 1), slow=(2, 2), step=1, fee_bps=0, min_trades=0, fill=Fill.SAME_CLOSE
)
"""Long while the close is above the close before it, filled at that close."""


def holding(*closes: float) -> Metrics:
    """Buy the second bar's open, which is the first close, and hold."""
    spec = SweepSpec(Strategy.SMA, (1, 1), (2, 2), 1, fee_bps=0)
    return sweep(bars_of(closes), spec).buy_and_hold


def trading(closes: Prices, **options: object) -> Metrics:
    """Sweep the one pair 1/2."""
    (row,) = sweep(bars_of(closes), SweepSpec(**{**CROSS.__dict__, **options})).rows
    return row.metrics


def test_ratios_follow_their_formulas() -> None:
    """Returns of 10 %, -5 % and 2 %, by hand."""
    metrics = holding(100.0, 110.0, 104.5, 106.59)

    mean = 0.07 / 3
    squares = [(r - mean) ** 2 for r in (0.1, -0.05, 0.02)]
    assert metrics.sharpe == pytest.approx(mean / math.sqrt(sum(squares) / 2) * math.sqrt(365))
    assert metrics.sortino == pytest.approx(mean * 365 / (math.sqrt(0.0025 / 3) * math.sqrt(365)))
    assert metrics.max_drawdown == pytest.approx(0.05)
    assert metrics.annualized_return == pytest.approx(1.0659 ** (365 / 3) - 1)
    assert metrics.exposure == 1.0


def test_a_drawdown_starts_from_the_initial_capital() -> None:
    """A first bar that loses is a drawdown."""
    assert holding(100.0, 80.0, 88.0).max_drawdown == pytest.approx(0.2)


def test_holding_is_its_own_benchmark() -> None:
    """Beta 1, no alpha, and nothing left over to divide by."""
    metrics = holding(100.0, 110.0, 104.5, 106.59)

    assert metrics.beta == pytest.approx(1.0)
    assert metrics.alpha == pytest.approx(0.0, abs=1e-9)
    assert (None, "no_residual") == (metrics.alpha_t, metrics.nulls["alpha_t"])


UP_AND_DOWN = [100.0, 90.0, 100.0, 110.0, 99.0, 90.0, 100.0, 89.0, 80.0]
"""Bought at 100 and sold at 99, bought at 100 and sold at 89."""


def test_wins_are_counted_in_currency() -> None:
    """A tenth is won on 1.00, then a tenth is lost on 1.10."""
    closes = [100.0, 90.0, 90.9, 101.0, 100.0, 90.0, 91.0, 81.9, 81.0]

    metrics = trading(closes)

    won, lost = 100 / 90.9 - 1, 1 - 81.9 / 91
    assert (2, 0.5) == (metrics.trades, metrics.win_rate)
    assert metrics.profit_factor == pytest.approx(won / (lost * (1 + won)))
    assert metrics.payoff == pytest.approx(won / lost)
    assert (won, -lost) == pytest.approx((metrics.best_trade, metrics.worst_trade))
    spread = (won + lost) / math.sqrt(2)
    assert metrics.sqn == pytest.approx(math.sqrt(2) * (won - lost) / 2 / spread)
    assert metrics.trades_per_month == pytest.approx(2 / (8 / 30.436875))


def test_a_trade_that_breaks_even_is_neither_won_nor_lost() -> None:
    """Bought and sold at one price, to the last bit."""
    metrics = trading([0.3, 0.1, 0.3, 0.7, 0.3, 0.3, 0.2])

    assert (1, 0.0, 0.0) == (metrics.trades, metrics.win_rate, metrics.worst_trade)
    assert "no_losing_trade" == metrics.nulls["profit_factor"]
    assert 0.0 == metrics.total_return


def test_only_wins_leave_the_profit_factor_undefined() -> None:
    """It is not infinite."""
    metrics = trading([100.0, 90.0, 100.0, 120.0, 110.0, 100.0])

    assert (None, "no_losing_trade") == (metrics.profit_factor, metrics.nulls["profit_factor"])
    assert (None, "no_losing_trade") == (metrics.payoff, metrics.nulls["payoff"])
    assert (None, "single_trade") == (metrics.sqn, metrics.nulls["sqn"])


def test_only_losses_leave_the_payoff_undefined() -> None:
    """The profit factor is 0, since nothing was won."""
    metrics = trading(UP_AND_DOWN)

    assert (2, 0.0) == (metrics.trades, metrics.profit_factor)
    assert (None, "no_winning_trade") == (metrics.payoff, metrics.nulls["payoff"])


def test_steady_growth_has_no_sharpe() -> None:
    """A spread that is only rounding does not make a ratio of a billion."""
    metrics = holding(*(100 * 1.01**t for t in range(50)))

    assert {"no_variation"} == {metrics.nulls[name] for name in ("sharpe", "skew", "kurtosis")}
    assert "no_down_bar" == metrics.nulls["sortino"]
    assert 0.0 == metrics.max_drawdown


def test_growth_beyond_any_float_is_out_of_range() -> None:
    """A thousand-fold gain in two bars, annualized."""
    metrics = holding(1.0, 1000.0, 1000.0)

    assert "out_of_range" == metrics.nulls["annualized_return"]


def test_a_price_that_never_moves_explains_nothing() -> None:
    """Neither alpha nor beta exist beside it."""
    metrics = holding(5.0, 5.0, 5.0, 5.0)

    assert {"price_never_moved"} == {metrics.nulls["alpha"], metrics.nulls["beta"]}


@pytest.mark.parametrize(
    ("interval", "calendar", "spacing_days", "expected"),
    [
        ("1d", "crypto", 1.0, (365.0, "calendar")),
        ("1d", "nyse", 1.0, (252.0, "calendar")),
        ("1d", None, 1.0, (365.0, "derived")),
        ("1d", None, 365.25 / 252, (252.0, "derived")),
        ("1d", None, 365.25 / 200, (200.0, "derived")),
        ("1h", None, 1 / 24, (8_760.0, "derived")),
    ],
)
def test_bars_a_year_come_from_the_calendar_or_from_counting(
    interval: str, calendar: str | None, spacing_days: float, expected: tuple[float, str]
) -> None:
    """A counted figure within 3 % of a usual one becomes the usual one."""
    flat = np.ones(1000)
    time = (np.arange(1000) * spacing_days * DAY).astype(np.int64)
    bars = Bars(time, flat, flat, flat, flat, Origin("test", "TEST", interval, calendar))

    per_year, source = bars_per_year(bars)

    assert (round(per_year, 6), source) == expected


@pytest.mark.parametrize(
    ("column", "row", "value", "rule"),
    [
        ("close", 3, math.nan, "row 4 .*close is not a number"),
        ("open", 2, 0.0, "row 3 .*open is not positive"),
        ("low", 1, -1.0, "row 2 .*low is not positive"),
        ("high", 4, 0.5, "row 5 .*high is below"),
        ("low", 4, 1.5, "row 5 .*low is above"),
        ("high", 0, 1e300, "row 1 .*outside"),
        ("high", 0, math.inf, "row 1 .*not a number"),
    ],
)
def test_a_bad_price_is_refused_with_its_row(
    column: str, row: int, value: float, rule: str
) -> None:
    """The message names the row as a person counts and the rule that it breaks."""
    good = bars_of([1.0] * 6)
    columns = {name: getattr(good, name).copy() for name in ("open", "high", "low", "close")}
    columns[column][row] = value

    with pytest.raises(BadBarsError, match=rule):
        Bars(time=good.time, origin=good.origin, **columns)


def test_times_that_do_not_increase_are_refused() -> None:
    """A duplicate and a step back."""
    good = bars_of([1.0] * 3)
    for time in ([0, DAY, DAY], [0, 2 * DAY, DAY]):
        with pytest.raises(BadBarsError, match=r"row 3 .*not after"):
            Bars(np.array(time), good.open, good.high, good.low, good.close, good.origin)


def test_a_million_fold_move_is_refused() -> None:
    """Its square would drown every other return."""
    with pytest.raises(BadBarsError, match=r"row 2 .*million-fold"):
        bars_of([1e-6, 10.0])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fast": (20, 10)}, "fast: 1 <= min"),
        ({"slow": (10, 501)}, "slow: 1 <= min"),
        ({"fast": (20, 25)}, "fast: min must be less"),
        ({"fast": (10, 30)}, "fast: max must be less"),
        ({"step": 0}, "step"),
        ({"signal_period": 51}, "signal_period"),
        ({"rsi_period": 1}, "rsi_period"),
        ({"strategy": Strategy.RSI, "slow": (30, 100)}, "slow: 1 <= min <= max <= 99"),
        ({"strategy": Strategy.RSI, "direction": Direction.SHORT}, "direction"),
        ({"stop_loss": 1.0}, "stop_loss"),
        ({"take_profit": 0.0}, "take_profit"),
        ({"periods_per_year": 0.0}, "periods_per_year"),
        ({"fee_bps": -1}, "fee_bps"),
        ({"risk_free_rate": -2}, "risk_free_rate"),
    ],
)
def test_a_senseless_sweep_is_refused_by_field(changes: dict[str, object], rule: str) -> None:
    """The message begins with the field."""
    seeds = {"strategy": Strategy.SMA, "fast": (10, 20), "slow": (20, 30), "step": 5}
    fields: dict[str, Any] = {**seeds, **changes}

    with pytest.raises(ValueError, match=rule):
        SweepSpec(**fields)

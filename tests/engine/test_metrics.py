"""Definitions by hand, undefined figures, the score and the scale."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.series import DAY, bars_of
from tradingapi.engine import BadBarsError, Bars, Origin, Strategy, SweepSpec
from tradingapi.engine.fills import Path
from tradingapi.engine.grid import Pair
from tradingapi.engine.metrics import Metrics, Scale, measure
from tradingapi.engine.periods import bars_per_year
from tradingapi.engine.score import rank_key, score


def a_path(*growth: float, entries: tuple[int, ...] = (0,), exits: tuple[int, ...] = ()) -> Path:
    """Build a run from its bar-to-bar growth."""
    factors = np.array(growth)
    return Path(factors - 1, np.cumprod(factors), np.array(entries, int), np.array(exits, int))


def scale(bars: int) -> Scale:
    """Days of a crypto calendar, no riskless return."""
    return Scale(DAY * np.arange(bars, dtype=np.int64), float(bars), 365.0, 0.0)


def some_metrics(**changes: object) -> Metrics:
    """The seed's first row."""
    fields: dict[str, Any] = {
        "total_return": 1.453,
        "annualized_return": 0.324,
        "mean_excess": 0.001,
        "sharpe": 1.82,
        "sortino": 2.15,
        "max_drawdown": 0.187,
        "win_rate": 0.583,
        "profit_factor": 2.1,
        "trades": 87,
        "trades_per_month": 4.2,
        "duration_seconds": 5.2 * 86_400,
        "duration_bars": 5.2,
        "open_trade": None,
        "nulls": {},
        **changes,
    }
    return Metrics(**fields)


def test_ratios_follow_their_formulas() -> None:
    """Returns of 10 %, -5 % and 2 %, by hand."""
    metrics = measure(a_path(1.10, 0.95, 1.02), scale(3))

    mean = 0.07 / 3
    spread = math.sqrt(((0.1 - mean) ** 2 + (-0.05 - mean) ** 2 + (0.02 - mean) ** 2) / 2)
    assert metrics.sharpe == pytest.approx(mean / spread * math.sqrt(365))
    assert metrics.sortino == pytest.approx(mean * 365 / (math.sqrt(0.0025 / 3) * math.sqrt(365)))
    assert metrics.max_drawdown == pytest.approx(0.05)
    assert metrics.annualized_return == pytest.approx((1.10 * 0.95 * 1.02) ** (365 / 3) - 1)


def test_a_drawdown_starts_from_the_initial_capital() -> None:
    """A first bar that loses is a drawdown."""
    assert measure(a_path(0.8, 1.1), scale(2)).max_drawdown == pytest.approx(0.2)


def test_wins_are_counted_in_currency() -> None:
    """+0.10 on 1.00, then -0.11 on 1.10: half the trades won, profit factor 0.10/0.11."""
    path = a_path(1.1, 1.0, 0.9, 1.0, entries=(0, 2), exits=(1, 3))

    metrics = measure(path, scale(4))

    assert (2, 0.5) == (metrics.trades, metrics.win_rate)
    assert metrics.profit_factor == pytest.approx(0.10 / 0.11)
    assert metrics.trades_per_month == pytest.approx(2 / (4 / 30.436875))


def test_a_trade_that_breaks_even_is_not_won() -> None:
    """A win is a profit above zero."""
    assert 0.0 == measure(a_path(1.0, 1.0, exits=(1,)), scale(2)).win_rate


def test_only_wins_leave_the_profit_factor_undefined() -> None:
    """It is not infinite."""
    metrics = measure(a_path(1.1, 1.0, exits=(1,)), scale(2))

    assert (None, "no_losing_trade") == (metrics.profit_factor, metrics.nulls["profit_factor"])
    assert (None, "no_down_bar") == (metrics.sortino, metrics.nulls["sortino"])


def test_steady_growth_has_no_sharpe() -> None:
    """A spread that is only rounding does not make a ratio of a billion."""
    assert "no_variation" == measure(a_path(*[1.01] * 50), scale(50)).nulls["sharpe"]


def test_growth_beyond_any_float_is_out_of_range() -> None:
    """A thousand-fold gain in two bars, annualized."""
    assert "out_of_range" == measure(a_path(1000.0, 1.0), scale(2)).nulls["annualized_return"]


def test_the_seeds_rows_score_as_the_law_says() -> None:
    """2.25 and 2.13, in the seed's order."""
    second = some_metrics(
        sharpe=1.68,
        sortino=1.92,
        annualized_return=0.298,
        max_drawdown=0.213,
        win_rate=0.562,
        profit_factor=1.95,
        trades=102,
    )

    assert (2.25, 2.13) == (round(score(some_metrics()), 2), round(score(second), 2))


@given(
    name=st.sampled_from(["sharpe", "sortino", "win_rate", "profit_factor", "annualized_return"]),
    low=st.floats(-3, 3),
    gain=st.floats(0, 3),
)
def test_a_better_metric_never_lowers_the_score(name: str, low: float, gain: float) -> None:
    """The trades being the same."""
    worse, better = (score(some_metrics(**{name: value})) for value in (low, low + gain))

    assert better >= worse - 1e-12


def test_no_down_bar_is_an_edge_only_where_something_was_gained() -> None:
    """A flat run has no down bar either."""
    nulls = {"sortino": "no_down_bar"}
    gained, flat = (
        some_metrics(sortino=None, nulls=nulls, mean_excess=mean) for mean in (0.001, 0.0)
    )

    assert score(gained) - score(flat) == pytest.approx(4 * 0.15)


def test_a_drawdown_of_nothing_counts_by_the_returns_sign() -> None:
    """The ratio has no value there: +1 for a gain, 0 for nothing."""
    gained, flat = (
        some_metrics(max_drawdown=0.0, annualized_return=value) for value in (1e-9, 0.0)
    )

    assert score(gained) - score(flat) == pytest.approx(4 * 0.20, abs=1e-6)


def test_a_run_without_closed_trades_scores_zero() -> None:
    """And not minus zero, which JSON would show."""
    nothing = some_metrics(sharpe=-1.0, trades=0, win_rate=None, profit_factor=None)

    assert "0.0" == str(score(nothing))


def test_equal_scores_are_ordered_by_sharpe_then_by_the_simpler_pair() -> None:
    """A missing Sharpe comes last; fewer trades and shorter periods come first."""
    best = rank_key(Pair(5, 20), some_metrics(), 1.0)

    assert best < rank_key(Pair(5, 20), some_metrics(sharpe=None), 1.0)
    assert best < rank_key(Pair(5, 20), some_metrics(trades=88), 1.0)
    assert best < rank_key(Pair(5, 21), some_metrics(), 1.0)
    assert best > rank_key(Pair(5, 20), some_metrics(), 1.1)


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

"""The portfolio of a pair on many tickers, held to an account in exact fractions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.series import DAY, FIRST_DAY, a_walk, bars_of
from tests.tickers.plain_portfolio import PlainSleeve, equity
from tradingapi.engine import Bars, Strategy, SweepSpec, sweep
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.grid import Pair
from tradingapi.tickers import Portfolio, portfolio, sweep_many
from tradingapi.tickers.portfolio import union_of
from tradingapi.tickers.sleeves import Calendar, Costs, Parts, Sleeve

SPEC = SweepSpec(Strategy.SMA, (2, 8), (5, 20), step=3, min_trades=0)
LONGEST = 130
"""Days of the drawn tickers: five months."""

DAYS = st.dictionaries(
    st.integers(0, LONGEST), st.tuples(st.integers(-30, 30), st.booleans()), min_size=1, max_size=25
)
"""Day to return in percent, and whether a position is held at its close."""

COST = st.sampled_from([ONE := Fraction(1), Fraction(999, 1000), Fraction(4, 5)])


def month_of(day: int) -> int:
    """Count months."""
    moment = datetime.fromtimestamp((FIRST_DAY + day * DAY) / 1e9, UTC)
    return 12 * moment.year + moment.month


def slow(
    tickers: Sequence[Mapping[int, tuple[int, bool]]], costs: tuple[Fraction, Fraction]
) -> FloatArray:
    """Ask the plain account."""
    sleeves = [
        PlainSleeve(
            {day: Fraction(percent, 100) for day, (percent, _) in days.items()},
            {day: held for day, (_, held) in days.items()},
        )
        for days in tickers
    ]
    # Months without any bar are no months.
    present = sorted({month_of(day) for days in tickers for day in days})
    months = {day: present.index(month_of(day)) for days in tickers for day in days}
    return np.array([float(e) for e in equity(sleeves, months, *costs)])


def fast(
    tickers: Sequence[Mapping[int, tuple[int, bool]]], costs: tuple[Fraction, Fraction]
) -> FloatArray:
    """Ask the parts."""
    times = [FIRST_DAY + DAY * np.array(sorted(days), np.int64) for days in tickers]
    parts = Parts(Calendar(union_of(times)), len(tickers))
    for number, (days, time) in enumerate(zip(tickers, times, strict=True)):
        told = [days[day] for day in sorted(days)]
        returns, held = np.array([p / 100 for p, _ in told]), np.array([h for _, h in told])
        parts.add(number, Sleeve(time, returns, held))
    return parts.equity(Costs(*map(float, costs)))[0]


@settings(deadline=None, max_examples=200)
@given(tickers=st.lists(DAYS, min_size=1, max_size=4), entering=COST, leaving=COST)
@example(tickers=[{0: (10, True), 40: (0, True)}, {45: (1, True)}], entering=ONE, leaving=ONE)
def test_equity_is_that_of_the_account_in_fractions(
    tickers: list[dict[int, tuple[int, bool]]], entering: Fraction, leaving: Fraction
) -> None:
    """Holes, late starts, early ends, positions and costs of any kind."""
    costs = entering, leaving

    assert slow(tickers, costs) == pytest.approx(fast(tickers, costs), rel=1e-9)


def ends(found: Portfolio) -> FloatArray:
    """Return equity at the last bar of each month."""
    return found.run.equity[Calendar(found.time).ends]


def test_one_ticker_is_the_pairs_own_run() -> None:
    """Nothing is ever bought or sold to make one part equal to itself."""
    prices = {"A": a_walk(500)}
    found = portfolio(sweep_many(prices, SPEC), prices, Pair(5, 14))
    row = next(row for row in sweep(prices["A"], SPEC).rows if row.pair == (5, 14))
    held = sweep(prices["A"], SPEC).buy_and_hold

    for figures, metrics in ((found.run.figures, row.metrics), (found.holding.figures, held)):
        assert figures.rebalancing_cost == pytest.approx(0.0, abs=1e-12)
        for name in ("total_return", "annualized_return", "sharpe", "sortino", "max_drawdown"):
            assert getattr(metrics, name) == pytest.approx(getattr(figures, name), rel=1e-9)


def test_without_costs_equal_parts_cost_nothing_and_with_them_something() -> None:
    """Holding two tickers: what one gained more than the other is sold and bought."""
    prices = {"A": a_walk(400, 1), "B": a_walk(400, 2)}
    free = replace(SPEC, fee_bps=0)
    without = portfolio(sweep_many(prices, free), prices).holding.figures
    with_fee = portfolio(sweep_many(prices, SPEC), prices).holding.figures

    assert without.rebalancing_cost == pytest.approx(0.0, abs=1e-12)
    assert 1e-5 < with_fee.rebalancing_cost < 1e-2
    assert with_fee.total_return < without.total_return


def later(bars: Bars, days: int) -> Bars:
    """Move a series in time."""
    return Bars(bars.time + days * DAY, bars.open, bars.high, bars.low, bars.close, bars.origin)


def test_a_tickers_part_is_cash_before_its_first_bar_and_keeps_its_value_after_its_last() -> None:
    """Members change by the month; the calendar is the union of all windows."""
    rising = bars_of([100.0 * 1.01**day for day in range(40)])
    late = later(bars_of([100.0] * 60), 36)
    spec = replace(SPEC, fast=(2, 2), slow=(3, 3), fee_bps=0)
    prices = {"EARLY": rising, "LATE": late}
    found = portfolio(sweep_many(prices, spec), prices, Pair(2, 3))
    holding = found.holding.equity

    # January: one member. February: LATE's half waits for its first bar on the 8th, and EARLY's
    # last bar is of the 9th. March: EARLY's half is sold and goes to LATE.
    january, february = Calendar(found.time).ends[:2]
    assert [1, 2, 1] == [int(found.members[i]) for i in (0, february, february + 1)]
    # Bought at the open of the first bar on which the lines exist, which is the close before.
    assert holding[january] == pytest.approx(1.01**29)
    grown = float(rising.close[-1] / rising.close[30])
    assert holding[-1] == pytest.approx(holding[january] * (1 + grown) / 2)
    assert holding[february] == pytest.approx(float(holding[-1]))


def test_prices_that_were_not_swept_are_refused() -> None:
    """A portfolio of other bars would be of another sweep."""
    prices = {"A": a_walk(300, 1), "B": a_walk(300, 2)}
    result = sweep_many(prices, SPEC)

    with pytest.raises(ValueError, match="those of B are not the ones"):
        portfolio(result, {**prices, "B": a_walk(300, 3)})
    with pytest.raises(ValueError, match="pair: none is ranked"):
        portfolio(sweep_many(prices, replace(SPEC, min_trades=999)), prices)


def test_bars_that_came_after_the_sweep_change_nothing() -> None:
    """The window is the sweep's."""
    whole = {"A": a_walk(330, 1), "B": a_walk(330, 2)}
    short = {name: bars.until(300) for name, bars in whole.items()}
    result = sweep_many(short, SPEC)

    assert portfolio(result, short).to_arrow().equals(portfolio(result, whole).to_arrow())


def test_tickers_of_different_calendars_share_the_union_of_their_bars() -> None:
    """A day that a ticker does not have changes its part by nothing."""
    daily = a_walk(300, 1)
    weekdays = np.flatnonzero((daily.time // DAY + 3) % 7 < 5)
    names = ("time", "open", "high", "low", "close")
    columns = {name: getattr(daily, name)[weekdays] for name in names}
    stock = Bars(**columns, origin=replace(daily.origin, calendar="nyse"))
    prices = {"COIN": daily, "STOCK": stock}
    found = portfolio(sweep_many(prices, SPEC), prices)

    assert set(np.diff(found.time)) == {DAY}
    assert found.periods_per_year == pytest.approx(365, rel=0.03)
    assert {"time", "equity", "drawdown", "holding", "holding_drawdown", "members"} == set(
        found.to_arrow().column_names
    )


def test_progress_counts_tickers_and_may_stop_it() -> None:
    """0 and all are told."""
    prices = {"A": a_walk(300, 1), "B": a_walk(300, 2)}
    told: list[tuple[int, int]] = []
    portfolio(sweep_many(prices, SPEC), prices, on_progress=lambda *news: told.append(news))

    assert [(0, 2), (1, 2), (2, 2)] == told


def test_ruin_stays_ruin() -> None:
    """Where every part is gone, nothing comes back, and no figure is NaN."""
    days: dict[int, tuple[int, bool]] = {
        0: (0, True),
        5: (-100, True),
        40: (30, True),
        70: (5, True),
    }
    found = fast([days, days], (ONE, Fraction(9, 10)))

    assert [1.0, 0.0, 0.0, 0.0] == found.tolist()
    assert all(later <= before for before, later in pairwise(found))

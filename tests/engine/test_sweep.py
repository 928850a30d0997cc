"""The engine against the naive account, and the promises of a whole sweep."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.plain import account
from tests.engine.plain.lines import latched
from tests.engine.series import DAY, FIRST_DAY, a_walk, bars_of
from tradingapi.engine import (
    Fill,
    InsufficientDataError,
    Strategy,
    SweepSpec,
    sweep,
)

SEEDS = SweepSpec(Strategy.SMA, fast=(10, 20), slow=(20, 30), step=5)


def test_the_seeds_example_has_8_pairs_of_9_combinations() -> None:
    """20/20 is requested and is not a pair."""
    result = sweep(a_walk(400), SEEDS)

    assert (9, 8) == (result.requested, len(result.rows))
    assert (20, 20) not in [row.pair for row in result.rows]


def test_rows_come_best_first_and_min_trades_hides_none_of_them() -> None:
    """The ranking flag is all that min_trades changes."""
    some = sweep(a_walk(1500), replace(SEEDS, min_trades=20))
    all_of_them = sweep(a_walk(1500), replace(SEEDS, min_trades=0))

    assert sorted((r.score for r in some.rows), reverse=True) == [r.score for r in some.rows]
    assert [r.metrics for r in some.rows] == [r.metrics for r in all_of_them.rows]
    assert {r.metrics.trades >= 20 for r in some.rows} == {r.qualified for r in some.rows}


def test_exactly_min_trades_is_enough() -> None:
    """The bound belongs to those that are ranked."""
    trades = [row.metrics.trades for row in sweep(a_walk(1500), SEEDS).rows]

    result = sweep(a_walk(1500), replace(SEEDS, min_trades=max(trades)))

    assert trades.count(max(trades)) == sum(row.qualified for row in result.rows)


def test_a_pairs_figures_do_not_depend_on_its_neighbors() -> None:
    """With warm-up before the window, 10/20 is the same alone and in a grid."""
    start = FIRST_DAY + 200 * DAY
    alone = SweepSpec(Strategy.EMA, fast=(10, 10), slow=(20, 20), step=5, start=start)
    among = replace(alone, fast=(5, 50), slow=(10, 150))

    (only,) = sweep(a_walk(600), alone).rows
    same = next(r for r in sweep(a_walk(600), among).rows if r.pair == only.pair)

    assert only.metrics == same.metrics


def test_the_window_waits_for_the_longest_line_and_says_so() -> None:
    """Without history before it, every pair is measured from the slowest line's first bar."""
    result = sweep(a_walk(100), SEEDS)

    assert (29, "warmup") == ((result.window_start - FIRST_DAY) // DAY, result.window_limited_by)
    assert 71 == result.window_bars


def test_the_window_is_the_last_ten_years_where_nothing_is_asked() -> None:
    """Older history only warms the lines up."""
    result = sweep(a_walk(5_000), SEEDS)

    assert (3_653, None) == (result.window_bars, result.window_limited_by)


def test_bars_after_the_end_change_nothing() -> None:
    """A window that ends early cannot see what comes later."""
    bars = a_walk(500)
    end = FIRST_DAY + 299 * DAY

    assert sweep(bars.until(300), SEEDS).rows == sweep(bars, replace(SEEDS, end=end)).rows


@pytest.mark.parametrize("bars", [1, 29, 30])
def test_too_short_a_history_is_refused_with_the_bars_it_needs(bars: int) -> None:
    """Two measured bars are the least."""
    with pytest.raises(InsufficientDataError, match=f"{bars} bars, at least"):
        sweep(a_walk(bars), SEEDS)


def test_progress_tells_nothing_and_everything_and_may_stop_the_sweep() -> None:
    """0 % and 100 % are always told; an exception from the callback ends the work."""
    told: list[tuple[int, int]] = []

    sweep(a_walk(200), SEEDS, lambda done, total: told.append((done, total)))

    assert [(done, 8) for done in range(9)] == told

    def stop(done: int, total: int) -> None:
        raise InterruptedError(f"{done} of {total}")

    with pytest.raises(InterruptedError, match="0 of 8"):
        sweep(a_walk(200), SEEDS, stop)


@pytest.mark.parametrize("strategy", [Strategy.SMA, Strategy.EMA, Strategy.MACD])
def test_a_constant_price_makes_no_trade(strategy: Strategy) -> None:
    """0.1 summed and divided again is not 0.1 to the last bit: that must not look like a cross."""
    rows = sweep(bars_of([0.1] * 400), replace(SEEDS, strategy=strategy)).rows

    assert {0} == {row.metrics.trades for row in rows}
    assert {"never_entered"} == {row.metrics.nulls["sharpe"] for row in rows}


def exact_states(cents: list[int], fast: int, slow: int) -> list[int]:
    """The latch on integer sums: sum_fast·slow against sum_slow·fast has no rounding."""
    apart = [
        math.nan
        if t + 1 < slow
        else float(
            sum(cents[t + 1 - fast : t + 1]) * slow - sum(cents[t + 1 - slow : t + 1]) * fast
        )
        for t in range(len(cents))
    ]
    return latched(apart, [0.0] * len(apart))


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), price=st.sampled_from([3, 40, 100, 1000, 8000]))
def test_trades_on_prices_in_cents_are_those_of_integer_arithmetic(seed: int, price: int) -> None:
    """Ties are frequent on coarse prices, and none of them is a cross."""
    random = np.random.default_rng(seed)
    cents = np.maximum(price + np.cumsum(random.integers(-1, 2, 250)), 1).tolist()
    spec = SweepSpec(Strategy.SMA, fast=(1, 9), slow=(2, 14), step=1, fill=Fill.SAME_CLOSE)
    bars = bars_of([c / 100 for c in cents])

    for row in sweep(bars, spec).rows:
        exact = account.run(bars, spec, exact_states(cents, *row.pair), 13)
        assert sum(trade.left is not None for trade in exact.trades) == row.metrics.trades
        assert exact.equity[-1] - 1 == pytest.approx(row.metrics.total_return, abs=1e-9)


def test_a_collapse_leaves_no_phantom_trades_behind() -> None:
    """From 80 to 0.0001: the old price's rounding does not decide about the new one."""
    rows = sweep(bars_of([80.0] * 100 + [1e-4] * 300), SEEDS).rows

    assert {0} == {row.metrics.trades for row in rows}
    assert all(row.metrics.open_trade is None for row in rows)


def test_buy_and_hold_is_measured_on_the_same_bars_with_one_entry() -> None:
    """It buys at the first open with costs and is still held at the end."""
    bars = a_walk(300)
    result = sweep(bars, SEEDS)
    paid = bars.open[result.window.first] * 1.001
    assert bars.close[-1] / paid - 1 == pytest.approx(result.buy_and_hold.total_return)
    assert 0 == result.buy_and_hold.trades
    assert result.buy_and_hold.open_trade is not None


def test_no_figure_of_a_wild_series_is_infinite() -> None:
    """Undefined figures are None with a reason."""
    close = [100.0, 400.0] * 30
    for row in sweep(bars_of(close), SweepSpec(Strategy.SMA, (1, 2), (2, 3), 1)).rows:
        for name in ("total_return", "annualized_return", "sharpe", "sortino", "profit_factor"):
            value = getattr(row.metrics, name)
            assert (value is None) == (name in row.metrics.nulls)
            assert value is None or math.isfinite(value)


def test_chosen_pairs_have_the_figures_of_the_whole_grid() -> None:
    """In any order, and twice is once."""
    start = FIRST_DAY + 100 * DAY
    whole = sweep(a_walk(400), replace(SEEDS, start=start))
    some = sweep(a_walk(400), replace(SEEDS, start=start), pairs=[(15, 30), (10, 20), (15, 30)])

    assert [(10, 20), (15, 30)] == list(some.grid.pairs)
    for index, pair in enumerate(some.grid.pairs):
        assert some.row(index) == whole.row(whole.grid.pairs.index(pair))


@pytest.mark.parametrize("pairs", [[], [(10, 31)], [(9, 20)], [(20, 20)]])
def test_pairs_outside_the_ranges_are_refused(pairs: list[tuple[int, int]]) -> None:
    """The ranges decide how long the lines are."""
    with pytest.raises(ValueError, match="pairs: "):
        sweep(a_walk(400), SEEDS, pairs=pairs)


def test_what_is_left_of_a_collapse_keeps_its_digits() -> None:
    """A fall to two millionths leaves a product, not a difference of two numbers near 1."""
    spec = SweepSpec(Strategy.SMA, (1, 1), (2, 2), 1, fill=Fill.SAME_CLOSE, fee_bps=0)
    close = [2.0, 1.0, 5e5, 6e5, 0.9, 0.8, 1e5, 6e10, 5e10, 4e10]

    (row,) = sweep(bars_of(close), spec).rows

    kept = (0.9 / 5e5) * (5e10 / 1e5)
    assert 1 + row.metrics.total_return == pytest.approx(kept, rel=1e-14)

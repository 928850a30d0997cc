"""Fills, positions and trades, by hand."""

from collections.abc import Sequence

import pytest

from tests.engine.series import DAY, FIRST_DAY, bars_of
from tradingapi.engine import Fill, StartState, Strategy, SweepSpec, sweep
from tradingapi.engine.metrics import Metrics

CROSS = SweepSpec(Strategy.SMA, fast=(1, 1), slow=(2, 2), step=1, fee_bps=0, min_trades=0)
"""Long while the close is above the close before it."""


def only(
    close: Sequence[float], opens: Sequence[float] | None = None, **options: object
) -> Metrics:
    """Sweep the one pair 1/2."""
    spec = SweepSpec(**{**CROSS.__dict__, **options})
    (row,) = sweep(bars_of(close, opens), spec).rows
    return row.metrics


def test_a_signal_is_filled_at_the_next_open() -> None:
    """Up on bar 2: bought at bar 3's open of 105; down on bar 4: sold at bar 5's open of 108."""
    close = [100, 90, 100, 110, 95, 95]
    opens = [100, 100, 90, 105, 110, 108]

    metrics = only(close, opens)

    assert 108 / 105 - 1 == pytest.approx(metrics.total_return)
    assert (1, 2.0, 2 * 86_400.0) == (
        metrics.trades,
        metrics.duration_bars,
        metrics.duration_seconds,
    )


def test_a_signal_can_be_filled_at_its_own_close() -> None:
    """Bought at bar 2's close of 100, sold at bar 4's close of 95."""
    metrics = only([100, 90, 100, 110, 95, 95], fill=Fill.SAME_CLOSE)

    assert 95 / 100 - 1 == pytest.approx(metrics.total_return)
    assert (0.0, 0.0) == (metrics.win_rate, metrics.profit_factor)


def test_fee_and_slippage_are_paid_on_both_sides() -> None:
    """1 % and 0.5 % a side, multiplied."""
    metrics = only([100, 90, 100, 110, 95, 95], fill=Fill.SAME_CLOSE, fee_bps=100, slippage_bps=50)

    assert 0.95 * (0.99 * 0.995) / (1.01 * 1.005) - 1 == pytest.approx(metrics.total_return)


def test_a_signal_on_the_last_bar_never_fills() -> None:
    """There is no next open."""
    metrics = only([100, 90, 80, 100])

    assert (0, 0.0, "never_entered") == (
        metrics.trades,
        metrics.total_return,
        metrics.nulls["sharpe"],
    )


def test_a_position_still_held_is_marked_and_is_not_a_trade() -> None:
    """Return, Sharpe and drawdown are defined; what needs a closed trade is not."""
    metrics = only([100, 90, 100, 120], opens=[100, 100, 90, 100])

    assert 0 == metrics.trades
    assert metrics.total_return == pytest.approx(0.2)
    assert metrics.sharpe is not None
    assert metrics.open_trade is not None
    assert FIRST_DAY + 3 * DAY == metrics.open_trade.entry_time
    assert metrics.open_trade.gain == pytest.approx(0.2)
    assert {"no_closed_trade"} == {
        metrics.nulls[name] for name in ("win_rate", "profit_factor", "duration_seconds")
    }


def test_a_position_held_before_the_window_is_carried_into_it() -> None:
    """It is bought at the window's first open; `fresh` waits for the next cross."""
    close = [100.0, 101, 102, 103, 104, 105, 106]
    start = FIRST_DAY + 4 * DAY

    carried = only(close, start=start)
    fresh = only(close, start=start, start_state=StartState.FRESH)

    assert 106 / 103 - 1 == pytest.approx(carried.total_return)
    assert "never_entered" == fresh.nulls["sharpe"]


def test_a_tie_keeps_the_state() -> None:
    """An unchanged close after a rise is no exit; after a fall it is no entry."""
    held = only([100, 90, 100, 100, 100, 110], fill=Fill.SAME_CLOSE)
    flat = only([100, 90, 90, 90, 90], fill=Fill.SAME_CLOSE)

    assert held.open_trade is not None
    assert held.total_return == pytest.approx(0.1)
    assert flat.open_trade is None

"""Break-even in closed form, the cost curve, and a bar of delay."""

from dataclasses import replace

import numpy as np
import pytest

from tests.honesty.markets import SMALL, bars_from, noise, study_of, trends, winner_of
from tradingapi.engine import Fill, SweepSpec
from tradingapi.engine.grid import Pair
from tradingapi.honesty.costs import CURVE_BPS, assumed, break_even, costs, delay, fills
from tradingapi.honesty.study import Study

PAIR = Pair(6, 12)


def grown_at(study: Study, fee_bps: float) -> float:
    """What 1 becomes at another fee, by the engine."""
    spec = replace(study.spec, fee_bps=fee_bps, slippage_bps=0.0)
    return float(np.prod(1 + study.engine.run(study.bars, spec, PAIR).returns))


def test_break_even_is_the_cost_at_which_nothing_is_left() -> None:
    """The engine, run at that cost, earns nothing."""
    study = study_of(trends(470, seed=3))
    exposure = study.engine.run(study.bars, study.spec, PAIR).exposure
    found = costs(study, PAIR)

    assert 0 == exposure[-1]
    assert found.break_even_bps is not None
    assert found.break_even_bps > 0
    assert grown_at(study, found.break_even_bps) == pytest.approx(1.0, abs=1e-9)


def test_a_position_still_held_has_paid_half_a_round_trip() -> None:
    """Then the closed form is off by less than the square of the cost."""
    study = study_of(trends(500, seed=3))
    found = costs(study, PAIR)

    assert 1 == study.engine.run(study.bars, study.spec, PAIR).exposure[-1]
    assert 0.5 == found.round_trips % 1
    assert found.break_even_bps is not None
    assert grown_at(study, found.break_even_bps) == pytest.approx(
        1.0, abs=(found.break_even_bps / 1e4) ** 2
    )


@pytest.mark.parametrize(("grown", "trips"), [(1.5, 10.0), (0.8, 3.5), (1.0, 2.0)])
def test_the_closed_form_is_that_of_the_law(grown: float, trips: float) -> None:
    """Q = G^(-1/N), c = (1 - q)/(1 + q), in basis points."""
    q = grown ** (-1 / trips)

    assert 1e4 * (1 - q) / (1 + q) == pytest.approx(break_even(grown, trips))


def test_a_pair_that_never_traded_has_no_break_even() -> None:
    """Any cost is fine, so none is named."""
    assert break_even(1.0, 0) is None


def test_a_pair_that_lost_everything_breaks_even_nowhere() -> None:
    """Not even if somebody paid the whole price for each trade."""
    assert -10_000.0 == break_even(0.0, 3)


def test_fee_and_slippage_are_one_cost() -> None:
    """Without slippage it is the fee; with both, a round trip costs the same."""
    assert assumed(10.0, 0.0) == pytest.approx(10.0)
    cost = assumed(10.0, 5.0) / 1e4
    kept = 0.999 * 0.9995 / (1.001 * 1.0005)
    assert (1 - cost) / (1 + cost) == pytest.approx(kept, rel=1e-12)


def test_the_curve_falls_with_the_cost() -> None:
    """At each cost it is the engine's own result."""
    study = study_of(trends(470, seed=3))
    curve = costs(study, PAIR).curve

    assert list(CURVE_BPS) == [point.cost_bps for point in curve]
    returns = [point.total_return for point in curve]
    assert returns == sorted(returns, reverse=True)
    assert grown_at(study, 20.0) - 1 == pytest.approx(curve[5].total_return)


def test_fills_are_changes_of_the_position() -> None:
    """Bought before the first bar's end, sold, bought again: three."""
    assert 3 == fills(np.array([1, 1, 0, 0, 1]))
    assert 0 == fills(np.zeros(4, dtype=np.int64))


@pytest.mark.parametrize("fill", Fill)
def test_a_bar_of_delay_is_the_same_signals_a_bar_later(fill: Fill) -> None:
    """Held on a bar when it would have been held on the bar before."""
    study = study_of(noise(300), replace(SMALL, fill=fill))
    own, late = (
        study.engine.run(study.bars, study.spec, PAIR, delay=bars).exposure for bars in (0, 1)
    )

    np.testing.assert_array_equal(own[:-1], late[1:])


def test_a_slow_edge_survives_a_bar_of_delay() -> None:
    """The share that is lost is 1 - delayed / own."""
    study = study_of(trends())
    found = delay(study, study.surface.pair(winner_of(study)))

    assert found.sharpe is not None
    assert found.delayed_sharpe is not None
    assert 1 - found.delayed_sharpe / found.sharpe == pytest.approx(found.share_lost)
    assert found.share_lost is not None
    assert found.share_lost < 0.3


def test_a_losing_pair_has_no_share_to_lose() -> None:
    """A share of a negative ratio means nothing."""
    falling = bars_from(100 * np.exp(-0.003 * np.arange(300) + 0.02 * np.sin(np.arange(300) / 3)))
    study = study_of(falling, SweepSpec(**{**SMALL.__dict__, "fee_bps": 300.0}))

    assert delay(study, PAIR).share_lost is None

"""The engine behind the checks gives the figures that the sweep gave."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.honesty.markets import DAY, FIRST_DAY, SMALL, noise, study_of
from tradingapi.engine import Bars, Direction, Fill, ShortSale, StartState, Strategy, SweepSpec
from tradingapi.honesty.by_engine import SweepEngine, window_of
from tradingapi.honesty.overfitting import edges
from tradingapi.honesty.ratios import sharpe
from tradingapi.honesty.study import Study

SPECS = [
    replace(SMALL, strategy=strategy, fill=fill, start_state=state, risk_free_rate=0.02)
    for strategy in Strategy
    for fill in Fill
    for state in StartState
] + [
    replace(SMALL, start=FIRST_DAY + 60 * DAY, end=FIRST_DAY + 200 * DAY),
    replace(SMALL, direction=Direction.SHORT),
    replace(SMALL, direction=Direction.BOTH),
    replace(SMALL, direction=Direction.SHORT, short_sale=ShortSale.CONSTANT_SHARES),
    replace(SMALL, stop_loss=0.02, take_profit=0.05),
    replace(SMALL, direction=Direction.BOTH, stop_loss=0.02),
    SweepSpec(Strategy.RSI, (30, 50), (45, 70), 5, min_trades=1, rsi_period=5),
]


@pytest.mark.parametrize("spec", SPECS)
def test_a_pairs_run_has_the_figures_of_its_row(spec: SweepSpec) -> None:
    """Sharpe, annualized return and closed trades, for every pair."""
    study = study_of(noise(250), spec)
    for index in range(len(study.surface)):
        run = study.engine.run(study.bars, study.spec, study.surface.pair(index))
        ratio = sharpe(run.returns, study.risk_free, study.per_year)
        expected = study.surface.sharpe[index]
        assert (ratio is None) == math.isnan(expected)
        assert ratio is None or ratio == pytest.approx(expected)
        grown = float(np.prod(1 + run.returns)) ** (study.per_year / study.size) - 1
        assert grown == pytest.approx(study.surface.annualized[index])
        if spec.stop_loss is None and spec.direction is Direction.LONG:
            closed = int((np.diff(run.exposure) == -1).sum())
            assert closed == study.surface.trades[index]


@pytest.mark.parametrize("spec", SPECS)
def test_block_sums_are_those_of_the_runs(spec: SweepSpec) -> None:
    """Every pair, every block, whatever way the engine takes to add them up."""
    assert_sums_agree(study_of(noise(250), spec))


def test_one_wild_bar_does_not_blur_the_sums_of_the_others() -> None:
    """A jump of a hundred thousand adds 1e10 to squares of which the rest is 1e-4."""
    calm = noise(300)
    jump = np.where(np.arange(300) >= 40, 1e5, 1.0)
    columns = {name: getattr(calm, name) * jump for name in ("open", "high", "low", "close")}
    assert_sums_agree(study_of(Bars(time=calm.time, origin=calm.origin, **columns)))


def assert_sums_agree(study: Study) -> None:
    """Compare with the runs, bar by bar."""
    cuts = edges(study.size, 10)
    sums = study.engine.block_sums(study.bars, study.spec, cuts)
    for index in range(len(study.surface)):
        run = study.engine.run(study.bars, study.spec, study.surface.pair(index))
        excess = run.returns - study.risk_free
        expected = np.add.reduceat(excess, cuts[:-1])
        squares = np.add.reduceat(excess * excess, cuts[:-1])
        np.testing.assert_allclose(sums.total[index], expected, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(sums.squares[index], squares, rtol=1e-8, atol=1e-15)
    assert study.size == sums.bars.sum()


def test_a_surface_is_ordered_by_fast_and_slow() -> None:
    """So that figures of two questions stand at the same index."""
    surface = study_of(noise(250)).surface
    pairs = list(zip(surface.fast.tolist(), surface.slow.tolist(), strict=True))

    assert sorted(pairs) == pairs
    assert 12 == len(pairs)


def test_a_question_about_one_pair_needs_a_window() -> None:
    """Which bars are meant would else depend on the grid."""
    with pytest.raises(ValueError, match="start, end"):
        window_of(noise(100), SMALL)


def test_holding_begins_at_the_windows_first_fill() -> None:
    """At the open, with costs, to the last close."""
    study = study_of(noise(100))
    returns = SweepEngine().hold(study.bars, study.spec).returns
    paid = study.bars.open[study.first] * 1.001

    assert np.prod(1 + returns) == pytest.approx(study.bars.close[study.stop - 1] / paid)

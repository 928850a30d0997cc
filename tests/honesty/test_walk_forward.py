"""Walk-forward: no look ahead, every change of pair paid, nothing chosen on too little."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from typing_extensions import override

from tests.honesty.markets import SMALL, altered, noise, study_of, trends
from tradingapi.engine import Bars, Fill, SweepSpec
from tradingapi.engine.grid import Pair
from tradingapi.honesty.backtester import Surface
from tradingapi.honesty.by_engine import SweepEngine
from tradingapi.honesty.study import Study
from tradingapi.honesty.walk_forward import (
    Training,
    WalkForward,
    scaled_trades,
    walk_forward,
)
from tradingapi.honesty.watch import Watch

COSTLY = replace(SMALL, fee_bps=50.0, slippage_bps=10.0)


def walked(study: Study, training: Training = Training.ANCHORED) -> WalkForward:
    """Walk, and expect a result."""
    found = walk_forward(study, training, Watch(1, None, None))
    assert found is not None
    return found


def pairs_of(found: WalkForward) -> list[tuple[int | None, int | None]]:
    """List the choices."""
    return [(fold.fast, fold.slow) for fold in found.folds]


class Told(SweepEngine):
    """An engine whose training chooses what it is told, in turn."""

    def __init__(self, choices: list[Pair | None]) -> None:
        super().__init__()
        self._choices = iter(choices)

    @override
    def surface(self, bars: Bars, spec: SweepSpec) -> Surface:
        """Give the next choice the highest score; None: too few trades everywhere."""
        plain = super().surface(bars, spec)
        choice = next(self._choices)
        if choice is None:
            return replace(plain, trades=np.zeros(len(plain), dtype=np.int64))
        wanted = (plain.fast == choice.fast) & (plain.slow == choice.slow)
        return replace(plain, score=wanted * 1.0, trades=np.full(len(plain), 1_000))


def account(
    bars: Bars, spec: SweepSpec, plan: NDArray[np.int64], states: NDArray[np.bool_]
) -> list[float]:
    """Trade with cash and shares: `plan` names the pair of each bar, -1 for none."""
    buy = (1 + spec.fee_bps / 1e4) * (1 + spec.slippage_bps / 1e4)
    sell = (1 - spec.fee_bps / 1e4) * (1 - spec.slippage_bps / 1e4)
    first = len(bars) - plan.size
    late = 1 if spec.fill is Fill.NEXT_OPEN else 0
    prices = bars.open if late else bars.close
    cash, shares, holder, equity = 1.0, 0.0, -1, []
    for t in range(first, len(bars)):
        now = int(plan[t - first])
        price = float(prices[t])
        wanted = now >= 0 and bool(states[now, t - late])
        if shares and (holder != now or not wanted):
            cash, shares = shares * price * sell, 0.0
        if wanted and not shares:
            cash, shares, holder = 0.0, cash / (price * buy), now
        equity.append(cash + shares * float(bars.close[t]))
    return equity


def sma_states(bars: Bars, pairs: list[Pair]) -> NDArray[np.bool_]:
    """Say after each bar whether the fast mean is above the slow one."""
    states = np.zeros((len(pairs), len(bars)), dtype=np.bool_)
    for row, (fast, slow) in enumerate(pairs):
        for t in range(slow - 1, len(bars)):
            window = bars.close[: t + 1]
            states[row, t] = window[-fast:].mean() > window[-slow:].mean()
    return states


@pytest.mark.parametrize("fill", Fill)
def test_every_change_of_pair_is_paid_and_every_stay_is_not(fill: Fill) -> None:
    """Against an account of cash and shares: stay, change, stay flat for a fold, come back."""
    pairs = [Pair(3, 6), Pair(9, 18)]
    order = [0, 0, 1, -1, 0]
    bars, spec = noise(300, 4), replace(COSTLY, fill=fill)
    study = study_of(bars, spec, Told([pairs[p] if p >= 0 else None for p in order]))
    found = walked(study)

    plan = np.repeat(order, found.folds[0].test_bars)
    equity = account(bars, spec, plan, sma_states(bars, pairs))
    assert equity[-1] - 1 == pytest.approx(found.total_return, rel=1e-9)
    returns = np.diff(equity, prepend=1.0) / np.concatenate(([1.0], equity[:-1]))
    assert returns.mean() / returns.std(ddof=1) * np.sqrt(365) == pytest.approx(found.sharpe)
    peak = np.maximum.accumulate(np.maximum(equity, 1.0))
    assert (1 - np.array(equity) / peak).max() == pytest.approx(found.max_drawdown)
    assert np.prod([1 + fold.test_return for fold in found.folds]) == pytest.approx(equity[-1])
    assert 1 == found.folds_without_selection
    assert (None, None) == (found.folds[3].fast, found.folds[3].train_annualized)


@pytest.mark.parametrize("training", Training)
@pytest.mark.parametrize("fold", range(5))
def test_bars_after_a_training_window_do_not_change_its_choice(
    training: Training, fold: int
) -> None:
    """All of them are replaced, and the choices up to there stay."""
    bars = trends(500)
    study = study_of(bars)
    before = walked(study, training)
    start = int(np.searchsorted(bars.time, before.folds[fold].test_start))
    changed = altered(bars, start)
    after = walked(replace(study, bars=changed), training)

    assert (bars.close[start:] != changed.close[start:]).all()
    assert pairs_of(before)[: fold + 1] == pairs_of(after)[: fold + 1]
    assert before.folds[fold].train_annualized == after.folds[fold].train_annualized


def test_folds_follow_each_other_to_the_windows_end() -> None:
    """Five of them over the last 60 %, equally long, each trained on all that is before it."""
    study = study_of(noise(417))
    found = walked(study)
    length = study.size * 6 // 10 // 5
    starts = [int(np.searchsorted(study.bars.time, fold.test_start)) for fold in found.folds]

    assert [study.stop - k * length for k in (5, 4, 3, 2, 1)] == starts
    assert {length} == {fold.test_bars for fold in found.folds}
    assert [start - study.first for start in starts] == [fold.train_bars for fold in found.folds]


def test_a_rolling_window_is_three_folds_long() -> None:
    """What is older is forgotten."""
    found = walked(study_of(noise(417)), Training.ROLLING)

    assert {3 * found.folds[0].test_bars} == {fold.train_bars for fold in found.folds}


def test_a_choice_is_that_of_a_sweep_on_the_training_bars_alone() -> None:
    """On bars that end where the training ends, and by scaled min_trades."""
    bars = trends(500)
    study = study_of(bars)
    fold = walked(study).folds[2]
    stop = int(np.searchsorted(bars.time, fold.test_start))
    spec = replace(study.spec, end=None, start=fold.train_start)
    surface = study.engine.surface(bars.until(stop), spec)
    best = surface.best(fold.min_trades)

    assert best is not None
    assert (fold.fast, fold.slow) == surface.pair(best)
    assert surface.annualized[best] == fold.train_annualized


@pytest.mark.parametrize(
    ("needed", "part", "expected"), [(50, 400, 20), (50, 401, 21), (50, 10, 5), (0, 1000, 5)]
)
def test_min_trades_shrink_with_the_training_window(needed: int, part: int, expected: int) -> None:
    """In proportion, rounded up, and never below five."""
    assert expected == scaled_trades(needed, part, 1_000)


def test_nothing_chosen_is_flat_and_has_no_efficiency() -> None:
    """A market where no pair trades enough."""
    study = study_of(noise(400), replace(SMALL, min_trades=400))
    found = walked(study)

    assert (5, 0.0, None, None) == (
        found.folds_without_selection,
        found.total_return,
        found.sharpe,
        found.efficiency,
    )


def test_efficiency_compares_the_folds_with_their_training() -> None:
    """Annualized return of the folds / mean of the trainings'."""
    found = walked(study_of(trends(600)))
    trained = [f.train_annualized for f in found.folds if f.train_annualized is not None]

    assert found.annualized_return is not None
    assert found.efficiency == pytest.approx(found.annualized_return / np.mean(trained))
    bars = sum(fold.test_bars for fold in found.folds)
    grown = (1 + found.total_return) ** (365 / bars) - 1
    assert grown == pytest.approx(found.annualized_return)


def test_holding_is_measured_on_the_same_bars() -> None:
    """Bought at the first fold's first open, with costs."""
    bars = noise(400)
    found = walked(study_of(bars, COSTLY))
    first = int(np.searchsorted(bars.time, found.folds[0].test_start))

    expected = bars.close[-1] / bars.open[first] / (1.005 * 1.001) - 1
    assert expected == pytest.approx(found.holding_return)


def test_a_short_window_has_no_walk_forward() -> None:
    """A fold of fewer than 20 bars says nothing."""
    assert walk_forward(study_of(noise(150)), Training.ANCHORED, Watch(1, None, None)) is None

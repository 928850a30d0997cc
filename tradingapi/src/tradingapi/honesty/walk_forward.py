"""Would choosing by the past have worked? Walk-forward over the last 60 % of the window.

Five folds of equal length follow each other. Before each of them the grid is searched on the bars
before it and nothing else, and the pair that it chooses trades the fold (Pardo, *The Evaluation
and Optimization of Trading Strategies*, 2008). The folds in a row are what a follower of the
method would have earned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final

import numpy as np

from tradingapi.engine import Fill, StartState
from tradingapi.engine.bars import FloatArray
from tradingapi.engine.grid import Choice
from tradingapi.honesty.costs import BASIS_POINT
from tradingapi.honesty.ratios import annualized, finite, growth, max_drawdown, sharpe
from tradingapi.honesty.study import Study
from tradingapi.honesty.watch import Watch

FOLDS: Final = 5
TESTED_TENTHS: Final = 6
"""The folds cover the last six tenths of the window."""

ROLLING_FOLDS: Final = 3
"""Length of a rolling training window, in folds."""

FEWEST_TRADES: Final = 5
"""A choice on fewer closed trades is none."""

FEWEST_BARS: Final = 20
"""In a fold; a shorter window has no walk-forward."""


class Training(StrEnum):
    """On which bars before a fold the pair is chosen."""

    ANCHORED = "anchored"
    """All of the window's."""
    ROLLING = "rolling"
    """Those of the last three folds."""


@dataclass(frozen=True)
class Fold:
    """One choice and what it came to. Times are of first bars, in UTC nanoseconds."""

    train_start: int
    train_bars: int
    test_start: int
    test_bars: int
    min_trades: int
    """Scaled to the training bars, rounded up, at least 5."""
    fast: int | None
    slow: int | None
    """None: no pair had enough trades, and the fold stays flat."""
    train_annualized: float | None
    test_return: float


@dataclass(frozen=True)
class WalkForward:
    """The folds in a row, costs of changing the pair included."""

    training: str
    folds: tuple[Fold, ...]
    folds_without_selection: int
    total_return: float
    annualized_return: float | None
    sharpe: float | None
    max_drawdown: float
    holding_return: float
    holding_sharpe: float | None
    """Holding the ticker over the same bars."""
    efficiency: float | None
    """WFE: annualized return of the folds / mean annualized return in training. None where that
    mean is not positive or nothing was chosen."""


@dataclass(frozen=True)
class _Choice:
    train: int
    first: int
    stop: int
    min_trades: int
    pair: Choice | None
    annualized: float | None


def walk_forward(study: Study, training: Training, watch: Watch) -> WalkForward | None:
    """Walk through the window; None where a fold would have fewer than 20 bars."""
    length = study.size * TESTED_TENTHS // 10 // FOLDS
    if length < FEWEST_BARS:
        return None
    starts = [study.stop - (FOLDS - fold) * length for fold in range(FOLDS)]
    choices = []
    for start in starts:
        watch.step("walk-forward")
        choices.append(_choose(study, training, start, length))
    factors = _chain(study, choices)
    return _summary(study, training, choices, factors)


def scaled_trades(min_trades: int, part: int, whole: int) -> int:
    """Return min_trades for a part of the window, rounded up, at least 5."""
    return max(-(-min_trades * part // whole), FEWEST_TRADES)


def _choose(study: Study, training: Training, start: int, length: int) -> _Choice:
    """Search the grid on the bars before `start`."""
    train = study.first if training is Training.ANCHORED else start - ROLLING_FOLDS * length
    needed = scaled_trades(study.spec.min_trades, start - train, study.size)
    spec = replace(study.within(train, start), min_trades=needed, start_state=StartState.CARRY)
    surface = study.engine.surface(study.bars, spec)
    best = surface.best(needed)
    if best is None:
        return _Choice(train, start, start + length, needed, None, None)
    gain = finite(surface.annualized[best])
    return _Choice(train, start, start + length, needed, surface.pair(best), gain)


def _chain(study: Study, choices: Sequence[_Choice]) -> FloatArray:
    """Return what equity is multiplied by on each bar of the folds.

    While the pair stays the same its position is carried over. Where it changes, the old position
    is sold at the new fold's first fill, and the new pair buys there what it would hold: both pay.
    """
    origin = choices[0].first
    factor = np.ones(choices[-1].stop - origin)
    for pair, same in groupby(choices, key=lambda choice: choice.pair):
        part = list(same)
        first, stop = part[0].first, part[-1].stop
        if pair is None:
            continue
        spec = replace(study.within(first, stop), start_state=StartState.CARRY)
        run = study.engine.run(study.bars, spec, pair)
        factor[first - origin : stop - origin] *= 1 + run.returns
        if stop < choices[-1].stop:
            factor[stop - origin] *= _leaving(study, stop, int(run.exposure[-1]))
    return factor


def _leaving(study: Study, bar: int, side: int) -> float:
    """Return what equity is multiplied by where a position is closed at a bar's fill."""
    if side == 0:
        return 1.0
    price = study.bars.open if study.spec.fill is Fill.NEXT_OPEN else study.bars.close
    kept = (1 - study.spec.fee_bps * BASIS_POINT) * (1 - study.spec.slippage_bps * BASIS_POINT)
    return (1 + side * float(price[bar] / study.bars.close[bar - 1] - 1)) * kept


def _summary(
    study: Study, training: Training, choices: Sequence[_Choice], factor: FloatArray
) -> WalkForward:
    equity: FloatArray = np.multiply.accumulate(factor)
    origin, stop = choices[0].first, choices[-1].stop
    held = study.engine.hold(study.bars, study.within(origin, stop)).returns
    gain = annualized(float(equity[-1]), factor.size, study.per_year)
    return WalkForward(
        training=training.value,
        folds=tuple(_folds(study, choices, factor)),
        folds_without_selection=sum(choice.pair is None for choice in choices),
        total_return=float(equity[-1]) - 1,
        annualized_return=gain,
        sharpe=sharpe(factor - 1, study.risk_free, study.per_year),
        max_drawdown=max_drawdown(equity),
        holding_return=growth(held) - 1,
        holding_sharpe=sharpe(held, study.risk_free, study.per_year),
        efficiency=_efficiency(gain, choices),
    )


def _folds(study: Study, choices: Sequence[_Choice], factor: FloatArray) -> Iterator[Fold]:
    origin, time = choices[0].first, study.bars.time
    for choice in choices:
        grown = growth(factor[choice.first - origin : choice.stop - origin] - 1)
        yield Fold(
            train_start=int(time[choice.train]),
            train_bars=choice.first - choice.train,
            test_start=int(time[choice.first]),
            test_bars=choice.stop - choice.first,
            min_trades=choice.min_trades,
            fast=None if choice.pair is None else choice.pair.fast,
            slow=None if choice.pair is None else choice.pair.slow,
            train_annualized=choice.annualized,
            test_return=grown - 1,
        )


def _efficiency(gain: float | None, choices: Sequence[_Choice]) -> float | None:
    trained = [choice.annualized for choice in choices if choice.annualized is not None]
    if gain is None or not trained:
        return None
    mean = sum(trained) / len(trained)
    return gain / mean if mean > 0 else None

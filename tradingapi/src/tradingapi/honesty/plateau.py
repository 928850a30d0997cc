"""Is the winner a peak or a plateau? Its neighbors, and what holding all of them would earn.

A pair whose neighbors are as good was not chosen for its noise. How near is near follows the
periods (10 % of them) and not the grid: at step 1 the eight pairs around 110/115 are nearly the
same rule, and agree with it whatever it is worth.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tradingapi.engine.bars import BoolArray, IntArray
from tradingapi.honesty.backtester import Surface
from tradingapi.honesty.ratios import annualized, max_drawdown, returns_of, sharpe
from tradingapi.honesty.study import Study

FEWEST_NEIGHBORS: Final = 5
"""A median of fewer says nothing."""


@dataclass(frozen=True)
class Plateau:
    """The neighbors' scores against the winner's."""

    neighbors: int
    """Pairs with both periods within 10 %, or one step where that is more; not the pair itself."""
    median_to_own: float | None
    """Median score / own score; None under 5 neighbors or where the own score is not positive."""
    lowest: float | None
    """The worst neighbor's score; None under 5 neighbors."""
    on_grid_edge: bool
    """Whether a period is the smallest or largest tested: the best may lie outside. An axis with
    one value has no edge."""


@dataclass(frozen=True)
class Ensemble:
    """Equal money in the winner and in each neighbor at the start, never moved between them."""

    pairs: int
    total_return: float
    annualized_return: float | None
    sharpe: float | None
    max_drawdown: float
    """Like the return a fraction, and positive."""


def survey(study: Study, winner: int) -> Plateau:
    """Look at the pairs around the winner."""
    surface = study.surface
    near = surface.score[neighbors(surface, winner, *steps_of(study))]
    own = float(surface.score[winner])
    enough = near.size >= FEWEST_NEIGHBORS
    return Plateau(
        neighbors=near.size,
        median_to_own=float(np.median(near)) / own if enough and own > 0 else None,
        lowest=float(near.min()) if enough else None,
        on_grid_edge=any(
            _at_end(axis, winner)
            for axis in (surface.fast, surface.slow, surface.signal)
            if axis is not None
        ),
    )


def neighbors(surface: Surface, index: int, step: int, signal_step: int = 1) -> BoolArray:
    """Mark what is around one combination: |Δ| <= max(10 % of a period, one step) on each axis."""
    axes = [(surface.fast, step), (surface.slow, step)]
    if surface.signal is not None:
        axes.append((surface.signal, signal_step))
    around: BoolArray = np.ones(len(surface), dtype=np.bool_)
    for axis, one in axes:
        # In whole numbers: 0.1 · 30 is a little more than 3.
        around &= 10 * np.abs(axis - axis[index]) <= max(int(axis[index]), 10 * one)
    around[index] = False
    return around


def steps_of(study: Study) -> tuple[int, int]:
    """Return how far apart the periods of the grid are, and those of its signal line."""
    return study.spec.step, study.spec.signal_step


def ensemble(study: Study, winner: int) -> Ensemble:
    """Follow the winner and its neighbors side by side: equity is the mean of their equities."""
    members = neighbors(study.surface, winner, *steps_of(study))
    members[winner] = True
    equity = np.zeros(study.size)
    for index in np.flatnonzero(members):
        run = study.engine.run(study.bars, study.spec, study.surface.pair(int(index)))
        equity += np.cumprod(1 + run.returns)
    equity /= int(members.sum())
    returns = returns_of(equity)
    return Ensemble(
        pairs=int(members.sum()),
        total_return=float(equity[-1]) - 1,
        annualized_return=annualized(float(equity[-1]), study.size, study.per_year),
        sharpe=sharpe(returns, study.risk_free, study.per_year),
        max_drawdown=max_drawdown(equity),
    )


def _at_end(axis: IntArray, index: int) -> bool:
    low, high = int(axis.min()), int(axis.max())
    return low < high and int(axis[index]) in {low, high}

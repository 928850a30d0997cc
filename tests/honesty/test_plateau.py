"""Neighbors, the edge, and the plateau as one portfolio."""

from dataclasses import replace

import numpy as np
import pytest

from tests.honesty.markets import noise, study_of
from tradingapi.engine import Strategy, SweepSpec
from tradingapi.honesty.backtester import Surface
from tradingapi.honesty.plateau import ensemble, neighbors, survey
from tradingapi.honesty.study import Study

GRID = SweepSpec(Strategy.SMA, (5, 40), (10, 60), 5, min_trades=1)
STUDY = study_of(noise(300), GRID)


def at(surface: Surface, fast: int, slow: int) -> int:
    """Find a pair."""
    return int(np.flatnonzero((surface.fast == fast) & (surface.slow == slow))[0])


def scored(scores: dict[tuple[int, int], float], other: float = 0.0) -> Study:
    """Give some pairs a score."""
    surface = STUDY.surface
    pairs = zip(surface.fast.tolist(), surface.slow.tolist(), strict=True)
    score = np.array([scores.get(pair, other) for pair in pairs])
    return replace(STUDY, surface=replace(surface, score=score))


def test_neighbors_are_one_step_away_where_ten_percent_is_less() -> None:
    """20/40 at step 5: fast 15..25, slow 35..45."""
    surface = STUDY.surface
    near = neighbors(surface, at(surface, 20, 40), 5)
    found = {surface.pair(int(index)) for index in np.flatnonzero(near)}

    assert {(f, s) for f in (15, 20, 25) for s in (35, 40, 45)} - {(20, 40)} == found


@pytest.mark.parametrize(("fast", "reach"), [(29, 2), (30, 3), (100, 10), (7, 1)])
def test_neighbors_are_ten_percent_away_where_a_step_is_less(fast: int, reach: int) -> None:
    """In whole numbers: 27..33 around 30, and 33 is in."""
    fasts = np.arange(1, 200)
    empty = np.zeros(fasts.size)
    surface = Surface(fasts, np.full(fasts.size, 300), empty, empty, empty, fasts)
    found = fasts[neighbors(surface, fast - 1, 1)]

    assert [*range(fast - reach, fast), *range(fast + 1, fast + reach + 1)] == found.tolist()


def test_a_plateau_is_the_median_of_the_neighbors_over_the_own_score() -> None:
    """Eight neighbors from 0.1 to 0.8 around 1.0: the median is 0.45."""
    around = [(f, s) for f in (15, 20, 25) for s in (35, 40, 45) if (f, s) != (20, 40)]
    scores = {pair: (k + 1) / 10 for k, pair in enumerate(around)}
    study = scored({**scores, (20, 40): 2.0})
    found = survey(study, at(study.surface, 20, 40))

    assert (8, False) == (found.neighbors, found.on_grid_edge)
    assert found.median_to_own == pytest.approx(0.225)
    assert 0.1 == found.lowest


def test_a_corner_has_too_few_neighbors() -> None:
    """Under five there is no median, and the corner is an edge."""
    study = scored({}, other=1.0)
    found = survey(study, at(study.surface, 5, 60))

    assert (3, None, None, True) == (
        found.neighbors,
        found.median_to_own,
        found.lowest,
        found.on_grid_edge,
    )


def test_a_score_that_is_not_positive_has_no_plateau() -> None:
    """A share of a loss means nothing."""
    study = scored({(20, 40): -0.5}, other=-1.0)

    assert survey(study, at(study.surface, 20, 40)).median_to_own is None


def test_an_axis_with_one_value_has_no_edge() -> None:
    """It was fixed on purpose."""
    study = study_of(noise(300), SweepSpec(Strategy.SMA, (5, 5), (10, 30), 5, min_trades=1))

    assert survey(study, at(study.surface, 5, 20)).on_grid_edge is False
    assert survey(study, at(study.surface, 5, 30)).on_grid_edge is True


def test_the_ensemble_is_the_mean_of_the_members_equities() -> None:
    """Equal money at the start, nothing moved, costs as each member pays them."""
    winner = at(STUDY.surface, 20, 40)
    found = ensemble(STUDY, winner)
    members = [winner, *np.flatnonzero(neighbors(STUDY.surface, winner, 5)).tolist()]
    runs = [STUDY.engine.run(STUDY.bars, STUDY.spec, STUDY.surface.pair(m)) for m in members]
    equity = np.mean([np.cumprod(1 + run.returns) for run in runs], axis=0)
    returns = equity / np.concatenate(([1.0], equity[:-1])) - 1
    peak = np.maximum.accumulate(np.maximum(equity, 1.0))

    assert 9 == found.pairs
    assert equity[-1] - 1 == pytest.approx(found.total_return)
    assert returns.mean() / returns.std(ddof=1) * np.sqrt(365) == pytest.approx(found.sharpe)
    assert (1 - equity / peak).max() == pytest.approx(found.max_drawdown)

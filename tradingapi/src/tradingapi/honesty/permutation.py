"""The permutation test of the whole search: how good is the best pair where there is no skill?

The grid is searched again on permutations of the window's bars. They have the market's drift,
its volatility and its gaps, and holding earns the same on each of them; what they do not have is
an order that a rule could know. So the best pair of a permutation is what the search finds by
luck, drift included.

Source: the Monte Carlo permutation test of Masters, *Permutation and Randomization Tests for
Trading System Development* (2020); (1 + count) / (M + 1) from Phipson and Smyth (2010), by which a
p-value is never 0. Its null is that the order of bars carries no information: regimes and
volatility that comes in clusters are destroyed with it, which permutations of blocks keep in part.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from tradingapi.engine.bars import FloatArray
from tradingapi.honesty.backtester import Surface
from tradingapi.honesty.ratios import finite
from tradingapi.honesty.shuffling import Shuffler
from tradingapi.honesty.study import Study
from tradingapi.honesty.watch import Watch

SMALL_GRID: Final = 2_000
"""Up to so many pairs a search is repeated 999 times."""

FULL_GRID: Final = 250_000
"""Up to so many 99 times, and above 19 times: enough for a p-value of .05, and for none below."""

ROUNDING: Final = 1e-9
"""A permuted best that is less by no more than rounding (relative, at least absolute) is not less:
where a permutation changes nothing, the test must not find anything."""


@dataclass(frozen=True)
class Permutation:
    """p = (1 + #{max* >= max}) / (M + 1), by the objective and the min_trades of the search."""

    p_value: float
    permutations: int
    """M."""
    block_bars: int
    """1: single bars were moved."""
    seed: int
    objective: str
    observed: float
    """The best score of the real search."""
    at_least_observed: int
    """Permutations whose best score is at least that."""
    without_result: int
    """Permutations in which no pair reached min_trades; they count as less."""
    null_mean_score: float | None
    null_score_95: float | None
    """Mean and 95 % quantile of the permutations' best scores."""
    null_mean_sharpe: float | None
    null_sharpe_95: float | None
    """The same of the chosen pairs' Sharpe ratios."""


class Draw(NamedTuple):
    """What one permutation's search found. NaN: no pair qualified."""

    score: float
    """Of the pair that it would choose."""
    sharpe: float
    """Of the same pair."""
    max_sharpe: float
    """The largest among the pairs that qualified."""
    sharpes: int
    """Pairs that qualified and have a Sharpe ratio."""
    total: float
    squares: float
    """Sums of their Sharpe ratios and of the squares."""


def permutations_for(pairs: int) -> int:
    """Return M: 999 for a small grid, 99 for a full one, 19 for one with a third period."""
    if pairs <= SMALL_GRID:
        return 999
    return 99 if pairs <= FULL_GRID else 19


def search_permuted(
    study: Study, *, count: int, block: int, seed: int, threads: int, watch: Watch
) -> tuple[Draw, ...]:
    """Search the grid on `count` permutations. The answer does not depend on `threads`.

    Raises:
        BadBarsError: A permutation leaves the range of prices.
        ReportCancelledError: The report is no longer wanted.
    """
    shuffler = Shuffler(study, seed, block)

    def search(index: int) -> Draw:
        # Not only where progress is told: threads run ahead of it.
        watch.check("permutation")
        surface = study.engine.surface(shuffler.path(index), study.spec)
        return draw_of(surface, study.spec.min_trades)

    if threads == 1:
        return tuple(_watched(map(search, range(count)), watch))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="permutation")
    try:
        return tuple(_watched(pool.map(search, range(count)), watch))
    finally:
        pool.shutdown(cancel_futures=True)


def compare(draws: tuple[Draw, ...], observed: float, *, block: int, seed: int) -> Permutation:
    """Compare the real search with the permuted ones."""
    scores, sharpes = (
        np.array([getattr(draw, name) for draw in draws]) for name in ("score", "sharpe")
    )
    bar = observed - ROUNDING * max(1.0, abs(observed))
    reached = int((scores >= bar).sum())
    return Permutation(
        p_value=(1 + reached) / (len(draws) + 1),
        permutations=len(draws),
        block_bars=block,
        seed=seed,
        objective="score",
        observed=observed,
        at_least_observed=reached,
        without_result=int(np.isnan(scores).sum()),
        null_mean_score=_mean(scores),
        null_score_95=_quantile(scores),
        null_mean_sharpe=_mean(sharpes),
        null_sharpe_95=_quantile(sharpes),
    )


def draw_of(surface: Surface, min_trades: int) -> Draw:
    """Reduce one search to what is kept of it."""
    best = surface.best(min_trades)
    if best is None:
        return Draw(np.nan, np.nan, np.nan, 0, 0.0, 0.0)
    known = surface.sharpe[surface.qualified(min_trades) & ~np.isnan(surface.sharpe)]
    return Draw(
        score=float(surface.score[best]),
        sharpe=float(surface.sharpe[best]),
        max_sharpe=float(known.max()) if known.size else np.nan,
        sharpes=known.size,
        total=float(known.sum()),
        squares=float((known * known).sum()),
    )


def _watched(draws: Iterable[Draw], watch: Watch) -> Iterator[Draw]:
    for draw in draws:
        watch.step("permutation")
        yield draw


def _mean(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return finite(known.mean()) if known.size else None


def _quantile(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return finite(np.quantile(known, 0.95)) if known.size else None

"""Does the choice hold on bars that it was not made on? Probability of backtest overfitting.

Combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado, Zhu, "The Probability
of Backtest Overfitting", Journal of Computational Finance 2017): the window is cut into S blocks;
for each of the C(S, S/2) ways to take half of them, the pair with the best Sharpe ratio on that
half is looked up on the other half.

    relative rank = rank of its Sharpe ratio there / (N + 1), 1 the lowest, ties at the mean rank
    PBO = share of the ways in which the relative rank is below 1/2

It compares pairs with each other, not with nothing: a grid of equally lucky pairs has a PBO near
1/2, and so has a grid of equally good ones.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from tradingapi.engine.bars import BoolArray, FloatArray, IntArray
from tradingapi.engine.jit import kernel, piece
from tradingapi.honesty.backtester import BlockSums
from tradingapi.honesty.ratios import NO_VARIATION, spearman
from tradingapi.honesty.study import Study
from tradingapi.honesty.watch import Watch

BLOCKS: Final = 10
"""S, always; 16 on request."""

LARGEST_CHUNK: Final = 20_000_000
"""Most look-ups of a pair in a split between two looks at a cancellation: about 0.2 s."""


@dataclass(frozen=True)
class Overfitting:
    """What the splits say."""

    pbo: float
    probability_of_loss: float
    """Share of the splits in which the chosen pair's Sharpe ratio on the other half is below 0."""
    blocks: int
    splits: int
    trials_total: int
    trials_eligible: int
    """Pairs that reached min_trades on the full window: only they take part."""


def edges(size: int, blocks: int) -> tuple[int, ...]:
    """Return where blocks of nearly equal length begin, and the end."""
    return tuple(size * block // blocks for block in range(blocks + 1))


def cross_validate(study: Study, sums: BlockSums, watch: Watch) -> Overfitting | None:
    """Compute PBO; None where fewer than two pairs are eligible.

    Raises:
        ReportCancelledError: The report is no longer wanted.
    """
    eligible = study.surface.qualified(study.spec.min_trades)
    if int(eligible.sum()) < 2:
        return None
    blocks = sums.bars.size
    train = _halves(blocks)
    total, squares = sums.total[eligible], sums.squares[eligible]
    stride = max(LARGEST_CHUNK // len(total), 1)
    found = []
    for start in range(0, len(train), stride):
        watch.check("cross-validation")
        found.append(_look_up(total, squares, sums.bars, train[start : start + stride]))
    rank, other = (np.concatenate(parts) for parts in zip(*found, strict=True))
    relative = rank / (eligible.sum() + 1)
    return Overfitting(
        pbo=float((relative < 0.5).mean()),
        probability_of_loss=float((other < 0).mean()),
        blocks=blocks,
        splits=len(train),
        trials_total=len(study.surface),
        trials_eligible=int(eligible.sum()),
    )


def half_correlation(sums: BlockSums) -> float | None:
    """Return the rank correlation of all pairs' Sharpe ratios between the window's two halves.

    Near 1, the surface is the market's; near 0, it is this window's. None where a half has no
    differences.
    """
    half = sums.bars.size // 2
    first, second = (
        _ratios(
            sums.total[:, part].sum(axis=1),
            sums.squares[:, part].sum(axis=1),
            int(sums.bars[part].sum()),
        )
        for part in (slice(None, half), slice(half, None))
    )
    return spearman(first, second)


def _halves(blocks: int) -> BoolArray:
    """Return every way to take half of the blocks, one row each."""
    ways = list(combinations(range(blocks), blocks // 2))
    train = np.zeros((len(ways), blocks), dtype=np.bool_)
    for row, way in enumerate(ways):
        train[row, list(way)] = True
    return train


def _ratios(total: FloatArray, squares: FloatArray, bars: int) -> FloatArray:
    """Return a bar's Sharpe ratio of each pair, 0 where nothing moved."""
    mean = total / bars
    variance = (squares - total * mean) / (bars - 1)
    spread = np.sqrt(np.maximum(variance, 0))
    return np.where(spread > NO_VARIATION, mean / np.maximum(spread, NO_VARIATION), 0.0)


@piece
def _ratio(total: float, squares: float, bars: int) -> float:
    """Return what `_ratios` does, for one pair."""
    mean = total / bars
    variance = (squares - total * mean) / (bars - 1)
    if variance <= NO_VARIATION * NO_VARIATION:
        return 0.0
    return float(mean / np.sqrt(variance))


@kernel
def _look_up(
    total: FloatArray, squares: FloatArray, bars: IntArray, train: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """For each split: the chosen pair's mid-rank on the other half, and its ratio there.

    Of pairs that are equally good on the first half the first one is chosen.
    """
    pairs, blocks = total.shape
    rank = np.empty(train.shape[0])
    outside = np.empty(train.shape[0])
    other = np.empty(pairs)
    for split in range(train.shape[0]):
        half = train[split]
        inside = 0
        for block in range(blocks):
            if half[block]:
                inside += bars[block]
        rest = bars.sum() - inside
        chosen, best = 0, -np.inf
        for pair in range(pairs):
            s1, q1, s2, q2 = 0.0, 0.0, 0.0, 0.0
            for block in range(blocks):
                if half[block]:
                    s1 += total[pair, block]
                    q1 += squares[pair, block]
                else:
                    s2 += total[pair, block]
                    q2 += squares[pair, block]
            ratio = _ratio(s1, q1, inside)
            other[pair] = _ratio(s2, q2, rest)
            if ratio > best:
                chosen, best = pair, ratio
        below, equal = 0, 0
        for pair in range(pairs):
            below += other[pair] < other[chosen]
            equal += other[pair] == other[chosen]
        rank[split] = below + (equal + 1) / 2
        outside[split] = other[chosen]
    return rank, outside

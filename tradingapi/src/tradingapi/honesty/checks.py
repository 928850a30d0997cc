"""Every check on a sweep's winner, in the order of their cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tradingapi.engine import BadBarsError, Search
from tradingapi.honesty.bootstrap import PAIRS, Intervals, intervals
from tradingapi.honesty.breakdown import Part, by_regime, by_year
from tradingapi.honesty.costs import Costs, Delay, costs, delay
from tradingapi.honesty.deflated import DeflatedSharpe, deflate
from tradingapi.honesty.holding import Alpha, alpha
from tradingapi.honesty.overfitting import (
    BLOCKS,
    Overfitting,
    cross_validate,
    edges,
    half_correlation,
)
from tradingapi.honesty.permutation import (
    Draw,
    Permutation,
    compare,
    permutations_for,
    search_permuted,
)
from tradingapi.honesty.plateau import Ensemble, Plateau, ensemble, survey
from tradingapi.honesty.study import Study
from tradingapi.honesty.walk_forward import FOLDS, Training, WalkForward, walk_forward
from tradingapi.honesty.watch import Watch

BLOCK_CHOICES: Final = (BLOCKS, 16)

SAMPLED: Final = 19
"""Searches of permuted prices where each is a sampler's: the least p-value is then .05."""

BARS_A_BLOCK: Final = 2
"""Fewest for which a block of the cross-validation varies."""


@dataclass(frozen=True)
class Options:
    """What may be asked otherwise.

    Raises:
        ValueError: The message names the field and its rule.
    """

    permutations: int | None = None
    """M; None: 999 up to 2,000 pairs, 99 up to 250,000, 19 above and for `bayes`."""
    block_bars: int = 1
    """Bars that a permutation moves together; 20 keeps more of the market's memory."""
    pbo_blocks: int = BLOCKS
    training: Training = Training.ANCHORED
    threads: int = 1
    """Permutations searched at the same time. It changes no figure."""

    def __post_init__(self) -> None:
        if self.permutations is not None and self.permutations < 1:
            raise ValueError("permutations: at least 1")
        if self.block_bars < 1:
            raise ValueError("block_bars: at least 1")
        if self.pbo_blocks not in BLOCK_CHOICES:
            raise ValueError("pbo_blocks: 10 or 16")
        if self.threads < 1:
            raise ValueError("threads: at least 1")

    def permutations_of(self, pairs: int, search: Search = Search.GRID) -> int:
        """Return M for a grid, or for a sampler, which takes seconds for each of its searches."""
        if self.permutations is not None:
            return self.permutations
        return permutations_for(pairs) if search is Search.GRID else SAMPLED


@dataclass(frozen=True)
class Checks:
    """What was found. A check that is None has its reason in `skipped`.

    Each part's module says what its figures mean, by which formula, and whose it is.
    """

    alpha: Alpha | None = None
    plateau: Plateau | None = None
    ensemble: Ensemble | None = None
    delay: Delay | None = None
    costs: Costs | None = None
    by_year: tuple[Part, ...] = ()
    by_regime: tuple[Part, ...] = ()
    intervals: Intervals | None = None
    overfitting: Overfitting | None = None
    half_correlation: float | None = None
    walk_forward: WalkForward | None = None
    permutation: Permutation | None = None
    deflated_sharpe: DeflatedSharpe | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Name of the check to the reason why it has no value."""


def steps(study: Study, options: Options) -> int:
    """Return how many times `examine` tells of its progress."""
    return options.permutations_of(len(study.surface), study.spec.search) + FOLDS + 2


def glance(study: Study, winner: int) -> Checks:
    """Make the checks that need no more than a few runs of the winner."""
    pair = study.surface.pair(winner)
    run = study.engine.run(study.bars, study.spec, pair)
    return Checks(
        alpha=alpha(run.returns, study.market, study.risk_free, study.per_year),
        plateau=None if adaptive(study) else survey(study, winner),
        delay=delay(study, pair),
        costs=costs(study, pair),
    )


def examine(study: Study, winner: int, options: Options, seed: int, watch: Watch) -> Checks:
    """Make every check.

    Raises:
        ReportCancelledError: The report is no longer wanted.
    """
    run = study.engine.run(study.bars, study.spec, study.surface.pair(winner))
    held = study.engine.hold(study.bars, study.spec)
    top = study.surface.order(study.surface.qualified(study.spec.min_trades))[:PAIRS]
    found = replace(
        glance(study, winner),
        ensemble=None if adaptive(study) else ensemble(study, winner),
        by_year=by_year(study, run, held),
        by_regime=by_regime(study, run, held),
        intervals=intervals(study, [int(index) for index in top], seed),
    )
    watch.step("winner")
    found = _cross_validated(study, options, found, watch)
    watch.step("cross-validation")
    found = replace(found, walk_forward=walk_forward(study, options.training, watch))
    draws, test = _permuted(study, winner, options, seed, watch)
    deflated = None if adaptive(study) else deflate(study, winner, run.returns, draws)
    found = replace(found, permutation=test, deflated_sharpe=deflated)
    return replace(found, skipped=_reasons(found, adaptive=adaptive(study)))


def adaptive(study: Study) -> bool:
    """Say whether each combination was chosen after looking at those before.

    They are then no sample of anything: not of neighbors, not of trials. What searches again, the
    permutation test and walking forward, holds: the sampler is in it.
    """
    return study.spec.search is Search.BAYES


def _cross_validated(study: Study, options: Options, found: Checks, watch: Watch) -> Checks:
    if adaptive(study) or study.size < BARS_A_BLOCK * options.pbo_blocks:
        return found
    cuts = edges(study.size, options.pbo_blocks)
    sums = study.engine.block_sums(study.bars, study.spec, cuts)
    return replace(
        found,
        overfitting=cross_validate(study, sums, watch),
        half_correlation=half_correlation(sums),
    )


def _permuted(
    study: Study, winner: int, options: Options, seed: int, watch: Watch
) -> tuple[tuple[Draw, ...], Permutation | None]:
    count = options.permutations_of(len(study.surface), study.spec.search)
    block = options.block_bars
    try:
        draws = search_permuted(
            study, count=count, block=block, seed=seed, threads=options.threads, watch=watch
        )
    except BadBarsError:
        # Moves that are wild in one order can be beyond every float in another.
        return (), None
    return draws, compare(draws, float(study.surface.score[winner]), block=block, seed=seed)


REASONS: Final = {
    "alpha": "the_price_does_not_move",
    "overfitting": "too_few_bars_or_eligible_pairs",
    "half_correlation": "too_few_bars_or_no_differences",
    "walk_forward": "too_few_bars",
    "permutation": "permuted_prices_out_of_range",
    "deflated_sharpe": "too_few_pairs_with_a_sharpe_ratio",
}
"""The one reason for which each check of a grid can have no value."""

OF_SAMPLES: Final = ("plateau", "ensemble", "overfitting", "half_correlation", "deflated_sharpe")
"""Checks that take what was tested for a grid."""


def _reasons(found: Checks, *, adaptive: bool) -> dict[str, str]:
    missing = {name: reason for name, reason in REASONS.items() if getattr(found, name) is None}
    if adaptive:
        missing |= dict.fromkeys(OF_SAMPLES, "adaptive_search")
    return missing

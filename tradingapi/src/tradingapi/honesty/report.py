"""The report on one finished sweep: is the winner luck?"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np

from tradingapi import engine
from tradingapi.engine import Bars, Strategy, SweepResult, SweepSpec, sweep
from tradingapi.engine.coercion import as_bars
from tradingapi.engine.display import escaped
from tradingapi.engine.spec import Search
from tradingapi.honesty.backtester import Backtester
from tradingapi.honesty.by_engine import SweepEngine, surface_of
from tradingapi.honesty.checks import SAMPLED, Checks, Options, examine, glance, steps
from tradingapi.honesty.holding import Holding, hold
from tradingapi.honesty.permutation import permutations_for
from tradingapi.honesty.ratios import finite
from tradingapi.honesty.stamp import Stamp, stamp
from tradingapi.honesty.study import Study
from tradingapi.honesty.verdict import Evidence, Verdict, judge
from tradingapi.honesty.walk_forward import FOLDS
from tradingapi.honesty.watch import Cancel, Progress, Watch

NO_RESULT: Final = "no_pair_reached_min_trades"

DEFAULT: Final = Options()

SEARCH: Final = 1_000
"""A search costs as much as measuring so many more pairs: prices are permuted and prepared."""

TRIAL: Final = 2_000
"""A trial of `bayes` costs as much as measuring so many pairs: it waits for the sampler."""


class Preset(StrEnum):
    """How much is checked. It never changes a metric or a score."""

    MINIMUM = "minimum"
    """Holding and the verdict, from what takes milliseconds."""
    STANDARD = "standard"
    """Everything."""


@dataclass(frozen=True)
class HonestyReport:
    """What an answer says about itself, unasked. Fractions, a year's ratios, costs in basis points.

    The same question has the same report, to the byte, with any number of threads.
    """

    preset: Preset
    seed: int
    verdict: Verdict
    buy_and_hold: Holding
    checks: Checks | None
    """None in `minimum`, and where no pair qualified."""
    checks_reason: str | None
    """Why there are none."""
    stamp: Stamp

    @property
    def p_value(self) -> float | None:
        """Of the whole search; None where it was not tested."""
        test = None if self.checks is None else self.checks.permutation
        return None if test is None else test.p_value

    def _repr_html_(self) -> str:
        """Show the verdict in a notebook."""
        told = "not tested" if self.p_value is None else f"p = {self.p_value:.3f}"
        sentence = escaped(self.verdict.sentence)
        return f"<div><b>{self.verdict.name.value}</b> ({told})<br>{sentence}</div>"

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values: no NaN, no infinity."""
        plain: dict[str, Any] = json.loads(self.text())
        return plain

    def text(self) -> str:
        """Return the report as one line of JSON with sorted keys: equal reports, equal bytes."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)


def report(
    result: SweepResult,
    bars: Bars,
    spec: SweepSpec,
    *,
    preset: Preset = Preset.STANDARD,
    seed: int = 0,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    options: Options = DEFAULT,
    engine: Backtester | None = None,
) -> HonestyReport:
    """Question a finished sweep.

    Args:
        result: What the sweep found.
        bars: What it was measured on, the warm-up included.
        spec: What it was asked.
        preset: How much to check.
        seed: Of the permutations and the resampled blocks, 0 or more.
        progress: Called with the part that is done (0..1) and its name.
        cancel: Asked between two pieces of work.
        options: What may be asked otherwise.
        engine: What answers the questions; the engine of the sweep by default.

    Raises:
        ValueError: The result is not that of these bars and this spec, or the seed is negative.
        ReportCancelledError: `cancel` said so.
    """
    if seed < 0:
        raise ValueError("seed: 0 or more")
    study = open_study(result, bars, spec, engine or SweepEngine())
    winner = study.surface.best(spec.min_trades)
    holding = hold(study)
    found = Checks()
    if winner is not None and preset is Preset.MINIMUM:
        found = glance(study, winner)
    elif winner is not None:
        found = examine(
            study, winner, options, seed, Watch(steps(study, options), progress, cancel)
        )
    shown = preset is Preset.STANDARD and winner is not None
    asked = {"preset": preset.value, "seed": seed, **_asked(options, study)}
    return HonestyReport(
        preset=preset,
        seed=seed,
        verdict=judge(gather(study, winner, holding, found)),
        buy_and_hold=holding,
        checks=found if shown else None,
        checks_reason=None if shown else (NO_RESULT if winner is None else "preset_minimum"),
        stamp=stamp(bars, spec, study.surface, result.data_sha256, asked),
    )


def open_study(result: SweepResult, bars: Bars, spec: SweepSpec, engine: Backtester) -> Study:
    """Put a result and its bars together.

    Raises:
        ValueError: They do not belong together; the message says which.
    """
    if result.spec != spec:
        raise ValueError("spec: is not the one that the result was measured with")
    first = int(np.searchsorted(bars.time, result.window_start, side="left"))
    stop = int(np.searchsorted(bars.time, result.window_end, side="right"))
    if stop - first != result.window_bars or bars.until(stop).sha256 != result.data_sha256:
        raise ValueError("bars: are not those that the result was measured on")
    return Study(
        engine=engine,
        bars=bars,
        spec=replace(spec, start=result.window_start, end=result.window_end),
        first=first,
        stop=stop,
        per_year=result.periods_per_year,
        surface=surface_of(result),
        synthetic=result.origin.synthetic,
    )


def gather(study: Study, winner: int | None, holding: Holding, found: Checks) -> Evidence:
    """Take from the checks what the verdict looks at."""
    surface, spec = study.surface, study.spec
    basis = Evidence(
        valid=len(surface),
        eligible=int(surface.qualified(spec.min_trades).sum()),
        min_trades=spec.min_trades,
        most_trades=int(surface.trades.max()),
        synthetic=study.synthetic,
    )
    if winner is None:
        return basis
    test, cross, walk = found.permutation, found.overfitting, found.walk_forward
    return replace(
        basis,
        sharpe=finite(surface.sharpe[winner]),
        p_value=test.p_value if test else None,
        null_sharpe=test.null_mean_sharpe if test else None,
        pbo=cross.pbo if cross else None,
        holding_sharpe=holding.sharpe,
        alpha_t=found.alpha.t if found.alpha else None,
        plateau=found.plateau.median_to_own if found.plateau else None,
        on_grid_edge=found.plateau.on_grid_edge if found.plateau else None,
        delay_loss=found.delay.share_lost if found.delay else None,
        break_even_bps=found.costs.break_even_bps if found.costs else None,
        assumed_bps=found.costs.assumed_bps if found.costs else 0.0,
        efficiency=walk.efficiency if walk else None,
    )


def _asked(options: Options, study: Study) -> Mapping[str, Any]:
    """List the options that can change a figure: threads cannot."""
    return {
        "permutations": options.permutations_of(len(study.surface), study.spec.search),
        "block_bars": options.block_bars,
        "pbo_blocks": options.pbo_blocks,
        "training": options.training.value,
    }


def effort(pairs: int, preset: Preset, search: Search = Search.GRID) -> int:
    """Say how much a sweep with its report is to compute, in pairs measured on a window."""
    full = preset is Preset.STANDARD
    if search is Search.BAYES:
        return pairs * TRIAL * (1 + (SAMPLED if full else 0))
    again = permutations_for(pairs) + FOLDS if full else 0
    return (pairs + SEARCH) * (1 + again)


def warm_up() -> None:
    """Load the kernels of sweeps and reports, or compile them: later ones begin at once.

    It takes a fraction of a second, and some seconds after an installation or an upgrade.
    """
    engine.warm_up()
    spec = SweepSpec(Strategy.SMA, fast=(1, 2), slow=(2, 3), step=1, min_trades=0)
    bars = as_bars(np.tile([1.0, 2.0, 1.5, 2.5], 50))
    report(sweep(bars, spec), bars, spec, options=Options(permutations=1))

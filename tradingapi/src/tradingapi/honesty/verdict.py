"""One word and one sentence on a sweep, version 1: a closed list, the first match wins.

    NoResult              no pair reached min_trades
    LikelyLuck            p > .20, or PBO > .5
    NotBetterThanHolding  Sharpe <= holding's, and alpha's t < 1.65
    Fragile               the first of FRAGILE that holds
    Promising             the rest

A check without a value is skipped, and the sentence says so. No sentence promises anything: past
prices are all that was looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

VERDICT_VERSION: Final = 1

LUCK_P: Final = 0.20
DOUBT_P: Final = 0.05
LUCK_PBO: Final = 0.5
TOLD_T: Final = 1.65
"""One-sided 5 % of a normal distribution."""
PLATEAU: Final = 0.7
DELAY_LOSS: Final = 0.30
BREAK_EVEN_MULTIPLE: Final = 2.0
EFFICIENCY: Final = 0.3


class VerdictName(StrEnum):
    """The closed list, in the order in which it is tried."""

    NO_RESULT = "NoResult"
    LIKELY_LUCK = "LikelyLuck"
    NOT_BETTER_THAN_HOLDING = "NotBetterThanHolding"
    FRAGILE = "Fragile"
    PROMISING = "Promising"


class Check(StrEnum):
    """What a verdict looks at. `Promising` counts those that had a value."""

    PERMUTATION = "permutation test"
    OVERFITTING = "PBO"
    HOLDING = "holding"
    PLATEAU = "plateau"
    EDGE = "grid edge"
    DELAY = "one-bar delay"
    COSTS = "break-even cost"
    WALK_FORWARD = "walk-forward"


@dataclass(frozen=True)
class Evidence:
    """The numbers that a verdict is made of. None: that check has no value.

    Ratios are a year's, shares are fractions, costs are basis points a side.
    """

    valid: int
    """Pairs that were tested."""
    eligible: int
    """Pairs that reached min_trades."""
    min_trades: int
    most_trades: int
    synthetic: bool
    sharpe: float | None = None
    p_value: float | None = None
    null_sharpe: float | None = None
    pbo: float | None = None
    holding_sharpe: float | None = None
    alpha_t: float | None = None
    plateau: float | None = None
    on_grid_edge: bool | None = None
    delay_loss: float | None = None
    break_even_bps: float | None = None
    assumed_bps: float = 0.0
    efficiency: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The verdict, and what it rests on."""

    verdict_version: int
    name: VerdictName
    sentence: str
    cause: Check | None
    """The check that decided; None where all passed or nothing was to check."""
    checked: tuple[Check, ...]
    """The checks that had a value."""
    skipped: tuple[Check, ...]


class Weakness(NamedTuple):
    """A reason to call a result fragile."""

    check: Check
    holds: Callable[[Evidence], bool]
    sentence: Callable[[Evidence], str]


FRAGILE: Final = (
    Weakness(
        Check.PERMUTATION,
        lambda e: e.p_value is not None and DOUBT_P < e.p_value <= LUCK_P,
        lambda e: (
            f"Luck alone would do as well in {e.p_value:.0%} of searches (p={e.p_value:.3f})."
        ),
    ),
    Weakness(
        Check.PLATEAU,
        lambda e: e.plateau is not None and e.plateau < PLATEAU,
        lambda e: f"Its neighbors reach only {e.plateau:.2f} of its score.",
    ),
    Weakness(
        Check.EDGE,
        lambda e: e.on_grid_edge is True,
        lambda _: "It lies on the edge of the grid: the best may be outside.",
    ),
    Weakness(
        Check.DELAY,
        lambda e: e.delay_loss is not None and e.delay_loss > DELAY_LOSS,
        lambda e: f"One bar of delay costs {e.delay_loss:.0%} of its Sharpe {_number(e.sharpe)}.",
    ),
    Weakness(
        Check.COSTS,
        lambda e: (
            e.break_even_bps is not None and e.break_even_bps < BREAK_EVEN_MULTIPLE * e.assumed_bps
        ),
        lambda e: (
            f"It breaks even at {e.break_even_bps:.1f} bp a side, less than twice the assumed "
            f"{e.assumed_bps:.1f}."
        ),
    ),
    Weakness(
        Check.WALK_FORWARD,
        lambda e: e.efficiency is not None and e.efficiency < EFFICIENCY,
        lambda e: f"Walking forward kept {e.efficiency:.2f} of the return seen in training.",
    ),
)
"""Tried in this order; the verdict names the first that holds."""


def judge(evidence: Evidence) -> Verdict:
    """Give the verdict."""
    checked, skipped = _sorted_checks(evidence)
    name, cause, sentence = _decide(evidence, checked)
    if name in {VerdictName.FRAGILE, VerdictName.PROMISING} and skipped:
        sentence += f" Not checked: {', '.join(skipped)}."
    if evidence.synthetic:
        sentence += " (synthetic prices)"
    return Verdict(VERDICT_VERSION, name, sentence, cause, checked, skipped)


def _decide(e: Evidence, checked: tuple[Check, ...]) -> tuple[VerdictName, Check | None, str]:
    if e.eligible == 0:
        return VerdictName.NO_RESULT, None, _no_result(e)
    if e.p_value is not None and e.p_value > LUCK_P:
        return VerdictName.LIKELY_LUCK, Check.PERMUTATION, _luck(e, e.p_value)
    if e.pbo is not None and e.pbo > LUCK_PBO:
        return VerdictName.LIKELY_LUCK, Check.OVERFITTING, _overfitted(e, e.pbo)
    if _not_better(e):
        return VerdictName.NOT_BETTER_THAN_HOLDING, Check.HOLDING, _holding(e)
    for weakness in FRAGILE:
        if weakness.holds(e):
            return VerdictName.FRAGILE, weakness.check, weakness.sentence(e)
    return VerdictName.PROMISING, None, f"Passed {len(checked)} checks; past prices only."


def _not_better(e: Evidence) -> bool:
    """A pair without a Sharpe ratio never traded or never moved: it is not better."""
    if e.sharpe is None:
        return True
    if e.holding_sharpe is None:
        return False
    return e.sharpe <= e.holding_sharpe and (e.alpha_t is None or e.alpha_t < TOLD_T)


def _no_result(e: Evidence) -> str:
    return f"None of {e.valid} pairs closed {e.min_trades} trades; the most closed {e.most_trades}."


def _luck(e: Evidence, p_value: float) -> str:
    """Say what luck reaches. Where the winner is above luck's mean, "not more" would be false."""
    own, null = e.sharpe, e.null_sharpe
    above = own is not None and null is not None and round(own, 2) > round(null, 2)
    end = "is not rare enough" if above else "is not more"
    return (
        f"By luck alone the best of {e.valid} pairs would reach Sharpe {_number(null)}; "
        f"{_number(own)} {end} (p={p_value:.3f})."
    )


def _overfitted(e: Evidence, pbo: float) -> str:
    return (
        f"The best of {e.eligible} pairs on one half of the bars is in the lower half of them on "
        f"the other in {pbo:.0%} of the splits (PBO={pbo:.2f})."
    )


def _holding(e: Evidence) -> str:
    return (
        f"Sharpe {_number(e.sharpe)} is not above holding's {_number(e.holding_sharpe)}, and "
        f"alpha is not told from zero (t={_number(e.alpha_t)})."
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"


def _sorted_checks(e: Evidence) -> tuple[tuple[Check, ...], tuple[Check, ...]]:
    values: dict[Check, object] = {
        Check.PERMUTATION: e.p_value,
        Check.OVERFITTING: e.pbo,
        Check.HOLDING: e.holding_sharpe,
        Check.PLATEAU: e.plateau,
        Check.EDGE: e.on_grid_edge,
        Check.DELAY: e.delay_loss,
        Check.COSTS: e.break_even_bps,
        Check.WALK_FORWARD: e.efficiency,
    }
    checked = tuple(check for check, value in values.items() if value is not None)
    return checked, tuple(check for check in values if check not in checked)

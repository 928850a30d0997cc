"""What trading may cost, and what waiting a bar costs.

A round trip at cost c a side multiplies equity by (1 - c)/(1 + c). A pair with N round trips whose
equity grew to G without any costs breaks even where G·((1 - c)/(1 + c))^N = 1, so

    q = G^(-1/N),  c = (1 - q)/(1 + q)
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tradingapi.engine import SweepSpec
from tradingapi.engine.bars import IntArray
from tradingapi.engine.grid import Choice
from tradingapi.honesty.ratios import growth, sharpe
from tradingapi.honesty.study import Study

BASIS_POINT: Final = 1e-4

CURVE_BPS: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0)
"""Costs a side at which the curve is taken."""


@dataclass(frozen=True)
class CostPoint:
    """The pair at one cost a side."""

    cost_bps: float
    total_return: float
    sharpe: float | None


@dataclass(frozen=True)
class Costs:
    """Costs are in basis points a side, fee and slippage together."""

    round_trips: float
    """Fills / 2: a position that is still held has paid half of one."""
    gross_growth: float
    """What 1 becomes without costs."""
    break_even_bps: float | None
    """Negative where the pair loses without any cost; None if it never traded."""
    assumed_bps: float
    """The cost c whose (1 - c)/(1 + c) is the spec's fee and slippage on both sides."""
    curve: tuple[CostPoint, ...]


@dataclass(frozen=True)
class Delay:
    """Every signal filled one bar later than the spec says: a real edge does not need the hour."""

    sharpe: float | None
    delayed_sharpe: float | None
    share_lost: float | None
    """1 - delayed / own; negative if the delay helps, None if the own ratio is not positive."""


def costs(study: Study, pair: Choice) -> Costs:
    """Find a pair's break-even cost and its curve of results over costs."""
    free = study.engine.run(study.bars, _at_cost(study.spec, 0.0), pair)
    grown, trips = growth(free.returns), fills(free.exposure) / 2
    return Costs(
        round_trips=trips,
        gross_growth=grown,
        break_even_bps=break_even(grown, trips),
        assumed_bps=assumed(study.spec.fee_bps, study.spec.slippage_bps),
        curve=tuple(_point(study, pair, cost) for cost in CURVE_BPS),
    )


def break_even(grown: float, trips: float) -> float | None:
    """Return c in basis points from G and N. Exact for closed round trips."""
    if trips == 0:
        return None
    # (1 - q)/(1 + q) in a form that no growth overflows, not even to nothing.
    gain = math.log(grown) if grown > 0 else -math.inf
    return math.tanh(gain / (2 * trips)) / BASIS_POINT


def assumed(fee_bps: float, slippage_bps: float) -> float:
    """Return the one cost a side that costs as much as fee and slippage do."""
    fee, slippage = fee_bps * BASIS_POINT, slippage_bps * BASIS_POINT
    kept = (1 - fee) * (1 - slippage) / ((1 + fee) * (1 + slippage))
    return (1 - kept) / (1 + kept) / BASIS_POINT


def fills(exposure: IntArray) -> int:
    """Count the changes of the position, from none before the first bar."""
    return int(np.abs(np.diff(exposure, prepend=0)).sum())


def delay(study: Study, pair: Choice) -> Delay:
    """Fill one bar later, once."""
    own, late = (
        sharpe(
            study.engine.run(study.bars, study.spec, pair, delay=bars).returns,
            study.risk_free,
            study.per_year,
        )
        for bars in (0, 1)
    )
    if own is None or own <= 0:
        return Delay(own, late, None)
    return Delay(own, late, 1 - (late or 0.0) / own)


def _point(study: Study, pair: Choice, cost_bps: float) -> CostPoint:
    returns = study.engine.run(study.bars, _at_cost(study.spec, cost_bps), pair).returns
    ratio = sharpe(returns, study.risk_free, study.per_year)
    return CostPoint(cost_bps, growth(returns) - 1, ratio)


def _at_cost(spec: SweepSpec, cost_bps: float) -> SweepSpec:
    return replace(spec, fee_bps=cost_bps, slippage_bps=0.0)

"""Markets with and without skill to be had, and studies of sweeps on them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tradingapi.engine import Bars, Origin, Strategy, SweepSpec, sweep
from tradingapi.honesty.backtester import Backtester
from tradingapi.honesty.by_engine import SweepEngine
from tradingapi.honesty.report import open_study
from tradingapi.honesty.study import Study

DAY = 86_400 * 10**9
FIRST_DAY = 1_420_070_400 * 10**9
"""2015-01-01, in UTC nanoseconds."""

SMALL = SweepSpec(Strategy.SMA, fast=(3, 9), slow=(6, 18), step=3, min_trades=3)
"""Twelve pairs."""


def bars_from(close: NDArray[np.float64], seed: int = 1, *, synthetic: bool = False) -> Bars:
    """Build daily bars around closes, with opening gaps and wicks that nothing else knows."""
    random = np.random.default_rng((seed, 1))
    opens = np.concatenate((close[:1], close[:-1])) * np.exp(random.normal(0, 0.003, close.size))
    high = np.maximum(opens, close) * np.exp(np.abs(random.normal(0, 0.002, close.size)))
    low = np.minimum(opens, close) * np.exp(-np.abs(random.normal(0, 0.002, close.size)))
    time = FIRST_DAY + DAY * np.arange(close.size, dtype=np.int64)
    origin = Origin("test", "TEST", "1d", "crypto", synthetic=synthetic)
    return Bars(time, opens, high, low, close, origin)


def noise(
    bars: int = 400, seed: int = 1, *, drift: float = 0.0008, volatility: float = 0.01
) -> Bars:
    """Build a market that rises and that nobody can time."""
    random = np.random.default_rng(seed)
    return bars_from(100 * np.exp(np.cumsum(random.normal(drift, volatility, bars))), seed)


def trends(bars: int = 600, seed: int = 1, *, length: int = 60, drift: float = 0.004) -> Bars:
    """Build a market with an edge for who follows it: it rises, then falls, `length` bars each."""
    random = np.random.default_rng(seed)
    side = np.where(np.arange(bars) // length % 2 == 0, drift, -drift)
    return bars_from(100 * np.exp(np.cumsum(side + random.normal(0, 0.008, bars))), seed)


def study_of(bars: Bars, spec: SweepSpec = SMALL, engine: Backtester | None = None) -> Study:
    """Sweep, and put the result under examination."""
    return open_study(sweep(bars, spec), bars, spec, engine or SweepEngine())


def winner_of(study: Study) -> int:
    """Return the chosen pair's index."""
    best = study.surface.best(study.spec.min_trades)
    assert best is not None
    return best


def altered(bars: Bars, first: int, seed: int = 7) -> Bars:
    """Give every bar from index `first` on another price."""
    other = noise(len(bars), seed)
    scale = bars.close[first - 1] / other.close[first - 1]

    def spliced(name: str) -> NDArray[np.float64]:
        return np.concatenate((getattr(bars, name)[:first], scale * getattr(other, name)[first:]))

    return replace(
        bars,
        open=spliced("open"),
        high=spliced("high"),
        low=spliced("low"),
        close=spliced("close"),
    )

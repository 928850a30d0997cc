"""What is under examination: one finished sweep on its bars."""

from dataclasses import dataclass, replace

import numpy as np

from tradingapi.engine import Bars, SweepSpec
from tradingapi.engine.bars import FloatArray
from tradingapi.honesty.backtester import Backtester, Surface


@dataclass(frozen=True, eq=False)
class Study:
    """A finished sweep, the bars that it was measured on, and an engine to ask again."""

    engine: Backtester
    bars: Bars
    spec: SweepSpec
    """With `start` and `end` set to the window's first and last bar: a part of the grid on its
    own could begin earlier."""
    first: int
    stop: int
    """The window is the bars first..stop-1."""
    per_year: float
    surface: Surface
    synthetic: bool

    @property
    def size(self) -> int:
        """Bars in the window."""
        return self.stop - self.first

    @property
    def risk_free(self) -> float:
        """Return a bar's riskless return."""
        return float((1 + self.spec.risk_free_rate) ** (1 / self.per_year) - 1)

    @property
    def market(self) -> FloatArray:
        """The price's own return on each bar of the window, close to close."""
        close = self.bars.close[self.first : self.stop]
        before = np.concatenate((close[:1], close[:-1]))
        if self.first > 0:
            before[0] = self.bars.close[self.first - 1]
        return close / before - 1

    def within(self, first: int, stop: int) -> SweepSpec:
        """Return the spec with its window narrowed to the bars first..stop-1 of the history."""
        time = self.bars.time
        return replace(self.spec, start=int(time[first]), end=int(time[stop - 1]))

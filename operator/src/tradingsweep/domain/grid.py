"""The parameter grid of a sweep: how many pairs it asks for, and which pairs belong to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tradingsweep.crd.model import TradingSweepSpec

_SPANS = ("fast_range", "slow_range", "step")


@dataclass(frozen=True, slots=True)
class Grid:
    """Every pair of a fast and a slow period that a sweep spans; for RSI, of two levels."""

    fast: range
    slow: range

    @classmethod
    def of(cls, spec: TradingSweepSpec) -> Self:
        """Take the grid from a spec."""
        fast, slow = spec.ranges
        return cls(
            range(fast.min, fast.max + 1, spec.step), range(slow.min, slow.max + 1, spec.step)
        )

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> Self:
        """Take the grid from a run's stored parameters."""
        (fast_min, fast_max), (slow_min, slow_max) = (
            parameters["fast_range"],
            parameters["slow_range"],
        )
        step = parameters["step"]
        return cls(range(fast_min, fast_max + 1, step), range(slow_min, slow_max + 1, step))

    @classmethod
    def of_form(cls, form: Mapping[str, str]) -> Self:
        """Take the grid from a submission as it was sent."""
        return cls.read({name: json.loads(form[name]) for name in _SPANS})

    @property
    def requested(self) -> int:
        """All pairs, also those where fast is not below slow (the seed's `combinations`)."""
        return len(self.fast) * len(self.slow)

    @property
    def valid(self) -> int:
        """The pairs with fast below slow: those that are tested."""
        return sum(sum(1 for slow in self.slow if slow > fast) for fast in self.fast)

    def __contains__(self, pair: tuple[int, int]) -> bool:
        fast, slow = pair
        return fast < slow and fast in self.fast and slow in self.slow

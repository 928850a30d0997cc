"""When two sweeps are the same question on the same data: then one answer serves both."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from tradingapi.engine import Bars, SweepSpec
from tradingapi.engine.score import SCORE_VERSION
from tradingapi.engine.window import TEN_YEARS
from tradingapi.honesty import VERDICT_VERSION

FORMAT: Final = 2
"""Version of the columns, the summary and the report: another one is another answer."""


def known_until_the_end(bars: Bars, spec: SweepSpec) -> Bars:
    """Leave out the bars after the window: nothing in a result comes from them."""
    if spec.end is None:
        return bars
    return bars.until(int(np.searchsorted(bars.time, spec.end, side="right")))


def question(history: Bars, spec: SweepSpec, preset: str) -> str:
    """Return the fingerprint of everything that a result depends on.

    The bars with their origin, the first bar of the asked window, every parameter, and the
    versions of what computes and judges. `history` ends with the window, and is not empty.
    """
    everything = {**_measured_on(history, spec), **_asked(spec), "preset": preset}
    return _fingerprint(everything)


@dataclass(frozen=True)
class ManyQuestion:
    """The same for many tickers, in their order: sums over them depend on it."""

    spec: SweepSpec
    data: list[dict[str, Any]] = field(default_factory=list)

    def add(self, ticker: str, history: Bars) -> None:
        """Add a ticker with its bars."""
        self.data.append({"ticker": ticker, **_measured_on(history, self.spec)})

    def fingerprint(self) -> str:
        """Return what everything depends on, as a text."""
        return _fingerprint({"tickers": self.data, **_asked(self.spec)})


def _measured_on(history: Bars, spec: SweepSpec) -> dict[str, Any]:
    start = int(history.time[-1]) - TEN_YEARS if spec.start is None else spec.start
    return {
        "data": history.sha256,
        "origin": asdict(history.origin),
        "first_bar": int(np.searchsorted(history.time, start, side="left")),
    }


def _asked(spec: SweepSpec) -> dict[str, Any]:
    asked = asdict(spec)
    del asked["start"], asked["end"]
    versions = [version("tradingapi"), SCORE_VERSION, VERDICT_VERSION, FORMAT]
    return {"spec": asked, "versions": versions}


def _fingerprint(everything: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()

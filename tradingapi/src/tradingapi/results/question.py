"""When two sweeps are the same question on the same data: then one answer serves both."""

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from typing import Final

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
    start = int(history.time[-1]) - TEN_YEARS if spec.start is None else spec.start
    asked = asdict(spec)
    del asked["start"], asked["end"]
    everything = {
        "data": history.sha256,
        "origin": asdict(history.origin),
        "first_bar": int(np.searchsorted(history.time, start, side="left")),
        "spec": asked,
        "preset": preset,
        "versions": [version("tradingapi"), SCORE_VERSION, VERDICT_VERSION, FORMAT],
    }
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()

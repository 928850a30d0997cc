"""Kernel against twin: the bound of a figure's error, and where it is looked at."""

import math
from dataclasses import replace

from tests.engine.plain.sweep import plain_figures
from tradingapi.engine import SweepResult
from tradingapi.engine import columns as c
from tradingapi.engine.grid import Pair
from tradingapi.engine.trace import alone

BOUND = 1e-9

COUNTS = {"trades", "open_bar"}


def disagreements(result: SweepResult) -> list[str]:
    """List every figure of every pair that is further than 1e-9·max(1, |twin|) from the twin's."""
    found = []
    for index in range(len(result.grid)):
        pair = result.grid.pair(index)
        twin = plain_figures(replace(result, spec=alone(result.spec, pair)), Pair(*pair[:2]))
        for name, value in zip(c.NAMES, result.figures[:, index].tolist(), strict=True):
            if not close(name, value, twin[name]):
                found.append(f"{pair} {name}: {value} is not {twin[name]}")
    return found


def close(name: str, value: float, twin: float | None) -> bool:
    """Whether a figure agrees; NaN is what the twin calls None."""
    if twin is None or math.isnan(value):
        return twin is None and math.isnan(value)
    bound = 0.0 if name in COUNTS else BOUND * max(1.0, abs(twin))
    return abs(value - twin) <= bound

"""The harness without its peers: a minute's work done in seconds, no time held."""

import time

import numpy as np

from benchmarks import engine_speed as speed
from benchmarks.bars import Bar, exactly
from benchmarks.engine_clock import in_turns, middle
from benchmarks.engine_loop import loop
from benchmarks.engine_parity import BOUND
from benchmarks.engine_series import a_walk
from benchmarks.engine_task import GRIDS, NINE, Task, task
from tradingapi.engine import columns as c
from tradingapi.engine import sweep

BARS = 900


def quick() -> list[Bar]:
    """Hold a grid against the plain loop, and time it once without a bar."""
    asked = task("quick", a_walk(BARS), GRIDS["B"])
    spent = in_turns(speed.ours(asked), time.process_time)
    timed = [Bar(who, round(1e3 * middle(spent, who), 3), "ms", "shown", met=True) for who in spent]
    off = exactly(f"{len(asked.grid)} pairs, unlike the plain loop's", apart(asked), "pairs", 0)
    return [off, *timed]


def apart(asked: Task) -> int:
    """Count the pairs of which a figure is not the plain loop's, to 1e-9."""
    result = sweep(asked.bars, asked.spec)
    ours = np.stack([result.figures[c.NAMES.index(name)] for name in NINE], axis=1)
    theirs = loop(asked)
    theirs[~np.isfinite(theirs)] = np.nan
    far = np.abs(ours - theirs) > BOUND * np.maximum(1, np.abs(theirs))
    far |= np.isnan(ours) != np.isnan(theirs)
    return int(far.any(axis=1).sum())

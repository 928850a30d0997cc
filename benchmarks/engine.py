"""`make bench-engine`: the engine beside its peers. Parity first; without it nothing is timed."""

import os
import sys

# Before any library counts the processors: CPU time of one thread is what is compared.
os.environ.update(RAYON_NUM_THREADS="1", NUMBA_NUM_THREADS="1", OMP_NUM_THREADS="1")

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import engine_speed as speed
from benchmarks.bars import Bar, below, exactly, report
from benchmarks.engine_parity import compared, describe
from benchmarks.engine_peers import Vectorbt
from benchmarks.engine_series import real_series, sp500
from benchmarks.engine_task import GRIDS, task

OURS = "ours, nine, Arrow"

HELD = {"A": (150, 250), "B": (230, 400)}
"""Against vectorbt's faster engine: the bar, and the goal beside it."""

LOOP = {"A": 4.0, "B": 8.0}

console = Console()


def main() -> int:
    """Measure, show and write; returns the exit status."""
    bars = _parity()
    if not all(bar.met for bar in bars):
        report("engine", bars)
        return 1
    for name in GRIDS:
        bars += _against_peers(name)
    return 0 if report("engine", bars + _alone()) else 1


def at_least(what: str, value: float, unit: str, bar: float) -> Bar:
    """Hold a figure that must not be below its bar."""
    return Bar(what, round(value, 3), unit, f">= {bar:g}", value >= bar)


def shown(what: str, value: float, unit: str, goal: str) -> Bar:
    """Show a figure that has a goal, or nothing, to be held against."""
    return Bar(what, round(value, 3), unit, goal, met=True)


def _parity() -> list[Bar]:
    found = []
    for parity in compared(real_series(), Vectorbt("numba")):
        found.append(parity)
        console.print(describe(parity))
    pairs, tied = sum(p.pairs for p in found), sum(p.tied for p in found)
    off, false = sum(p.off for p in found), sum(p.false for p in found)
    theirs = sum(p.theirs_false for p in found)
    return [
        exactly(f"parity: of {pairs} pairs without a near-tie, off", off, "pairs", 0),
        exactly(f"of {tied} tied ones, ours not those of integers", false, "pairs", 0),
        shown(f"of {tied} tied ones, vectorbt's not those of integers", theirs, "pairs", "shown"),
    ]


def _against_peers(name: str) -> list[Bar]:
    spent = speed.against_peers(name)
    _show(name, spent)
    ours = spent[OURS]
    vectorbt = min(spent["vectorbt, numba"], spent["vectorbt, rust"]) / ours
    loop = spent["a plain numba loop, no table"] / spent["ours, kernel only"]
    raptor = spent["raptorbt"] / ours
    what = f"{name}: end to end, times vectorbt"
    if name in HELD:
        bar, goal = HELD[name]
        bars = [at_least(f"{what} (goal {goal})", vectorbt, "x", bar)]
        bars.append(at_least(f"{name}: kernel, times a plain numba loop", loop, "x", LOOP[name]))
    else:
        bars = [shown(what, vectorbt, "x", "shown")]
    if name == "B":
        return [*bars, at_least("B: end to end, times raptorbt", raptor, "x", 80)]
    return [*bars, shown(f"{name}: end to end, times raptorbt", raptor, "x", "shown")]


def _show(name: str, spent: dict[str, float]) -> None:
    pairs = len(task(name, sp500(speed.BARS), GRIDS[name]).grid)
    title = f"Grid {name}: {pairs} pairs on {speed.BARS} days, CPU of one thread"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for head in ("", "ms", "times ours"):
        table.add_column(head, justify="right" if head else "left")
    for who, seconds in spent.items():
        table.add_row(who, f"{1e3 * seconds:.2f}", f"{seconds / spent[OURS]:.1f}")
    console.print(table)


def _alone() -> list[Bar]:
    seconds, rate = speed.full_grid()
    cold, warm = speed.starts()
    return [
        below("daily full grid, 124,251 pairs, all columns", seconds, "s", 0.2),
        at_least("the same, combination-bars a CPU-second", rate, "G", 2.0),
        below("full grid on 8,820 hours, rows included", speed.hourly(), "s", 1.0),
        below("peak resident memory of the daily full grid", speed.peak_megabytes(), "MB", 400),
        shown("two threads against one, wall time (goal 1.6)", speed.two_threads(), "x", "shown"),
        below("a new process's first sweep, kernels kept", warm, "s", 1.5),
        below("a new process's first sweep, cold", cold, "s", 6.0),
    ]


if __name__ == "__main__":
    sys.exit(main())

"""`make bench-engine`: the engine beside its peers. Parity first; without it nothing is timed.

`QUICK=1` asks for what needs no peer and holds no time: that the harness itself works.
"""

import os
import sys

# Before any library counts the processors: CPU time of one thread is what is compared.
os.environ.update(RAYON_NUM_THREADS="1", NUMBA_NUM_THREADS="1", OMP_NUM_THREADS="1")
os.environ.setdefault("TQDM_DISABLE", "1")

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import engine_speed as speed
from benchmarks.bars import Bar, below, exactly, report, shown
from benchmarks.engine_clock import Spent, load, middle, times
from benchmarks.engine_parity import compared, describe, unlike_ours
from benchmarks.engine_peers import Backtesting, Raptorbt, Vectorbt
from benchmarks.engine_quick import quick
from benchmarks.engine_series import real_series, sp500
from benchmarks.engine_starts import peak_megabytes, starts
from benchmarks.engine_task import GRIDS, task

HELD = {"A": (150, 250), "B": (230, 400)}
"""Against vectorbt's faster engine: the bar, and the goal beside it."""

LOOP = {"A": 4.0, "B": 8.0}

RAPTOR = {"B": 80.0}

PERMUTATIONS = 999

console = Console(soft_wrap=True)


def main() -> int:
    """Measure, show and write; returns the exit status."""
    if os.environ.get("QUICK"):
        return 0 if report("engine-quick", quick()) else 1
    bars = [*_parity(), *_parity_of_others()]
    if not all(bar.met for bar in bars):
        report("engine", bars)
        return 1
    for name in ("A", "B", "C", "D", "one"):
        bars += _against_peers(name)
    return 0 if report("engine", bars + _alone()) else 1


def at_least(what: str, value: float, unit: str, bar: float) -> Bar:
    """Hold a figure that must not be below its bar."""
    return Bar(what, round(value, 3), unit, f">= {bar:g}", value >= bar)


def _parity() -> list[Bar]:
    found = []
    for parity in compared(real_series(), Vectorbt("numba")):
        found.append(parity)
        console.print(describe(parity))
    pairs, tied = sum(p.pairs for p in found), sum(p.tied for p in found)
    off, false = sum(p.off for p in found), sum(p.false for p in found)
    theirs = sum(p.theirs_false for p in found)
    return [
        exactly(f"parity: of {pairs - tied} pairs without a near-tie, off", off, "pairs", 0),
        exactly(f"of {tied} tied ones, ours not those of integers", false, "pairs", 0),
        shown(f"of {tied} tied ones, vectorbt's not those of integers", theirs, "pairs"),
    ]


def _parity_of_others() -> list[Bar]:
    asked = task("B", sp500(speed.BARS), GRIDS["B"], start=None)
    few = asked.thinned(20)
    raptor = unlike_ours(asked, Raptorbt().table(asked), 1e-7)
    events = unlike_ours(few, Backtesting(few).table(), 1e-3)
    return [
        exactly(
            f"of {len(asked.grid)} pairs, raptorbt's trades or return unlike ours",
            raptor,
            "pairs",
            0,
        ),
        exactly("of 20 pairs, backtesting.py's trades or return unlike ours", events, "pairs", 0),
    ]


def _against_peers(name: str) -> list[Bar]:
    spent = speed.against_peers(name)
    _show(name, spent)
    vectorbt = min(times(spent, who, speed.OURS) for who in (speed.NUMBA, speed.RUST))
    bar, goal = HELD.get(name, (None, None))
    said = f"{name}: end to end, times vectorbt" + (f" (goal {goal})" if goal else "")
    loop = times(spent, speed.LOOP, speed.KERNEL)
    raptor = times(spent, speed.RAPTOR, speed.OURS)
    return [
        _held(said, vectorbt, bar),
        _held(f"{name}: kernel, times a plain numba loop", loop, LOOP.get(name)),
        _held(f"{name}: end to end, times raptorbt", raptor, RAPTOR.get(name)),
    ]


def _held(what: str, value: float, bar: float | None) -> Bar:
    return shown(what, value, "x") if bar is None else at_least(what, value, "x", bar)


def _show(name: str, spent: Spent) -> None:
    pairs = len(task(name, sp500(speed.BARS), GRIDS[name]).grid)
    title = f"Grid {name}: {pairs} pairs on {speed.BARS} days, CPU of one thread, {load()}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for head in ("", "ms", "times ours"):
        table.add_column(head, justify="right" if head else "left")
    for who in spent:
        ratio = times(spent, who, speed.OURS)
        table.add_row(who, f"{1e3 * middle(spent, who):.2f}", f"{ratio:.1f}")
    console.print(table)


def _alone() -> list[Bar]:
    seconds, rate = speed.full_grid()
    cold, warm = starts()
    threads = f"two threads against one, wall time, {load()} (goal 1.6)"
    return [
        below("daily full grid, 124,251 pairs, all columns", seconds, "s", 0.2),
        at_least("the same, combination-bars a CPU-second", rate, "G", 2.0),
        below("full grid on 8,820 hours, rows included", speed.hourly(), "s", 1.0),
        below("peak resident memory of the daily full grid", peak_megabytes(), "MB", 400),
        below("999 permutations of 1,035 pairs, CPU", speed.permuted(PERMUTATIONS), "s", 6.0),
        shown(threads, speed.two_threads(), "x"),
        below("a new process's first sweep, kernels kept, CPU", warm.cpu, "s", 1.5),
        below("a new process's first sweep, cold, CPU", cold.cpu, "s", 6.0),
        shown(f"the same by the clock, kernels kept, {load()}", warm.wall, "s"),
        shown(f"the same by the clock, cold, {load()}", cold.wall, "s"),
    ]


if __name__ == "__main__":
    sys.exit(main())

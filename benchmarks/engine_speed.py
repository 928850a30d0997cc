"""What is timed: grids beside the peers, and the engine alone. Tables are made on both sides."""

import time
from typing import Final

import numpy as np

from benchmarks.engine_clock import Question, Spent, cpu_seconds, in_turns, middle, times
from benchmarks.engine_loop import loop
from benchmarks.engine_peers import Backtesting, Raptorbt, Vectorbt
from benchmarks.engine_series import a_walk, sp500
from benchmarks.engine_task import GRIDS, NINE, Task, task, ten_years
from tradingapi.engine import columns as c
from tradingapi.engine import sweep
from tradingapi.engine.preparation import Prepared, measure_of, prepare
from tradingapi.engine.window import resolve_window
from tradingapi.honesty.by_engine import SweepEngine
from tradingapi.honesty.permutation import search_permuted
from tradingapi.honesty.report import open_study
from tradingapi.honesty.watch import Watch

BARS: Final = 2_500

OURS: Final = "ours, nine, Arrow"
KERNEL: Final = "ours, kernel only"
LOOP: Final = "a plain numba loop, no table"
NUMBA: Final = "vectorbt, numba"
RUST: Final = "vectorbt, rust"
RAPTOR: Final = "raptorbt"
EVENTS: Final = "backtesting.py"


def prepared(asked: Task) -> Prepared:
    """Do everything of a sweep but its kernel."""
    wanted = asked.grid
    window = resolve_window(asked.bars.time, asked.spec, asked.first)
    measure = measure_of(asked.bars, window, asked.spec)
    return prepare(asked.bars, asked.spec, window, measure, wanted)


def kernel_of(asked: Task) -> Question:
    """Return the kernel alone, everything prepared: never a headline."""
    ready = prepared(asked)
    pairs = len(asked.grid)
    out = np.empty((c.COUNT, pairs))
    return lambda: ready.run(0, pairs, out)


def ours(asked: Task) -> dict[str, Question]:
    """Return our answers, end to end and in part."""
    close, spec, pairs = asked.close, asked.spec, asked.chosen
    return {
        OURS: lambda: sweep(close, spec, pairs=pairs, threads=1).to_arrow(NINE),
        "ours, nine, pandas": lambda: sweep(close, spec, pairs=pairs, threads=1).to_pandas(NINE),
        "ours, all, Arrow": lambda: sweep(close, spec, pairs=pairs, threads=1).to_arrow(),
        KERNEL: kernel_of(asked),
        LOOP: lambda: loop(asked),
    }


def against_peers(name: str) -> Spent:
    """Return CPU seconds of everyone on one grid of the S&P's last 2,500 days."""
    asked = task(name, sp500(BARS), GRIDS[name], start=None)
    numba, rust, raptor = Vectorbt("numba"), Vectorbt("rust"), Raptorbt()
    spent = in_turns(
        {
            **ours(asked),
            NUMBA: lambda: numba.table(asked),
            RUST: lambda: rust.table(asked),
            RAPTOR: lambda: raptor.table(asked),
        },
        time.process_time,
    )
    # An event for each bar: a few pairs are timed, and their time is scaled to all of them.
    few = asked.thinned(8)
    events = Backtesting(few)
    slow = in_turns({EVENTS: events.table}, time.process_time)[EVENTS]
    scale = len(asked.grid) / len(few.grid)
    return {**spent, EVENTS: [seconds * scale for seconds in slow]}


def full_grid() -> tuple[float, float]:
    """Return CPU seconds of the daily full grid with all columns, and its G combination-bars/s."""
    asked = ten_years()
    work = len(asked.grid) * (len(asked.bars) - asked.first)
    seconds = _cpu(lambda: sweep(asked.bars, asked.spec, threads=1))
    return seconds, work / seconds / 1e9


def hourly() -> float:
    """Return CPU seconds of a full grid on 8,820 hours, rows included."""
    asked = task("hours", a_walk(8_820), GRIDS["full"])
    return _cpu(lambda: sweep(asked.bars, asked.spec, threads=1))


def two_threads() -> float:
    """Return how many times faster two threads are than one, by the wall clock."""
    asked = task("hours", a_walk(8_820), GRIDS["full"])
    spent = in_turns(
        {
            "one": lambda: sweep(asked.bars, asked.spec, threads=1),
            "two": lambda: sweep(asked.bars, asked.spec, threads=2),
        },
        time.perf_counter,
    )
    return times(spent, "one", "two")


def permuted(count: int, name: str = "A") -> float:
    """Return CPU seconds of searching a grid on so many permutations of the S&P's 2,500 days."""
    asked = task(name, sp500(BARS), GRIDS[name], min_trades=10)
    found = sweep(asked.bars, asked.spec, threads=1)
    study = open_study(found, asked.bars, asked.spec, SweepEngine())
    watch = Watch(count, None, None)

    def search(draws: int) -> object:
        return search_permuted(study, count=draws, block=1, seed=0, threads=1, watch=watch)

    search(1)
    return cpu_seconds(lambda: search(count))


def _cpu(question: Question) -> float:
    return middle(in_turns({"": question}, time.process_time), "")

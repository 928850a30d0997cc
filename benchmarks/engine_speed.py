"""Times: CPU seconds of one thread, medians of interleaved repetitions, tables on both sides."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.engine_loop import loop
from benchmarks.engine_peers import Raptorbt, Vectorbt
from benchmarks.engine_series import a_walk, sp500
from benchmarks.engine_task import GRIDS, NINE, Task, task
from tradingapi.engine import Strategy, SweepSpec, sweep
from tradingapi.engine import columns as c
from tradingapi.engine.preparation import Prepared, measure_of, prepare
from tradingapi.engine.window import resolve_window

REPETITIONS = 5
BARS = 2_500

Question = Callable[[], object]

FULL = (2, 499, 3, 500, 1)


def medians(questions: dict[str, Question], clock: Callable[[], float]) -> dict[str, float]:
    """Ask everything once to warm up, then in turns; a short answer is asked for often enough."""
    repeats = {}
    for name, question in questions.items():
        question()
        began = clock()
        question()
        repeats[name] = max(1, round(0.05 / max(clock() - began, 1e-6)))
    spent: dict[str, list[float]] = {name: [] for name in questions}
    for _ in range(REPETITIONS):
        for name, question in questions.items():
            began = clock()
            for _ in range(repeats[name]):
                question()
            spent[name].append((clock() - began) / repeats[name])
    return {name: statistics.median(times) for name, times in spent.items()}


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


def against_peers(name: str) -> dict[str, float]:
    """Return CPU seconds of everyone on one grid of the S&P's last 2,500 days."""
    asked = task(name, sp500(BARS), GRIDS[name], start=None)
    close, spec, pairs = asked.close, asked.spec, asked.chosen
    numba, rust, raptor = Vectorbt("numba"), Vectorbt("rust"), Raptorbt()
    return medians(
        {
            "ours, nine, Arrow": lambda: sweep(close, spec, pairs=pairs, threads=1).to_arrow(NINE),
            "ours, nine, pandas": lambda: sweep(close, spec, pairs=pairs, threads=1).to_pandas(
                NINE
            ),
            "ours, all, Arrow": lambda: sweep(close, spec, pairs=pairs, threads=1).to_arrow(),
            "ours, kernel only": kernel_of(asked),
            "a plain numba loop, no table": lambda: loop(asked),
            "vectorbt, numba": lambda: numba.table(asked),
            "vectorbt, rust": lambda: rust.table(asked),
            "raptorbt": lambda: raptor.table(asked),
        },
        time.process_time,
    )


def full_grid() -> tuple[float, float]:
    """Return CPU seconds of the daily full grid with all columns, and its G combination-bars/s."""
    asked = _ten_years()
    work = len(asked.grid) * (len(asked.bars) - asked.first)
    ready = kernel_of(asked)
    spent = medians(
        {"sweep": lambda: sweep(asked.bars, asked.spec, threads=1), "kernel": ready},
        time.process_time,
    )
    return spent["sweep"], work / spent["sweep"] / 1e9


def hourly() -> float:
    """Return CPU seconds of a full grid on 8,820 hours, rows included."""
    asked = task("hours", a_walk(8_820), FULL)
    return medians({"": lambda: sweep(asked.bars, asked.spec, threads=1)}, time.process_time)[""]


def two_threads() -> float:
    """Return how many times faster two threads are than one, by the wall clock."""
    asked = task("hours", a_walk(8_820), FULL)
    spent = medians(
        {
            "one": lambda: sweep(asked.bars, asked.spec, threads=1),
            "two": lambda: sweep(asked.bars, asked.spec, threads=2),
        },
        time.perf_counter,
    )
    return spent["one"] / spent["two"]


def peak_megabytes() -> float:
    """Return the peak resident memory of a new process that sweeps the full grid once."""
    return float(_in_new_process("import benchmarks.engine_speed as s; print(s.once())"))


def once() -> float:
    """Sweep the full grid into a table; return this process's peak in megabytes."""
    asked = _ten_years()
    sweep(asked.bars, asked.spec, threads=1).to_arrow()
    # Not `ru_maxrss`: that one remembers the process that this one was forked from.
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def starts() -> tuple[float, float]:
    """Return seconds of a new process until its first answer: cold, and with kernels kept."""
    program = "from tradingapi.engine import warm_up; warm_up()"
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as folder:
        timed = []
        for _ in range(1 + REPETITIONS):
            began = time.perf_counter()
            _in_new_process(program, XDG_CACHE_HOME=folder)
            timed.append(time.perf_counter() - began)
    return timed[0], statistics.median(timed[1:])


def _ten_years() -> Task:
    bars = sp500(2_520 + 499)
    start = int(bars.time[499])
    return Task("full", bars, SweepSpec(Strategy.SMA, (2, 499), (3, 500), 1, start=start))


def _in_new_process(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        # Bytecode is kept, as after any installation.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return done.stdout

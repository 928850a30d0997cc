"""New processes: until their first answer, and the most memory they had."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.engine_clock import REPETITIONS
from benchmarks.engine_task import ten_years
from tradingapi.engine import sweep


class Start(NamedTuple):
    """Seconds of a process that answers one sweep and ends."""

    cpu: float
    """What it computed: on an idle machine this is what the clock shows too."""
    wall: float


FIRST_SWEEP: Final = """
import numpy as np
from tradingapi.engine import Strategy, SweepSpec, sweep
closes = 100.0 * np.cumprod(1.0 + 0.01 * np.random.default_rng(1).standard_normal(2_520))
sweep(closes, SweepSpec(Strategy.SMA, (10, 20), (20, 30), 5)).to_arrow()
"""


def starts() -> tuple[Start, Start]:
    """Return the first start, nothing compiled yet, and the median of later ones."""
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as folder:
        cold, *warm = [_start(folder) for _ in range(1 + REPETITIONS)]
    return cold, Start(*(statistics.median(figures) for figures in zip(*warm, strict=True)))


def peak_megabytes() -> float:
    """Return the peak resident memory of a new process that sweeps the full grid once."""
    return float(_in_new_process("from benchmarks.engine_starts import once; print(once())"))


def once() -> float:
    """Sweep the full grid into a table; return this process's peak in megabytes."""
    asked = ten_years()
    sweep(asked.bars, asked.spec, threads=1).to_arrow()
    # Not `ru_maxrss`: that one remembers the process that this one was forked from.
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _start(folder: str) -> Start:
    began, before = time.perf_counter(), _of_children()
    _in_new_process(FIRST_SWEEP, XDG_CACHE_HOME=folder)
    return Start(_of_children() - before, time.perf_counter() - began)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _in_new_process(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        # Bytecode is kept, as after any installation.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    return done.stdout

"""The same bytes on every x86 level: an image's kernels and a laptop's give one result."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

LEVELS = ("x86-64-v2", "x86-64-v3", "native")

PROGRAM = """
import hashlib
from tests.engine.series import a_walk
from tradingapi.engine import Strategy, SweepSpec, sweep

digest = hashlib.sha256()
for spec in (
    SweepSpec(Strategy.SMA, (2, 40), (5, 60)),
    SweepSpec(Strategy.EMA, (2, 40), (5, 60)),
    SweepSpec(Strategy.MACD, (2, 40), (5, 60), signal_period=5),
    SweepSpec(Strategy.RSI, (10, 60), (20, 90), 2),
):
    result = sweep(a_walk(700), spec, threads=1)
    digest.update(result.figures.tobytes() + result.holding.tobytes())
print(digest.hexdigest())
"""


def result_of(level: str, folder: Path) -> str:
    """Sweep in a process whose kernels are compiled for an x86 level, and return the sha256."""
    named = {} if level == "native" else {"NUMBA_CPU_NAME": level, "NUMBA_CPU_FEATURES": ""}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "NUMBA_CACHE_DIR": str(folder / level), **named},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="levels of x86")
@pytest.mark.skipif(not os.environ.get("LONG"), reason="compiles three times: LONG=1")
@pytest.mark.timeout(1_800)
def test_every_x86_level_gives_the_same_bytes(tmp_path: Path) -> None:
    """No fused multiply-add, no vector width and no processor's own sine is in a figure."""
    found = {level: result_of(level, tmp_path) for level in LEVELS}

    assert 1 == len(set(found.values())), found
    assert 64 == len(found["native"])

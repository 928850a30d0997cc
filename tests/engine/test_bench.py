"""The harness that measures the engine, where no peer is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.engine_clock import in_turns, middle, times

ROOT = Path(__file__).parents[2]


def test_the_quick_bench_holds_the_engine_against_a_plain_loop() -> None:
    """It ends well, and writes what it found where releases look."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engine"],
        check=False,
        cwd=ROOT,
        env={**os.environ, "QUICK": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((ROOT / "build/bars/engine-quick.json").read_text("utf-8"))
    assert found["bars"][0]["what"] == "342 pairs, unlike the plain loop's"
    assert [bar["met"] for bar in found["bars"]] == [True] * 6


def test_a_ratio_is_that_of_the_turns_not_of_the_medians() -> None:
    """A machine that slows down from turn to turn moves no ratio."""
    spent = {"theirs": [2.0, 4.0, 80.0], "ours": [1.0, 2.0, 40.0]}

    assert times(spent, "theirs", "ours") == 2.0
    assert middle(spent, "theirs") == 4.0


def test_questions_are_asked_in_turns() -> None:
    """What is compared is measured at the same time."""
    asked: list[str] = []
    ticks = iter(range(10_000))
    in_turns({"a": lambda: asked.append("a"), "b": lambda: asked.append("b")}, lambda: next(ticks))

    assert asked == ["a", "a", "b", "b"] + ["a", "b"] * 5

"""Where compiled kernels are kept, and how soon a new process answers."""

import os
import subprocess
import sys
from pathlib import Path

from tradingapi.engine import jit

PROGRAM = """
import time
began = time.monotonic()
from tradingapi.engine import warm_up
warm_up()
print(time.monotonic() - began)
"""


def seconds(**environment: str) -> float:
    """Start a process that sweeps once, and return what that took by its own clock."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    return float(done.stdout)


def test_a_second_process_finds_the_kernels_of_the_first(tmp_path: Path) -> None:
    """They are below the user's cache folder, and nothing is compiled twice."""
    first = seconds(XDG_CACHE_HOME=str(tmp_path))
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")}

    second = seconds(XDG_CACHE_HOME=str(tmp_path))

    assert kept
    assert kept == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")}
    assert {"tradingapi"} == {path.name for path in tmp_path.iterdir()}
    assert second < first / 2


def test_another_source_has_another_folder(tmp_path: Path) -> None:
    """A changed piece would go unseen: numba looks only at the caller's file."""
    (tmp_path / "kernels.py").write_text("one = 1")
    before = jit.cache_folder(tmp_path)
    (tmp_path / "kernels.py").write_text("one = 2")
    jit.cache_folder.cache_clear()

    assert before != jit.cache_folder(tmp_path)


def test_a_folder_that_numba_was_given_goes_before(tmp_path: Path) -> None:
    """Who has a place for all of Numba's kernels keeps it."""
    given, other = tmp_path / "given", tmp_path / "other"

    seconds(NUMBA_CACHE_DIR=str(given), XDG_CACHE_HOME=str(other))

    assert list(given.rglob("*.nbi"))
    assert not other.exists()


def test_kernels_that_came_with_an_image_are_not_compiled_again(tmp_path: Path) -> None:
    """They are copied to a cache that can be written, and found there."""
    shipped, cache = tmp_path / "shipped", tmp_path / "cache"
    seconds(XDG_CACHE_HOME=str(shipped))
    brought = {path.name for path in shipped.rglob("*.nbc")}

    took = seconds(XDG_CACHE_HOME=str(cache), TRADING_API_KERNELS=str(shipped / "tradingapi"))

    assert brought
    assert brought == {path.name for path in cache.rglob("*.nbc")}
    assert took < seconds(XDG_CACHE_HOME=str(tmp_path / "empty")) / 2

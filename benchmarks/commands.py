"""How long the commands of the README take, from the call to what a person waits for."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.bars import ROOT
from dev.processes import Command, Process
from tests.support.eventually import eventually

FINISHED = "The last sweep finished after"
"""What the demo says when it has what people wait for."""

_WARM_WITHIN = 240.0
_FRESH_WITHIN = 45 * 60.0
_TESTS_WITHIN = 60 * 60.0
"""Seconds after which nothing more is learned by waiting."""

_SETTINGS = ("TRADINGSWEEP_", "TRADING_API_", "XDG_", "KUBE")
_CACHES = frozenset(
    {
        "GOCACHE",
        "GOMODCACHE",
        "GOPATH",
        "PIP_CACHE_DIR",
        "PYTHONPATH",
        "UV_CACHE_DIR",
        "VIRTUAL_ENV",
    }
)


class CommandError(RuntimeError):
    """A command of the README failed."""


def warm_demo() -> float:
    """Return the seconds from `make demo` to the last sweep finished, when all is built."""
    _run(["make", "sync"], ROOT, _FRESH_WITHIN)
    _run([str(ROOT / ".venv/bin/python"), "-m", "dev", "prepare"], ROOT, _FRESH_WITHIN)
    return _demo(ROOT, {}, _WARM_WITHIN)


def duration_of_the_tests() -> float:
    """Return the seconds that `make test` takes.

    Raises:
        CommandError: a test failed: how fast it did so does not count.
    """
    return _run(["make", "test"], ROOT, _TESTS_WITHIN)


def demo_from_a_fresh_clone() -> float:
    """Return the seconds of `make demo` in a new clone, for a user who has nothing yet."""
    with tempfile.TemporaryDirectory(prefix="fresh-clone-") as folder:
        home, clone = Path(folder) / "home", Path(folder) / "clone"
        home.mkdir()
        _run(["git", "clone", "--quiet", str(ROOT), str(clone)], Path(folder), _WARM_WITHIN)
        return _demo(clone, {"HOME": str(home)}, _FRESH_WITHIN)


def _demo(folder: Path, changes: Mapping[str, str], within: float) -> float:
    with tempfile.TemporaryDirectory(prefix="demo-") as logs:
        log = Path(logs) / "demo.log"
        # Through `env -i`: what is left out must not come back from this process's environment.
        variables = [f"{name}={value}" for name, value in {**_bare(), **changes}.items()]
        command = Command(
            "make demo",
            ["env", "-i", *variables, "PYTHONUNBUFFERED=1", "make", "demo"],
            log,
            folder=folder,
            grace=60.0,
        )
        began = time.monotonic()
        with Process(command) as demo:
            eventually(
                lambda: FINISHED in log.read_text("utf-8") or not demo.is_running,
                bool,
                within=within,
            )
            seconds = time.monotonic() - began
            if demo.wait(_WARM_WITHIN) != 0:
                raise CommandError(str(demo.error("failed")))
        return seconds


def _bare() -> dict[str, str]:
    """Return this environment without what leads to this checkout and to a user's own caches."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _CACHES and not name.startswith(_SETTINGS)
    }
    ours = str(ROOT / ".venv" / "bin")
    return {**kept, "PATH": os.pathsep.join(p for p in os.get_exec_path() if p != ours)}


def _run(command: Sequence[str], folder: Path, within: float) -> float:
    """Run a command and return its seconds.

    Raises:
        CommandError: it failed; the message is the end of what it said.
    """
    began = time.monotonic()
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=within, check=False
    )
    if ended.returncode != 0:
        said = (ended.stdout + ended.stderr)[-4000:]
        raise CommandError(f"{' '.join(command)} ended with {ended.returncode}:\n{said}")
    return time.monotonic() - began

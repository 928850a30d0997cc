"""Children end with their parent, however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dev.processes import Command, Process, ProcessError
from tests.support.eventually import eventually

# A child that ignores TERM with a grandchild in the same group.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""

PARENT = """
import sys, time
from pathlib import Path
from dev.processes import Command, Process
log = Path(sys.argv[1])
process = Process(Command("stubborn", [sys.executable, "-c", sys.argv[2]], log, grace=0.3))
print(process.pid, flush=True)
time.sleep(600)
"""


def python(log: Path, source: str, *, grace: float = 5.0) -> Command:
    """A command that runs some Python."""
    return Command("script", [sys.executable, "-c", source], log, grace=grace)


def has_gone(pid: int) -> bool:
    """Whether no process of that number runs."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def first_line(log: Path) -> int:
    """The number that a script printed first."""
    return int(eventually(log.read_text, lambda text: text.endswith("\n"), within=10).split()[0])


def test_children_and_grandchildren_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves the parent no chance to clean up, and still nothing stays behind."""
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log), STUBBORN], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        grandchild = first_line(log)
        parent.kill()

    eventually(lambda: (has_gone(child), has_gone(grandchild)), (True, True), within=10)


def test_a_child_that_ignores_the_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    """Stopping takes no longer than it was allowed to."""
    with Process(python(tmp_path / "log", STUBBORN, grace=0.2)) as process:
        grandchild = first_line(tmp_path / "log")

    assert -signal.SIGKILL == process.returncode
    eventually(lambda: has_gone(grandchild), wanted=True, within=5)


def test_a_paused_child_can_be_stopped(tmp_path: Path) -> None:
    """What a fault test froze does not hold up its end."""
    with Process(python(tmp_path / "log", "import time; time.sleep(600)")) as process:
        process.pause()
        eventually(lambda: psutil.Process(process.pid).status(), psutil.STATUS_STOPPED, within=5)

    assert -signal.SIGTERM == process.returncode


def test_a_child_that_dies_early_says_what_it_said(tmp_path: Path) -> None:
    """The error shows the log, so that nobody has to look for it."""
    source = "raise SystemExit('the port is taken')"

    with (
        Process(python(tmp_path / "log", source)) as process,
        pytest.raises(ProcessError, match="the port is taken"),
    ):
        process.wait_ready(lambda: False, within=10)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing program is an error with its name, not a silence."""
    missing = tmp_path / "no-such-program"

    with (
        Process(Command("missing", [missing], tmp_path / "log")) as process,
        pytest.raises(ProcessError, match="no-such-program"),
    ):
        process.wait_ready(lambda: False, within=10)

"""Child processes that end with us: started with a log each, awaited, stopped, killed, paused."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_LEASH = Path(__file__).with_name("leash.py")
_LOOK_EVERY = 0.05
"""Seconds between two looks whether a process is ready."""
_TAIL = 4000
"""Bytes of a log that an error shows."""


class ProcessError(RuntimeError):
    """A process ended too early or did not become ready; the message ends with its last lines."""


@dataclass(frozen=True)
class Command:
    """What to run: a name for messages, the program with its arguments, and how to end it."""

    name: str
    arguments: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to this process's own environment."""
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """Seconds from the stop signal to SIGKILL."""
    user: str = ""
    """Run as this user; only root may ask for it."""


class Process:
    """One running command and everything that it starts, in a process group of its own.

    It ends when this process ends in any way, also by SIGKILL (see `dev/leash.py`). A fork of this
    process without an exec holds the leash too, and keeps the child alive as long as it lives.
    """

    def __init__(self, command: Command) -> None:
        self.command = command
        hold, self._hold = os.pipe()
        try:
            self._child = self._start(hold)
        except BaseException:
            os.close(self._hold)
            raise
        finally:
            os.close(hold)

    def _start(self, hold: int) -> subprocess.Popen[bytes]:
        command = self.command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        leash = [sys.executable, "-I", "-S", str(_LEASH), str(hold)]
        leash += [str(int(command.stop_signal)), str(command.grace), command.user]
        with command.log.open("ab") as log:
            return subprocess.Popen(
                [*leash, *map(str, command.arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=command.folder,
                env={**os.environ, **command.environment},
                start_new_session=True,
                pass_fds=(hold,),
            )

    @property
    def pid(self) -> int:
        """The command's own pid, which is also its process group."""
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; the exit status, or minus the signal's number, afterwards."""
        status = self._child.poll()
        if status is not None:
            self._let_go()
        return status

    @property
    def is_running(self) -> bool:
        """Whether the command itself has not ended."""
        return self.returncode is None

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        text = self.command.log.read_bytes()[-_TAIL:].decode(errors="replace")
        return text.strip() or "(its log is empty)"

    def wait_ready(self, probe: Callable[[], bool], within: float) -> Self:
        """Call `probe` until it says yes.

        Raises:
            ProcessError: the process ended, or `within` seconds passed.
        """
        end = time.monotonic() + within
        while not probe():
            if not self.is_running:
                raise self.error(f"ended with {self.returncode} before it was ready")
            if time.monotonic() > end:
                raise self.error(f"was not ready within {within:g} s")
            time.sleep(_LOOK_EVERY)
        return self

    def wait(self, within: float) -> int:
        """Wait for the end and return the exit status.

        Raises:
            ProcessError: it still runs after `within` seconds.
        """
        try:
            status = self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise self.error(f"did not end within {within:g} s") from None
        self._let_go()
        return status

    def error(self, words: str) -> ProcessError:
        """Return an error about this process that shows the end of its log."""
        name, log = self.command.name, self.command.log
        return ProcessError(f"{name} {words}; the end of {log}:\n{self.log_tail()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command alone, which may pass it on."""
        self._child.send_signal(number)

    def pause(self) -> None:
        """Freeze it and its descendants, as a machine without processor time would."""
        frozen: set[psutil.Process] = set()
        # Each is asked for its children when it can have no more: one that was born meanwhile,
        # such as the session of a client that has just come, would go on and answer.
        while awake := {*self._family()} - frozen:
            _signal(awake, signal.SIGSTOP)
            frozen |= awake

    def resume(self) -> None:
        """Let what was paused go on."""
        self._signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """End it and its descendants at once, as a crash would, and wait until they have gone."""
        family = self._signal_all(signal.SIGKILL)
        self._child.wait()
        self._let_go()
        while not all(map(_has_gone, family)):
            time.sleep(_LOOK_EVERY)

    def _signal_all(self, number: signal.Signals) -> list[psutil.Process]:
        """Signal the command and its descendants, and return these."""
        family = self._family()
        _signal(family, number)
        return family[1:]

    def _family(self) -> list[psutil.Process]:
        """Return the command and its descendants; Postgres's have sessions of their own."""
        # Once it is reaped, the pid may belong to somebody else.
        if not self.is_running:
            return []
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]

    def stop(self) -> None:
        """Ask the command to end, and kill it after its grace; fine to call twice."""
        self.send(self.command.stop_signal)
        # What is paused hears nothing but SIGKILL.
        self.resume()
        try:
            self._child.wait(self.command.grace)
        except subprocess.TimeoutExpired:
            self.kill()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        # The leash ends what is left of the group, such as a grandchild that ignored the signal.
        # Right after the reaping: later the group's number may be somebody else's.
        if self._hold >= 0:
            os.close(self._hold)
            self._hold = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _signal(family: Iterable[psutil.Process], number: signal.Signals) -> None:
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.send_signal(number)


def _has_gone(process: psutil.Process) -> bool:
    """Whether nothing of it runs: who should reap an orphan may take a second to do so."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True

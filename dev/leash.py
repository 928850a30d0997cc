"""Run a command that cannot outlive its owner: `python leash.py FD SIGNAL GRACE USER COMMAND…`.

The owner holds the write end of a pipe and never writes to it. This program forks: the first
process becomes the command, so its pid is the one that the owner sees; the second reads the pipe.
End of file means that the owner has let go, by closing the pipe or by dying in any way, SIGKILL
included; then the command's whole process group is ended.

Not PR_SET_PDEATHSIG: it exists on Linux only, tells the child but not its grandchildren, and fires
when the *thread* that started the child ends. A grandchild that starts a session of its own leaves
the group, here as anywhere.
"""

import os
import pwd
import signal
import sys
import time
from contextlib import suppress

_LOOK_EVERY = 0.02
"""Seconds between two looks whether the group has gone."""


def main(arguments: list[str]) -> None:
    """Become the command, as USER where that is not empty, with a watcher on the pipe beside it."""
    pipe, number, grace, user, *command = arguments
    group = os.getpid()
    if os.fork() == 0:
        _watch(int(pipe), group, signal.Signals(int(number)), float(grace))
        os._exit(0)
    os.close(int(pipe))
    try:
        # Only here, not when the owner starts this program: the user may not be able to read the
        # Python that runs it, and the watcher needs the owner's rights to end the group.
        if user:
            _become(user)
        os.execvp(command[0], command)  # noqa: S606 (an argument list, as the owner wrote it)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


def _become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _watch(pipe: int, group: int, number: signal.Signals, grace: float) -> None:
    """Wait until the owner lets go, then end the group: `number`, after `grace` seconds SIGKILL."""
    # A session of its own: what ends or stops the group, or the terminal, must not reach this.
    os.setsid()
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    while os.read(pipe, 1):
        pass
    # A stopped process acts on nothing but SIGKILL until it goes on.
    _signal(group, number)
    _signal(group, signal.SIGCONT)
    end = time.monotonic() + grace
    while time.monotonic() < end and _signal(group, 0):
        time.sleep(_LOOK_EVERY)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Signal the group; False where it has gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    main(sys.argv[1:])

"""Ports that are free stay free for whoever asked."""

import socket
import subprocess
import sys

from dev.ports import free_port


def test_a_port_can_be_listened_on() -> None:
    """What is called free is free."""
    with socket.socket() as listener:
        port = free_port()
        listener.bind(("127.0.0.1", port))

        assert ("127.0.0.1", port) == listener.getsockname()


def test_no_port_is_given_twice_by_processes_that_run_together() -> None:
    """Two stacks that start at once do not meet, though nobody listens yet."""
    source = "from dev.ports import free_port\nprint(*(free_port() for _ in range(1000)))\ninput()"
    command = [sys.executable, "-c", source]
    with (
        subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as first,
        subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as second,
    ):
        assert first.stdout is not None
        assert second.stdout is not None
        ports = first.stdout.readline().split() + second.stdout.readline().split()
        for process in (first, second):
            process.communicate("\n")

    assert 2000 == len(set(ports))

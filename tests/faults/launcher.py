"""`python -m tests.faults.launcher operator|receiver PORT`: a process that may be killed anywhere.

It is the kubelet of its child: whatever the child ends of, another one is started, until this
process is asked to stop. The child is a fork of it, which has imported everything already: a start
costs a tenth of a second and not two seconds of processor time. FAULTS_MUTANT names a deliberate
break of the product (`mutants.py`) that the child runs with.
"""

import gc
import os
import signal
import sys
from threading import Event
from types import FrameType

from kubernetes.aio import client

# Imported before the fork, for the child.
from tests.faults.instruments import Asking, instrument
from tests.faults.leading import EVERYBODY_LEADS, everybody_leads
from tests.faults.mutants import apply_mutant
from tradingsweep import cli, running
from tradingsweep.receiver import server

_PAUSE = 0.3
"""Seconds before a child is started again that ended by itself."""

_HEAVY = (
    running,
    server,
    # The client's package imports what it has when it is first asked for it: 300 modules.
    client.CustomObjectsApi,
    client.EventsV1Api,
    client.ApiextensionsV1Api,
    client.CoordinationV1Api,
)


class Launcher:
    """Starts a child again and again."""

    def __init__(self, role: str, port: int) -> None:
        self._role, self._port = role, port
        self._child = 0
        self._stopping = False

    def run(self) -> int:
        """Run until SIGTERM; returns the exit status of the last child."""
        signal.signal(signal.SIGTERM, self._stop)
        gc.freeze()
        while True:
            self._child = os.fork()
            if self._child == 0:
                self._become()
            status = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
            if self._stopping:
                return status
            if status != -signal.SIGKILL:
                Event().wait(_PAUSE)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._stopping = True
        os.kill(self._child, number)

    def _become(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            apply_mutant(os.environ.get("FAULTS_MUTANT", ""))
            asking = Asking(self._port)
            asking.ask(started=self._role)
            instrument(asking)
            if os.environ.get(EVERYBODY_LEADS):
                everybody_leads()
            cli.app([self._role], standalone_mode=False)
        except SystemExit as ended:
            os._exit(ended.code if isinstance(ended.code, int) else 1)
        except BaseException:  # noqa: BLE001 (a child never goes on as its parent)
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)


if __name__ == "__main__":
    sys.exit(Launcher(sys.argv[1], int(sys.argv[2])).run())

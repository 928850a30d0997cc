"""Shows `kubectl get tradingsweeps -A` as it changes."""

import time
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dev.local import Local
from dev.samples import has_finished

_LOOK_EVERY = 0.5
"""Seconds between two looks."""


class StuckError(RuntimeError):
    """The sweeps did not finish in time."""


class Screen:
    """A table that is drawn anew on a terminal, and printed whenever it changed elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._shown: set[str] = set()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, table: str) -> None:
        """Show the table; elsewhere than on a terminal only the lines that are new."""
        if self._live is not None:
            self._live.update(Text(table), refresh=True)
            return
        for line in table.splitlines():
            if (what := _without_age(line)) not in self._shown:
                self._shown.add(what)
                self._console.print(Text(line), soft_wrap=True)


def watch(system: Local, count: int, console: Console, within: float) -> list[dict[str, Any]]:
    """Show the sweeps until all `count` have finished, and return them.

    Raises:
        ProcessError: a process of the system ended by itself.
        StuckError: `within` seconds passed.
    """
    end = time.monotonic() + within
    shown = ""
    with Screen(console) as screen:
        while True:
            table = system.kubectl.run("get", "tradingsweeps", "-A").strip()
            screen.show(table)
            # Each call of kubectl takes a tenth of a second of processor time from the sweeps.
            if _without_age(table) != shown:
                shown = _without_age(table)
                sweeps = system.kubectl.get("tradingsweeps", "-n", system.namespace)["items"]
                if len(sweeps) == count and all(map(has_finished, sweeps)):
                    screen.show(system.kubectl.run("get", "tradingsweeps", "-A").strip())
                    return list(sweeps)
            system.stack.check()
            if time.monotonic() > end:
                raise StuckError(f"the sweeps did not finish within {within:g} s")
            time.sleep(_LOOK_EVERY)


def _without_age(table: str) -> str:
    """Leave out the last column, which changes by itself, and what only aligns."""
    return "\n".join(" ".join(line.split()[:-1]) for line in table.splitlines())

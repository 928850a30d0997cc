"""`make demo`: everything is started, the samples are applied, and their endings are checked."""

import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.text import Text

from dev.cluster import Choice
from dev.local import Local, local
from dev.postgres import psql
from dev.progress import progress
from dev.results import best_results, results_table
from dev.samples import EXPECTED, FOLDER, REFUSALS, REFUSED, disappointment
from dev.watching import watch

_FINISHED_WITHIN = 120.0
"""Seconds; a quiet machine needs about 10."""
_SHOWN = 3
"""Results shown of each sweep."""
_LOOK_EVERY = 1.0
"""Seconds between two looks whether everything still runs."""

_LOG_WIDTH = 120
"""Characters."""


class DemoError(RuntimeError):
    """A sample did not end as it must."""


def demo(choice: Choice, *, keep: bool) -> None:
    """Run the samples from the apply to their results; with `keep`, stay up until Ctrl-C.

    Raises:
        DemoError: a sample did not end as it must.
    """
    started = time.monotonic()
    console = _console()
    with _running(choice) as system:
        console.print(f"Everything is up after {time.monotonic() - started:.1f} s.\n")
        _apply(system, console)
        _refuse(system, console)
        _command(console, "kubectl get tradingsweeps -A")
        sweeps = watch(system, len(EXPECTED), console, _FINISHED_WITHIN)
        console.print(f"\nThe last sweep finished after {time.monotonic() - started:.1f} s.\n")
        console.print(results_table(best_results(system.dsn, system.namespace, _SHOWN)))
        if wrong := [why for sweep in sweeps if (why := disappointment(sweep)) is not None]:
            raise DemoError("\n".join(wrong))
        _invite(system, console, keep=keep)
        if keep:
            _stay(system)


def up(choice: Choice) -> None:
    """Run everything without samples until Ctrl-C."""
    console = _console()
    with _running(choice) as system:
        _invite(system, console, keep=True)
        _stay(system)


@contextmanager
def _running(choice: Choice) -> Iterator[Local]:
    with ExitStack() as stack:
        # The progress line ends when everything is up; what it was about goes on.
        with progress() as shown:
            system = stack.enter_context(local(choice, shown))
        yield system


def _apply(system: Local, console: Console) -> None:
    _command(console, f"kubectl apply -n {system.namespace} -f manifests/samples/")
    _plain(console, system.kubectl.run("apply", "-n", system.namespace, "-f", str(FOLDER)))


def _refuse(system: Local, console: Console) -> None:
    for name, words in REFUSALS.items():
        file = REFUSED / f"{name}.yaml"
        _command(console, f"kubectl apply -n {system.namespace} -f manifests/samples/refused/")
        answer = system.kubectl.attempt("apply", "-n", system.namespace, "-f", str(file))
        _plain(console, answer.stderr)
        if answer.returncode == 0 or words not in answer.stderr:
            raise DemoError(f"{name} should be refused with words about {words}")


def _invite(system: Local, console: Console, *, keep: bool) -> None:
    """Print the commands with which people look further."""
    client = "psql" if shutil.which("psql") else str(psql())
    query = "SELECT * FROM trading_sweep_results ORDER BY score DESC LIMIT 10"
    variables = system.kubectl.environment
    if not keep:
        console.print("\nTo look further, leave it running (`make demo KEEP=1`), and then:\n")
    else:
        console.print("\nIt runs until Ctrl-C. In another terminal:\n")
        console.print(Text(f"export KUBECONFIG={shlex.quote(variables['KUBECONFIG'])}"))
        console.print(Text(f"export DSN={shlex.quote(system.dsn)}"), soft_wrap=True)
    for command in (
        "kubectl get tradingsweeps -A -o wide",
        f"kubectl describe tradingsweep sp500-sma -n {system.namespace}",
        f"kubectl get events -n {system.namespace}",
        f'{client} "$DSN" -c "{query}"',
    ):
        console.print(Text(command), soft_wrap=True)


def _stay(system: Local) -> None:
    """Wait for Ctrl-C; end with an error if something stops by itself."""
    try:
        while True:
            system.stack.check()
            time.sleep(_LOOK_EVERY)
    except KeyboardInterrupt:
        print("\nStopping.", file=sys.stderr)


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        # A log has no width to fit into: the tables' own is best.
        console.width = _LOG_WIDTH
    return console


def _command(console: Console, command: str) -> None:
    console.print(Text(f"$ {command}", style="bold"), soft_wrap=True)


def _plain(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)

"""The `tradingapi` command: arguments are parsed here, and each subcommand loads only its own.

Exit statuses: 0 done (whatever the verdict), 1 it could not be done (prices, files), 2 the command
was wrong, 3 a reproduction differs, 130 interrupted.
"""

import typer

from tradingapi.cli.commands import REPRODUCE, SERVE, SWEEP, reproduce, serve, sweep

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)
app.command(epilog=SERVE)(serve)
app.command(epilog=SWEEP)(sweep)
app.command(epilog=REPRODUCE)(reproduce)


@app.callback()
def main() -> None:
    """Parameter-sweep backtests: over HTTP, and here."""

"""The `tradingapi` command."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from tradingapi.settings import Settings

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)

EXAMPLES = """
Examples:

  tradingapi serve --dev

  TRADING_API_KEYS=$(openssl rand -hex 16) tradingapi serve --port 8000 --data-dir ./data

  TRADING_API_PRICES_DIR=./prices TRADING_API_SOURCES=directory tradingapi serve --dev

Every setting is an environment variable TRADING_API_...; /docs describes the API.
"""


@app.callback()
def main() -> None:
    """Parameter-sweep backtests over HTTP."""


@app.command(epilog=EXAMPLES)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65_535)] = 8000,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where jobs and results are kept (TRADING_API_DATA_DIR).")
    ] = None,
    dev: Annotated[
        bool, typer.Option("--dev", help="Accept the published development key.")
    ] = False,
) -> None:
    """Serve the API until SIGINT or SIGTERM. One line on stdout says when it listens."""
    settings = _settings(data_dir, dev=dev)
    from tradingapi.server import StartError, run

    try:
        run(settings, host, port)
    except StartError as error:
        typer.echo(f"tradingapi: {error}", err=True)
        raise typer.Exit(error.status) from error


def _settings(data_dir: Path | None, *, dev: bool) -> Settings:
    given: dict[str, Any] = {}
    if data_dir is not None:
        given["data_dir"] = data_dir
    if dev:
        given["dev"] = True
    try:
        return Settings(**given)
    except ValidationError as error:
        for broken in error.errors(include_input=False, include_context=False):
            name = "_".join(str(part) for part in broken["loc"]) or "settings"
            typer.echo(f"tradingapi: {name}: {broken['msg']}", err=True)
        raise typer.Exit(2) from error

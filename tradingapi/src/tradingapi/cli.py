"""The `tradingapi` command."""

import gc
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError
from typing_extensions import override

from tradingapi.app import create_app
from tradingapi.connections import listen, protocol
from tradingapi.logs import configure_logging
from tradingapi.services import build_services
from tradingapi.settings import Settings
from tradingapi.sources import SourceError
from tradingapi.store.database import DataDirError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)

EXAMPLES = """
Examples:

  tradingapi serve --dev

  TRADING_API_KEYS=$(openssl rand -hex 16) tradingapi serve --port 8000 --data-dir ./data

  TRADING_API_PRICES_DIR=./prices TRADING_API_SOURCES=directory tradingapi serve --dev

Every setting is an environment variable TRADING_API_...; /docs describes the API.
"""

SHUTDOWN_SECONDS = 5
"""How long open requests may go on after a SIGTERM."""


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
    configure_logging()
    settings = _settings(data_dir, dev=dev)
    try:
        services = build_services(settings, time.time)
        listener = listen(host, port, settings.stall_seconds)
    except SourceError as error:
        typer.echo(f"tradingapi: {error}", err=True)
        raise typer.Exit(2) from error
    except (DataDirError, OSError) as error:
        typer.echo(f"tradingapi: {error}", err=True)
        raise typer.Exit(1) from error
    config = uvicorn.Config(
        create_app(services),
        http=protocol(settings.slow_seconds),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    _leave_quietly()
    Server(config).run(sockets=[listener])


class Server(uvicorn.Server):
    """A server that says when it listens: scripts and tests wait for that line."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # What was imported stays for ever: no collection need look at it again in the middle of an
        # answer.
        gc.freeze()
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"tradingapi listens on http://{shown}:{port}\n")
            sys.stdout.flush()


def _leave_quietly() -> None:
    """End with status 0 when asked to: uvicorn raises the signal again once it has shut down."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))


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

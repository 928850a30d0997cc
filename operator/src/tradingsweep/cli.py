"""`tradingsweep`: one command, a subcommand for each process. Argument parsing only."""

import asyncio
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from tradingsweep.adapters.migrate import migrate as apply_migrations
from tradingsweep.config import DatabaseSettings, OperatorSettings
from tradingsweep.crd import schema
from tradingsweep.errors import ClusterUnavailable, ConfigurationError, LedgerUnavailable
from tradingsweep.receiver import logs
from tradingsweep.receiver.server import serve
from tradingsweep.receiver.settings import ReceiverSettings
from tradingsweep.wiring import Operator

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Parameter-sweep backtests as Kubernetes resources.",
    pretty_exceptions_enable=False,
)


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep operator")
def operator() -> None:
    """Watch sweeps, submit them, store their results (settings: TRADINGSWEEP_* variables)."""
    logs.configure()
    _run(lambda: asyncio.run(_operate()))


async def _operate() -> None:
    await Operator(OperatorSettings.load()).run()


@app.command(epilog="Example: TRADINGSWEEP_RECEIVER_PORT=3000 tradingsweep receiver")
def receiver() -> None:
    """Take the Trading API's callbacks into the inbox (settings: TRADINGSWEEP_* variables)."""
    _run(lambda: serve(ReceiverSettings.load()))


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep migrate")
def migrate() -> None:
    """Bring the ledger's schema up to date; safe to run again and from several places."""
    _run(lambda: asyncio.run(_migrate()))


async def _migrate() -> None:
    settings = DatabaseSettings.load()
    applied = await apply_migrations(settings.dsn.get_secret_value())
    typer.echo("\n".join(applied) if applied else "up to date")


@app.command(epilog="Example: tradingsweep crd | kubectl apply -f -")
def crd(
    *, schema_hash: Annotated[bool, typer.Option(help="Print the schema's hash alone.")] = False
) -> None:
    """Print the CustomResourceDefinition of this version."""
    typer.echo(schema.schema_hash() if schema_hash else schema.crd_yaml(), nl=schema_hash)


def _run(work: Callable[[], None]) -> None:
    try:
        work()
    except (ConfigurationError, LedgerUnavailable, ClusterUnavailable) as error:
        _refuse(str(error))


def _refuse(why: str) -> NoReturn:
    typer.echo(f"tradingsweep: {why}", err=True)
    sys.exit(1)

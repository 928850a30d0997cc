"""`tradingsweep`: one command, a subcommand for each process. Argument parsing only.

Each subcommand imports what it runs: none waits for the libraries of the others.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tradingsweep.errors import CommandRefused, TradingSweepError

if TYPE_CHECKING:
    from tradingsweep.adapters.ledger import Named

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Parameter-sweep backtests as Kubernetes resources.",
    pretty_exceptions_enable=False,
)


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep operator")
def operator() -> None:
    """Watch sweeps, submit them, store their results (settings: TRADINGSWEEP_* variables)."""
    from tradingsweep import logs
    from tradingsweep.config import OperatorSettings
    from tradingsweep.running import Operator

    async def run(settings: OperatorSettings) -> None:
        await Operator(settings).run()

    logs.configure()
    with _one_line_for_an_error():
        asyncio.run(run(OperatorSettings.load()))


@app.command(epilog="Example: TRADINGSWEEP_RECEIVER_PORT=3000 tradingsweep receiver")
def receiver() -> None:
    """Take the Trading API's callbacks into the inbox (settings: TRADINGSWEEP_* variables)."""
    from tradingsweep.receiver import ReceiverSettings, serve

    with _one_line_for_an_error():
        serve(ReceiverSettings.load())


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep migrate")
def migrate() -> None:
    """Bring the ledger's schema up to date; safe to run again and from several places."""
    from tradingsweep.adapters.migrate import migrate as apply_to
    from tradingsweep.config import DatabaseSettings

    with _one_line_for_an_error():
        applied = asyncio.run(apply_to(DatabaseSettings.load().dsn.get_secret_value()))
        typer.echo("\n".join(applied) if applied else "up to date")


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep audit --confirm")
def audit(
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Vouch for it, for the next ten minutes.")
    ] = False,
) -> None:
    """Let an audit that was held (AuditHeld) cancel the sweeps whose objects are gone."""
    from tradingsweep.adapters.ledger import confirm_audit
    from tradingsweep.config import DatabaseSettings

    if not confirm:
        typer.echo("nothing done: look at what is missing, then add --confirm")
        return
    with _one_line_for_an_error():
        asyncio.run(confirm_audit(DatabaseSettings.load().dsn.get_secret_value()))
        typer.echo("the audits of the next ten minutes may cancel as much as they find")


_RESOLVE = """Examples:

tradingsweep resolve desk-a/btc-sma --job-id sweep_20250127_103045

tradingsweep resolve desk-a/btc-sma --not-submitted
"""


@app.command(epilog=_RESOLVE)
def resolve(
    sweep: Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="Which sweep.")],
    *,
    job_id: Annotated[str | None, typer.Option(help="The Trading API has it as this job.")] = None,
    not_submitted: Annotated[
        bool, typer.Option("--not-submitted", help="It never arrived: submit it anew.")
    ] = False,
    cluster: Annotated[
        str | None, typer.Option(help="Whose sweep, where several clusters share the ledger.")
    ] = None,
) -> None:
    """Say what became of a submission whose answer was lost (SubmissionOutcomeUnknown)."""
    from tradingsweep.adapters.ledger import say
    from tradingsweep.config import DatabaseSettings
    from tradingsweep.domain.holding import found_at_the_api, never_submitted

    with _one_line_for_an_error():
        if (job_id is None) is not not_submitted:
            raise CommandRefused("say either --job-id JOB or --not-submitted")
        about = _named(sweep, cluster)
        word = never_submitted if job_id is None else partial(found_at_the_api, job_id=job_id)
        asyncio.run(say(DatabaseSettings.load().dsn.get_secret_value(), about, word))
        typer.echo(f"{about}: the operator goes on with that")


def _named(sweep: str, cluster: str | None) -> "Named":
    from tradingsweep.adapters.ledger import Named

    namespace, slash, name = sweep.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise CommandRefused("the sweep must be given as NAMESPACE/NAME, such as desk-a/btc-sma")
    return Named(namespace, name, cluster)


@app.command(epilog="Example: tradingsweep crd | kubectl apply -f -")
def crd(
    *, schema_hash: Annotated[bool, typer.Option(help="Print the schema's hash alone.")] = False
) -> None:
    """Print the CustomResourceDefinition of this version."""
    from tradingsweep.crd import schema

    typer.echo(schema.schema_hash() if schema_hash else schema.crd_yaml(), nl=schema_hash)


@contextmanager
def _one_line_for_an_error() -> Iterator[None]:
    """What somebody can mend is said in one line; a bug shows where it is."""
    try:
        yield
    except TradingSweepError as error:
        typer.echo(f"tradingsweep: {error}", err=True)
        sys.exit(1)

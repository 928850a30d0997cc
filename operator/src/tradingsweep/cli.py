"""`tradingsweep`: one command, a subcommand for each process. Argument parsing only.

Each subcommand imports what it runs: none waits for the libraries of the others.
"""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tradingsweep.errors import CommandRefused, TradingSweepError

if TYPE_CHECKING:
    from tradingsweep.adapters.ledger import HeldSweep, Named

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


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep migrate --wait 60")
def migrate(
    *, wait: Annotated[float, typer.Option(help="Seconds to wait for Postgres.", min=0)] = 0
) -> None:
    """Bring the ledger's schema up to date; safe to run again and from several places.

    Where TRADINGSWEEP_RECEIVER_DSN is set, its user is made, and may then put callbacks into the
    inbox.
    """
    from tradingsweep.adapters.installation import make_receiver_login, migrate_when_there
    from tradingsweep.config import MigrationSettings

    async def run(settings: MigrationSettings) -> list[str]:
        dsn = settings.dsn.get_secret_value()
        applied = await migrate_when_there(dsn, wait)
        if settings.receiver_dsn is not None:
            await make_receiver_login(dsn, settings.receiver_dsn.get_secret_value())
        return applied

    with _one_line_for_an_error(), _ending_when_told():
        applied = asyncio.run(run(MigrationSettings.load()))
        typer.echo("\n".join(applied) if applied else "up to date")


@app.command(epilog="Example: TRADINGSWEEP_DSN=postgresql://… tradingsweep await-schema")
def await_schema() -> None:
    """Wait until the ledger has the schema of this version: what a pod does before it starts."""
    from tradingsweep import logs
    from tradingsweep.adapters.installation import await_schema as wait
    from tradingsweep.config import DatabaseSettings

    logs.configure()
    with _one_line_for_an_error(), _ending_when_told():
        asyncio.run(wait(DatabaseSettings.load().dsn.get_secret_value()))


_AUDIT = """Examples:

tradingsweep audit

tradingsweep audit --confirm
"""


@app.command(epilog=_AUDIT)
def audit(
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Vouch for it, for the next ten minutes.")
    ] = False,
) -> None:
    """List what waits for a human; let an audit that was held (AuditHeld) cancel what is gone."""
    from tradingsweep.adapters.ledger import confirm_audit, held
    from tradingsweep.config import DatabaseSettings

    with _one_line_for_an_error():
        dsn = DatabaseSettings.load().dsn.get_secret_value()
        if not confirm:
            typer.echo("\n".join(_listed(asyncio.run(held(dsn)))))
            return
        asyncio.run(confirm_audit(dsn))
        typer.echo("the audits of the next ten minutes may cancel as much as they find")


def _listed(held: "list[HeldSweep]") -> Iterator[str]:
    """Write a line for each held sweep, with the command that ends it."""
    for one in held:
        command = "resolve" if one.reason == "SubmissionOutcomeUnknown" else "release"
        ways = " (--job-id JOB | --not-submitted)" if command == "resolve" else ""
        yield (
            f"{one.since:%Y-%m-%dT%H:%M:%SZ}  {one.reason}  {one.phase}  {one.about}  "
            f"tradingsweep {command} {one.about} --cluster {one.about.cluster_id}{ways}"
        )
    yield f"{len(held)} held for a human"


_RELEASE = """Examples:

tradingsweep release desk-a/btc-sma

tradingsweep release --all --cluster 6c1f0a52-3a51-4d2f-9c54-6a3b1d1c7b9e
"""


@app.command(epilog=_RELEASE)
def release(
    sweep: Annotated[
        str | None, typer.Argument(metavar="[NAMESPACE/NAME]", help="Which sweep.")
    ] = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="All that a restore holds in the cluster.")
    ] = False,
    cluster: Annotated[
        str | None, typer.Option(help="Whose, where several clusters share the ledger.")
    ] = None,
) -> None:
    """Let sweeps go on that a restore holds (LedgerRolledBack, ObjectRestored).

    Look at the Trading API first. What ended stays as it is, a job that is known is followed, what
    waited is submitted; an object that asks another question than its last run is run.
    """
    from tradingsweep.adapters.ledger import held, say
    from tradingsweep.config import DatabaseSettings
    from tradingsweep.domain.holding import released

    with _one_line_for_an_error():
        if (sweep is None) is not all_ or (all_ and cluster is None):
            raise CommandRefused("say NAMESPACE/NAME, or --all and --cluster")
        dsn = DatabaseSettings.load().dsn.get_secret_value()
        named = [_named(sweep, cluster)] if sweep else []
        if all_:
            found = asyncio.run(held(dsn, cluster))
            named = [one.about for one in found if one.reason != "SubmissionOutcomeUnknown"]
        for about in named:
            asyncio.run(say(dsn, about, released))
            typer.echo(f"{about}: the operator goes on with it")
        typer.echo(f"{len(named)} released")


@app.command(
    epilog="Example: tradingsweep adopt --from OLD --into NEW (before the operator starts)"
)
def adopt(
    *,
    lost: Annotated[str, typer.Option("--from", help="Id of the cluster that is lost.")],
    into: Annotated[str, typer.Option(help="Id of the new one: the uid of its kube-system.")],
) -> None:
    """Let a new cluster take over the finished runs of a lost one instead of running them again.

    A sweep of the same namespace, name and question takes the old results, once. An id is what
    TRADINGSWEEP_CLUSTER_ID says, or: kubectl get namespace kube-system -o jsonpath={.metadata.uid}
    """
    from tradingsweep.adapters.ledger import adopt as take_over
    from tradingsweep.config import DatabaseSettings

    with _one_line_for_an_error():
        dsn = DatabaseSettings.load().dsn.get_secret_value()
        runs = asyncio.run(take_over(dsn, lost, into))
        typer.echo(f"{into} uses the {runs} finished runs of {lost}")


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


@contextmanager
def _ending_when_told() -> Iterator[None]:
    """End at a SIGTERM: the first process of a container has no default for it."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    yield

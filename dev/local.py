"""The whole system on one machine: cluster, Postgres, Trading API, receiver and operator."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dev.cluster import Choice, open_cluster
from dev.environment import RECEIVER_ROLE, Wiring, migrate
from dev.install import install_crds, namespace
from dev.kubectl import Kubectl, find_kubectl
from dev.postgres import Postgres
from dev.progress import Progress
from dev.scratch import scratch
from dev.stack import Stack

T = TypeVar("T")


@dataclass(frozen=True)
class Local:
    """A system that is up."""

    kubectl: Kubectl
    namespace: str
    """Where its operator looks for sweeps, on a cluster that is not ours; else everywhere."""
    dsn: str = field(repr=False)
    """The ledger."""
    stack: Stack


@contextmanager
def local(choice: Choice, progress: Progress) -> Iterator[Local]:
    """Run everything until the block ends; nothing of it is left afterwards.

    On a cluster or a database (TRADINGSWEEP_DSN) that is not ours, what others made is not
    touched: the resource definition and the ledger's tables stay there, the namespace goes.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(scratch("stack"))
        # Neither needs the other, and both mostly wait.
        ledger = stack.enter_context(_meanwhile(_ledger(folder)))
        cluster = stack.enter_context(open_cluster(choice, folder / "cluster", progress))
        progress.at("Applying the resource")
        kubectl = Kubectl(cluster.kubeconfig, find_kubectl(), folder / "kubectl-cache")
        install_crds(kubectl, cluster)
        home = stack.enter_context(namespace(kubectl, cluster))
        dsn, receiver_dsn = ledger.result()
        progress.at("Starting the Trading API, the receiver and the operator")
        wiring = Wiring(
            kubeconfig=cluster.kubeconfig,
            dsn=dsn,
            receiver_dsn=receiver_dsn,
            namespaces=() if cluster.is_ours else (home,),
            # The product's own: a busy laptop must not cost the only operator its lead.
            operator_settings={"TRADINGSWEEP_LEASE_SECONDS": "15"},
        )
        running = stack.enter_context(Stack(folder, wiring))
        yield Local(kubectl, home, dsn, running)


@contextmanager
def _meanwhile(manager: AbstractContextManager[T]) -> Iterator[Future[T]]:
    """Enter a manager in a thread, and leave it when the block ends, however far it came."""
    with ThreadPoolExecutor(1) as pool:
        entering = pool.submit(manager.__enter__)
        try:
            yield entering
        finally:
            if entering.exception() is None:
                manager.__exit__(None, None, None)


@contextmanager
def _ledger(folder: Path) -> Iterator[tuple[str, str]]:
    """Provide a migrated database: the operator's DSN and the receiver's."""
    if given := os.environ.get("TRADINGSWEEP_DSN"):
        migrate(given)
        # A login for the receiver would be one more thing left on somebody's server.
        yield given, given
        return
    with Postgres(folder / "postgres.log") as postgres:
        database = "tradingsweep"
        dsn = postgres.create_database(database)
        migrate(dsn)
        login = postgres.create_login("receiver", RECEIVER_ROLE)
        yield dsn, postgres.dsn(database, login)

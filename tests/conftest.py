"""The real parts, each started when the first test asks for it, once for each worker process."""

import itertools
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.binaries import found
from dev.controlplane import ControlPlane
from dev.environment import RECEIVER_ROLE, Wiring, migrate
from dev.kubectl import Kubectl, find_kubectl
from dev.postgres import Login, Postgres
from dev.stack import Stack
from tests.support.ground import Ground, Ledgers

CRDS = Path(__file__).parents[1] / "crds"

_TEMPLATE = "migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_user() -> Iterator[None]:
    """What somebody has exported for a demo does not reach the tests' processes."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(("TRADINGSWEEP_", "TRADING_API_", "OTEL_")):
                environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A Kubernetes API without nodes and controllers, with nothing of ours in it."""
    binaries = found()
    if binaries is None:
        # A build takes minutes: longer than a test may, and without anything to see.
        pytest.fail("kube-apiserver and etcd are not built yet: run `python -m dev prepare`")
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), binaries) as running:
        yield running


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """Kubectl with every right on the control plane."""
    cache = tmp_path_factory.mktemp("kubectl-cache")
    return Kubectl(control_plane.kubeconfig, find_kubectl(), cache)


@pytest.fixture(scope="session")
def crd(kubectl: Kubectl) -> str:
    """The TradingSweep resource, applied and established; its full name."""
    kubectl.run("apply", "--server-side", "-f", str(CRDS))
    kubectl.wait_established(CRDS)
    return "tradingsweeps.trading.zixly.io"


@pytest.fixture
def namespace(kubectl: Kubectl) -> str:
    """A namespace that no other test uses; it stays, since nothing here could empty it."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    kubectl.run("create", "namespace", name)
    return name


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres server; tests that kill it start their own."""
    log = tmp_path_factory.mktemp("postgres") / "postgres.log"
    with Postgres(log, durable=False) as running:
        yield running


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The DSN of a database with nothing in it, gone after the test."""
    name = f"empty_{next(_numbers)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """The name of a database with the ledger's tables, to copy and not to connect to."""
    migrate(postgres.create_database(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database(postgres: Postgres, migrated: str) -> Iterator[str]:
    """The DSN of a fresh ledger, gone after the test."""
    name = f"ledger_{next(_numbers)}"
    yield postgres.create_database(name, migrated)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def receiver_login(postgres: Postgres, migrated: str) -> Login:
    """Who the receiver is in every ledger: it may put callbacks into the inbox."""
    assert migrated
    return postgres.create_login("receiver", RECEIVER_ROLE)


@pytest.fixture(scope="session")
def ledgers(postgres: Postgres, migrated: str, receiver_login: Login) -> Ledgers:
    """Where each system gets a ledger of its own."""
    return Ledgers(postgres, migrated, receiver_login)


@pytest.fixture(scope="session")
def ground(control_plane: ControlPlane, kubectl: Kubectl, crd: str, ledgers: Ledgers) -> Ground:
    """One API server with the CRD and one Postgres for all systems of this worker."""
    assert crd
    return Ground(control_plane, kubectl, ledgers)


@pytest.fixture
def receiver_dsn(postgres: Postgres, receiver_login: Login, database: str) -> str:
    """The DSN of the test's ledger with the receiver's few rights."""
    return postgres.dsn(database.rpartition("/")[2], receiver_login)


@pytest.fixture
def wiring(
    control_plane: ControlPlane, crd: str, namespace: str, database: str, receiver_dsn: str
) -> Wiring:
    """How the test's stack hangs together; a test file may have its own, with other settings."""
    assert crd
    return Wiring(control_plane.kubeconfig, database, receiver_dsn, namespaces=(namespace,))


@pytest.fixture
def stack(wiring: Wiring, tmp_path: Path) -> Iterator[Stack]:
    """Trading API, receiver and operator as real processes, for the test's namespace alone."""
    with Stack(tmp_path, wiring) as running:
        yield running

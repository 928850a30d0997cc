"""Systems of real processes for the tests of this folder."""

import pytest

from dev.controlplane import ControlPlane
from dev.kubectl import Kubectl
from dev.postgres import Login, Postgres
from tests.support.ground import Ground, Ledgers


@pytest.fixture(scope="session")
def ledgers(postgres: Postgres, migrated: str, receiver_login: Login) -> Ledgers:
    """Where each system gets a ledger of its own."""
    return Ledgers(postgres, migrated, receiver_login)


@pytest.fixture(scope="session")
def ground(control_plane: ControlPlane, kubectl: Kubectl, crd: str, ledgers: Ledgers) -> Ground:
    """One API server with the CRD and one Postgres for all systems of this worker."""
    assert crd
    return Ground(control_plane, kubectl, ledgers)

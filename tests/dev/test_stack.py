"""The three processes as the demo and the cluster tests run them."""

import psycopg
import pytest

from dev.environment import Wiring
from dev.kubectl import Kubectl
from dev.results import best_results
from dev.samples import FOLDER
from dev.stack import Stack
from tests.support.eventually import eventually


def phase(kubectl: Kubectl, namespace: str, name: str) -> str:
    """The phase that `kubectl get` shows."""
    return str(kubectl.get("tradingsweep", name, "-n", namespace)["status"]["phase"])


def test_a_sample_goes_from_kubectl_to_postgres(
    stack: Stack, kubectl: Kubectl, namespace: str, database: str
) -> None:
    """Everything is wired to everything: cluster, operator, Trading API, receiver, ledger."""
    assert all(service.is_ready for service in stack.services)

    kubectl.run("apply", "-n", namespace, "-f", str(FOLDER / "btc-sma.yaml"))

    eventually(lambda: phase(kubectl, namespace, "btc-sma"), "Completed", within=30)
    best = best_results(database, namespace, 3)
    assert [1, 2, 3] == [result.rank for result in best]
    assert {"BTC-USD"} == {result.ticker for result in best}


def test_a_killed_service_comes_back_on_its_old_address(stack: Stack) -> None:
    """A fault test can kill a process and start it again, and the others find it."""
    stack.receiver.kill()
    assert not stack.receiver.is_ready

    stack.receiver.start().wait_ready()

    assert stack.receiver.is_ready


def test_the_receiver_may_put_callbacks_into_the_inbox_and_read_nothing(
    wiring: Wiring,
) -> None:
    """The local stack gives the receiver no more than an installation would."""
    with (
        psycopg.connect(wiring.receiver_dsn) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM sweeps")


def test_no_secret_shows_when_the_wiring_is_printed(wiring: Wiring) -> None:
    """A failing test shows its arguments; keys and passwords are not among them."""
    shown = repr(wiring)

    assert wiring.api_key not in shown
    assert wiring.callback_secret not in shown
    assert wiring.dsn not in shown

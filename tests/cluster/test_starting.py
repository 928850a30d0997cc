"""An operator that cannot work says why in one line, and either waits for it or ends."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from dev.binaries import Binaries, found
from dev.controlplane import ControlPlane
from dev.environment import Wiring, script
from dev.kubectl import Kubectl, find_kubectl
from dev.processes import Command
from dev.service import Service
from tests.support.eventually import eventually
from tests.support.ground import Ledgers
from tests.support.system import PATIENCE

CRD = Path(__file__).parents[2] / "crds" / "tradingsweeps.yaml"
REQUIRED = (
    ("operator", "TRADINGSWEEP_DSN"),
    ("operator", "TRADINGSWEEP_TRADING_API_URL"),
    ("operator", "TRADINGSWEEP_TRADING_API_KEY"),
    ("operator", "TRADINGSWEEP_CALLBACK_BASE"),
    ("operator", "TRADINGSWEEP_CALLBACK_SECRETS"),
    ("receiver", "TRADINGSWEEP_DSN"),
    ("receiver", "TRADINGSWEEP_CALLBACK_SECRETS"),
    ("migrate", "TRADINGSWEEP_DSN"),
)


def run(environment: Mapping[str, str], command: str = "operator") -> tuple[int, list[str]]:
    """Run a command that ends by itself; returns its status and what it said, line by line."""
    ended = subprocess.run(
        [script("tradingsweep"), command],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


@pytest.fixture(scope="module")
def environment(control_plane: ControlPlane) -> dict[str, str]:
    """A complete environment whose database does not matter."""
    nowhere = "postgresql://nobody:secret-word@127.0.0.1:9/nothing"
    return Wiring(control_plane.kubeconfig, nowhere, nowhere).operator()


@pytest.mark.parametrize(("command", "missing"), REQUIRED)
def test_a_missing_setting_is_named_in_one_line(
    environment: dict[str, str], command: str, missing: str
) -> None:
    """The name is the variable's own, and no value of another one is repeated."""
    given = {name: value for name, value in environment.items() if name != missing}

    status, said = run(given, command)

    assert (1, 1) == (status, len(said)), said
    assert f"tradingsweep: {missing}: Field required" == said[0]


def test_a_wrong_setting_is_named_with_its_rule_and_not_repeated(
    environment: dict[str, str],
) -> None:
    """A value that cannot be used may be a secret in the wrong place."""
    status, said = run({**environment, "TRADINGSWEEP_MAX_CONCURRENT_SWEEPS": "hunter2"})

    assert (1, 1) == (status, len(said)), said
    assert said[0].startswith("tradingsweep: TRADINGSWEEP_MAX_CONCURRENT_SWEEPS: ")
    assert "hunter2" not in said[0]


def test_a_database_that_is_away_ends_the_start_in_one_line(environment: dict[str, str]) -> None:
    """The line says what is away; the password of the DSN is not in it."""
    status, said = run(environment)

    assert 1 == status
    assert said[-1].startswith("tradingsweep: Postgres cannot be reached")
    assert "secret-word" not in "".join(said)


def test_a_database_without_our_tables_ends_the_start_in_one_line(
    environment: dict[str, str], empty_database: str
) -> None:
    """The line says what to run."""
    status, said = run({**environment, "TRADINGSWEEP_DSN": empty_database})

    assert 1 == status
    assert said[-1].startswith("tradingsweep: ")
    assert "tradingsweep migrate" in said[-1]


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ("DELETE FROM schema_migrations WHERE number = 1", "tradingsweep migrate"),
        ("UPDATE ledger_meta SET min_app = schema_version + 1", "upgrade it"),
    ],
    ids=["older", "newer"],
)
def test_a_database_of_another_release_ends_the_start_in_one_line(
    environment: dict[str, str], ledgers: Ledgers, change: str, advice: str
) -> None:
    """Both directions of an upgrade that was done half: the line says which half is missing."""
    with ledgers.fresh() as (dsn, _):
        with psycopg.connect(dsn) as ledger:
            ledger.execute(change)

        status, said = run({**environment, "TRADINGSWEEP_DSN": dsn})

    assert 1 == status
    assert said[-1].startswith("tradingsweep: the ledger's schema")
    assert advice in said[-1]


@pytest.fixture
def bare(tmp_path: Path) -> Any:
    """An API server of the test's own, without our CRD."""
    binaries = found()
    assert isinstance(binaries, Binaries)
    with ControlPlane(tmp_path / "bare", binaries) as running:
        yield running


def test_without_the_crd_of_its_release_the_operator_waits_unready(
    bare: ControlPlane, ledgers: Ledgers, tmp_path: Path
) -> None:
    """One line says whether it is missing or another's, and what to apply; then it starts."""
    kubectl = Kubectl(bare.kubeconfig, find_kubectl(), tmp_path / "cache")
    other = yaml.safe_load(CRD.read_text())
    other["metadata"]["annotations"]["trading.zixly.io/schema-hash"] = "another"
    with ledgers.fresh() as (dsn, receiver_dsn):
        wiring = Wiring(bare.kubeconfig, dsn, receiver_dsn)
        ready = f"{wiring.operator_url}/readyz"
        command = Command(
            "operator",
            [script("tradingsweep"), "operator"],
            tmp_path / "operator.log",
            wiring.operator(),
        )
        with Service(command, ready) as operator:

            def unready() -> tuple[int, str]:
                answer = httpx.get(ready)
                return answer.status_code, answer.text

            def says(words: str) -> None:
                eventually(unready, lambda a: a[0] == 503 and words in a[1], within=PATIENCE)
                assert "apply crds/tradingsweeps.yaml" in unready()[1]
                assert 1 == len(unready()[1].splitlines())

            says("is missing")
            kubectl.run("apply", "--server-side", "-f", "-", text=yaml.safe_dump(other))
            says("is another release's")
            kubectl.run("apply", "--server-side", "-f", str(CRD))

            operator.wait_ready()

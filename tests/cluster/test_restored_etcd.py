"""An etcd of an earlier moment, on real parts: what it undid is held, nothing is run."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.binaries import Binaries, found
from dev.controlplane import ControlPlane
from dev.environment import Wiring
from dev.kubectl import Kubectl, find_kubectl
from dev.stack import Stack
from tests.support.background import in_background
from tests.support.eventually import eventually
from tests.support.ground import Ledgers
from tests.support.manifests import a_sweep
from tests.support.scripted_api import ScriptedApi, events, says, scripted_api
from tests.support.scripted_system import (
    HEALTHY,
    STREAM,
    SUBMIT,
    best_path,
    job_of,
    page,
    run_id_of,
    takes,
)
from tests.support.system import PATIENCE

CRDS = Path(__file__).parents[2] / "crds"


class Cut:
    """A cluster whose etcd can be set back: each life of it is a control plane of its own."""

    def __init__(self, folder: Path, binaries: Binaries) -> None:
        self.kubeconfig = folder / "kubeconfig"
        """The same path in each life."""
        self._folder, self._binaries, self._lives = folder, binaries, 0
        self.kubectl = Kubectl(self.kubeconfig, find_kubectl(), folder / "cache")

    @contextmanager
    def life(self, *, of: int | None = None) -> Iterator[None]:
        """Run it until the block ends, with the objects that were there at the end of a life."""
        self._lives += 1
        home = self._home(self._lives)
        home.mkdir()
        if of is not None:
            shutil.copytree(self._home(of) / "etcd", home / "etcd")
        with ControlPlane(home, self._binaries) as plane:
            shutil.copy(plane.kubeconfig, self.kubeconfig)
            yield

    def _home(self, number: int) -> Path:
        return self._folder / f"life-{number}"

    def status(self, name: str) -> dict[str, Any]:
        """Return the status of a sweep."""
        found: dict[str, Any] = json.loads(
            self.kubectl.run("get", "tsweep", name, "-n", "default", "-o", "json")
        )
        return dict(found["status"])

    def phase(self, name: str) -> str:
        """Return the phase of a sweep."""
        return str(self.status(name)["phase"])

    def stalled(self, name: str) -> str:
        """Return why a sweep waits for a human."""
        conditions = self.status(name)["conditions"]
        return next((c["reason"] for c in conditions if c["type"] == "Stalled"), "")


@pytest.fixture
def cut(tmp_path: Path) -> Cut:
    """A control plane of the test's own."""
    binaries = found()
    assert isinstance(binaries, Binaries)
    return Cut(tmp_path, binaries)


def test_an_etcd_of_an_earlier_moment_runs_and_cancels_nothing(
    cut: Cut, ledgers: Ledgers, tmp_path: Path
) -> None:
    """A sweep whose edit is undone by the restore, and one that is there again, are both held."""
    with ledgers.fresh() as (dsn, receiver_dsn), ExitStack() as stack:
        api = stack.enter_context(in_background(quiet_api()))
        told = {"TRADINGSWEEP_TRADING_API_URL": api.url, "TRADINGSWEEP_TIME_SCALE": "0.1"}
        wiring = Wiring(
            cut.kubeconfig, dsn, receiver_dsn, namespaces=("default",), operator_settings=told
        )
        with cut.life():
            cut.kubectl.run("apply", "--server-side", "-f", str(CRDS))
            cut.kubectl.wait_established(CRDS)
            running = stack.enter_context(Stack(tmp_path, wiring))
            for name in ("edited", "deleted"):
                finishes(api, name)
                cut.kubectl.run("apply", "-n", "default", "-f", "-", text=a_sweep(name))
                eventually(partial(cut.phase, name), "Completed", within=PATIENCE)
            running.operator.stop()
        with cut.life(of=1):
            running.operator.start().wait_ready()
            finishes(api, "edited-anew")
            patch = '{"spec": {"minTrades": 77}}'
            cut.kubectl.run(
                "patch", "tsweep", "edited", "-n", "default", "--type=merge", "-p", patch
            )
            again = "SELECT run_no FROM sweeps WHERE name = 'edited' AND phase = 'Completed'"
            eventually(lambda: ask(dsn, again), 2, within=PATIENCE)
            cut.kubectl.run("delete", "tsweep", "deleted", "-n", "default", "--timeout=10s")
            gone = "SELECT count(*) FROM sweeps WHERE object_gone_at IS NOT NULL"
            eventually(lambda: ask(dsn, gone), 1, within=PATIENCE)
            running.operator.stop()
        with cut.life(of=1):
            running.operator.start().wait_ready()
            for name in ("edited", "deleted"):
                eventually(partial(cut.stalled, name), "ObjectRestored", within=PATIENCE)
                assert "Completed" == cut.phase(name)
            assert 3 == len(api.asked(SUBMIT)) == ask(dsn, "SELECT count(*) FROM submissions")
            assert [] == [r for r in api.requests if r.path.endswith("/cancel")]
            running.operator.stop()


@asynccontextmanager
async def quiet_api() -> AsyncIterator[ScriptedApi]:
    """Run an API that is well."""
    async with scripted_api() as api:
        api.on("/health", HEALTHY)
        api.on("/api/v1/auth/login", says(200, {}, Set_Cookie="session=abcdef0123; HttpOnly"))
        yield api


def finishes(api: ScriptedApi, name: str) -> None:
    """Let the next submission be a job of that name, which has ended well."""
    done = f'{{"done": true, "status": "completed", "sweep_run_id": "{run_id_of(name)}"}}'
    api.on(SUBMIT, takes(name))
    api.on(f"{STREAM}{job_of(name)}/", events(done))
    api.on(best_path(name), says(200, page(name)))


def ask(dsn: str, question: str) -> Any:
    """Return the only value of a query."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as ledger:
        row = ledger.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]

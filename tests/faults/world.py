"""A system with a proxy on every way and processes that can be killed at every effect.

    with faulty_system(ground, folder, SURFACES["keys"], kills) as world:
        world.system.apply("a")
        with world.ways.trading.rule(cut_after, method="POST", path=SUBMIT, times=1): ...

The tests' own looks (`world.system`, `world.watcher`) go around the proxies.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
from typing_extensions import override

from dev.environment import Wiring
from dev.ports import free_port
from dev.processes import Command
from dev.service import Service
from dev.stack import Stack
from tests.faults.control import Control
from tests.faults.effects import Kill
from tests.faults.history import History
from tests.faults.http_proxy import HttpProxy
from tests.faults.kube_proxy import kube_proxy, through
from tests.faults.postgres_proxy import PostgresProxy
from tests.faults.traps import Traps
from tests.faults.watcher import Watcher
from tests.support.background import in_background
from tests.support.ground import Ground
from tests.support.objects import Objects
from tests.support.system import System

ROOT = Path(__file__).parents[2]
TIME_SCALE = 0.1
"""Of every delay of the protocol."""
LEASE_SECONDS = 15.0
"""As in production: on a busy machine nobody loses it. Who is killed is outlived by it no longer
than until its successor starts."""
CALLBACK = r"/webhook/sweep-callback/"


@dataclass(frozen=True)
class Surface:
    """What the Trading API of a run can do."""

    name: str
    features: str | None
    """TRADING_API_FEATURES; None: all."""

    @property
    def keeps_keys(self) -> bool:
        """Whether a repeated POST is a look-up, a job can be asked about, and cancelled."""
        return self.features is None


SURFACES = {
    "keys": Surface("keys", None),
    "seed": Surface("seed", ""),
}
"""An API with idempotency keys, status and cancel; and one with the documented surface alone."""


@dataclass(frozen=True)
class _FaultyWiring(Wiring):
    """The processes take the ways through the proxies; the tests do not."""

    told: Mapping[str, str] = field(default_factory=dict)
    """Replaces what the operator is told."""
    receiver_told: Mapping[str, str] = field(default_factory=dict)

    @override
    def operator(self) -> dict[str, str]:
        return {**super().operator(), **self.told}

    @override
    def receiver(self) -> dict[str, str]:
        return {**super().receiver(), **self.receiver_told}


class _FaultyStack(Stack):
    """The product's own processes under a launcher."""

    def __init__(self, folder: Path, wiring: Wiring, port: int, mutant: str) -> None:
        self._port, self._mutant = port, mutant
        super().__init__(folder, wiring)

    @override
    def _command(self, program: str, arguments: list[str], environment: dict[str, str]) -> Command:
        usual = super()._command(program, arguments, environment)
        if program != "tradingsweep":
            return usual
        return Command(
            name=usual.name,
            arguments=[
                sys.executable,
                "-m",
                "tests.faults.launcher",
                arguments[0],
                str(self._port),
            ],
            log=usual.log,
            environment={**usual.environment, "FAULTS_MUTANT": self._mutant},
            folder=ROOT,
        )


@dataclass(frozen=True)
class Ways:
    """Every way that the processes have to the outside, and who knows the plan."""

    kube: HttpProxy
    trading: HttpProxy
    callbacks: HttpProxy
    postgres: PostgresProxy
    """The operator's."""
    inbox: PostgresProxy
    """The receiver's."""
    control: Control


@dataclass(frozen=True)
class World:
    """A running system with faults."""

    system: System
    ways: Ways
    watcher: Watcher
    history: History
    surface: Surface

    def kill_operator(self) -> None:
        """End the operator as a crash would; its launcher starts another one."""
        for child in psutil.Process(self.system.stack.operator.process.pid).children():
            child.kill()

    def leader(self) -> int:
        """Return the process that holds the Lease; 0: nobody does."""
        lease = self.system.objects.lease(self.namespace) or {"spec": {}}
        return int(lease["spec"].get("holderIdentity", "").rpartition("-")[2] or 0)

    @contextmanager
    def another_operator(self, *, leads: bool = True) -> Iterator[Service]:
        """Run a second one until the block ends: with a Lease of its own, or it waits for ours."""
        usual = self.system.stack.operator.command
        port, home = free_port(), f"{self.namespace}-other"
        told = {"TRADINGSWEEP_HEALTH_PORT": str(port)}
        if leads:
            self.system.kubectl.run("create", "namespace", home)
            told["TRADINGSWEEP_LEASE_NAMESPACE"] = home
        command = replace(
            usual,
            name="other-operator",
            log=usual.log.with_name("other-operator.log"),
            environment={**usual.environment, **told},
        )
        with Service(command, f"http://127.0.0.1:{port}/readyz") as service:
            yield service.wait_ready()
            service.kill()

    @property
    def namespace(self) -> str:
        """Where its sweeps are."""
        return self.system.namespace


@contextmanager
def faulty_system(
    ground: Ground,
    folder: Path,
    surface: Surface = SURFACES["keys"],
    kills: Sequence[Kill] = (),
    *,
    operator: Mapping[str, str] | None = None,
    api: Mapping[str, str] | None = None,
    mutant: str = "",
) -> Iterator[World]:
    """Run a system with a ledger and a namespace of its own; `operator` and `api` are settings.

    Their names are those of the environment, whole. The history is `folder/history.jsonl`.
    """
    with ExitStack() as stack:
        history = History(folder / "history.jsonl")
        stack.callback(history.close)
        dsn, receiver_dsn = stack.enter_context(ground.ledgers.fresh())
        namespace = ground._namespace()
        kubeconfig = ground.control_plane.kubeconfig
        bare = Wiring(kubeconfig, dsn, receiver_dsn, namespaces=(namespace,))
        ways = stack.enter_context(in_background(_ways(bare, history, list(kills))))
        wiring = _FaultyWiring(
            kubeconfig,
            dsn,
            receiver_dsn,
            namespaces=(namespace,),
            api_settings=_api_settings(surface, api or {}),
            api_port=bare.api_port,
            receiver_port=bare.receiver_port,
            told={
                "KUBECONFIG": str(through(ways.kube, kubeconfig, folder)),
                "TRADINGSWEEP_DSN": _on_port(dsn, ways.postgres.port),
                "TRADINGSWEEP_TRADING_API_URL": ways.trading.url,
                "TRADINGSWEEP_CALLBACK_BASE": ways.callbacks.url,
                **_operator_settings(surface),
                **(operator or {}),
            },
            receiver_told={"TRADINGSWEEP_DSN": _on_port(receiver_dsn, ways.inbox.port)},
        )
        watcher = stack.enter_context(in_background(Watcher(kubeconfig, namespace).running()))
        objects = stack.enter_context(Objects(kubeconfig))
        running = stack.enter_context(_FaultyStack(folder, wiring, ways.control.port, mutant))
        for service in running.services:
            stack.callback(service.kill)
        system = System(
            ground.kubectl, objects, ground.control_plane, running, wiring.namespaces, None
        )
        yield World(system, ways, watcher, history, surface)


def _operator_settings(surface: Surface) -> dict[str, str]:
    # At an API without keys what may have been sent keeps its slot until its deadline, which does
    # not scale: with a few slots the first kill would stop the queue for an hour, as it must.
    slots = "6" if surface.keeps_keys else "60"
    return {
        "TRADINGSWEEP_TIME_SCALE": str(TIME_SCALE),
        "TRADINGSWEEP_LEASE_SECONDS": str(LEASE_SECONDS),
        "TRADINGSWEEP_MAX_CONCURRENT_SWEEPS": slots,
        "TRADINGSWEEP_POST_TIMEOUT_SECONDS": "2",
        # At an API without keys: what a lost answer waits for its callback, scaled as all delays.
        "TRADINGSWEEP_UNKNOWN_OUTCOME_WAIT_SECONDS": "60",
    }


def _api_settings(surface: Surface, more: Mapping[str, str]) -> dict[str, str]:
    features = {} if surface.features is None else {"TRADING_API_FEATURES": surface.features}
    return {
        "TRADING_API_MIN_JOB_SECONDS": "1",
        "TRADING_API_WORKERS": "6",
        "TRADING_API_WEBHOOK_TIME_SCALE": str(TIME_SCALE),
        **features,
        **more,
    }


def _on_port(dsn: str, port: int) -> str:
    usual = urlsplit(dsn).port
    return dsn.replace(f"@127.0.0.1:{usual}/", f"@127.0.0.1:{port}/")


@asynccontextmanager
async def _ways(wiring: Wiring, history: History, kills: list[Kill]) -> AsyncIterator[Ways]:
    """Open every proxy, and the control that arms them."""
    async with AsyncExitStack() as stack:
        kube = kube_proxy(wiring.kubeconfig, history)
        trading = HttpProxy("trading-api", wiring.api_url, history)
        callbacks = HttpProxy("callbacks", wiring.receiver_url, history)
        traps = Traps(kube, trading)

        def started() -> None:
            # What a trap was armed for has died of something else.
            traps.disarm()
            _bury(wiring)

        control = Control(history, _names(wiring.dsn), traps.arm, started, kills)
        postgres, inbox = (
            PostgresProxy(urlsplit(dsn).port or 0, control.caught)
            for dsn in (wiring.dsn, wiring.receiver_dsn)
        )
        for service in (kube, trading, callbacks, postgres, inbox, control):
            await stack.enter_async_context(service.running())
        yield Ways(kube, trading, callbacks, postgres, inbox, control)


def _names(dsn: str) -> Callable[[str], str]:
    def name_of(key: str) -> str:
        with psycopg.connect(dsn, connect_timeout=5) as ledger:
            row = ledger.execute(
                "SELECT w.name FROM submissions AS s JOIN sweeps AS w ON w.uid = s.sweep_uid"
                " WHERE s.key = %s",
                (key,),
            ).fetchone()
        return str(row[0]) if row else ""

    return name_of


def _bury(wiring: Wiring) -> None:
    """Give back the Lease of an operator that is dead, as a person does who knows it."""
    with Objects(wiring.kubeconfig) as objects:
        lease = objects.lease(wiring.namespaces[0])
        holder = (lease or {"spec": {}})["spec"].get("holderIdentity", "")
        if lease and holder and not psutil.pid_exists(int(holder.rpartition("-")[2])):
            objects.free(lease)

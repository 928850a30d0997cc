"""What all systems of one test worker stand on, and how one of them is set up."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from typing_extensions import override

from dev.controlplane import ControlPlane
from dev.environment import Wiring
from dev.kubectl import Kubectl
from dev.postgres import Login, Postgres
from dev.stack import Stack
from tests.support.background import in_background
from tests.support.gate import gate
from tests.support.objects import Objects
from tests.support.system import System


@dataclass(frozen=True)
class Settings:
    """How a test's system differs from the usual one."""

    operator: Mapping[str, str] = field(default_factory=dict)
    """Added to the operator's environment, without the prefix TRADINGSWEEP_."""
    api: Mapping[str, str] = field(default_factory=dict)
    """Added to the Trading API's environment, without the prefix TRADING_API_."""
    receiver: Mapping[str, str] = field(default_factory=dict)
    """Added to the receiver's environment, without the prefix TRADINGSWEEP_."""
    everybody: Mapping[str, str] = field(default_factory=dict)
    """Added to the environments of operator and receiver, by full name."""
    namespaces: int = 1
    gated: bool = False
    """Between operator and Trading API stands a gate."""


@dataclass(frozen=True)
class _Wiring(Wiring):
    receiver_settings: Mapping[str, str] = field(default_factory=dict)

    @override
    def receiver(self) -> dict[str, str]:
        return {**super().receiver(), **self.receiver_settings}


@dataclass(frozen=True)
class Ledgers:
    """A Postgres server that can make databases with the ledger's tables."""

    postgres: Postgres
    template: str
    receiver: Login
    """Who may put callbacks into each of them."""

    @contextmanager
    def fresh(self) -> Iterator[tuple[str, str]]:
        """Make an empty ledger: the operator's DSN and the receiver's. It goes with the block."""
        name = f"system_{uuid4().hex[:12]}"
        dsn = self.postgres.create_database(name, self.template)
        try:
            yield dsn, self.postgres.dsn(name, self.receiver)
        finally:
            self.postgres.drop_database(name)


@dataclass(frozen=True)
class Ground:
    """What all systems of one worker stand on."""

    control_plane: ControlPlane
    kubectl: Kubectl
    ledgers: Ledgers

    @contextmanager
    def system(
        self, folder: Path, settings: Settings | None = None, **urls: str
    ) -> Iterator[System]:
        """Run a system with namespaces and a database of its own.

        `urls` replace addresses that the operator is told: `trading_api_url`, `callback_base`.
        """
        with ExitStack() as stack:
            chosen = settings or Settings()
            wiring = self._wiring(stack, chosen, urls)
            way = None
            if chosen.gated:
                way = stack.enter_context(in_background(gate(wiring.api_port)))
                told = {**wiring.operator_settings, "TRADINGSWEEP_TRADING_API_URL": way.url}
                wiring = replace(wiring, operator_settings=told)
            objects = stack.enter_context(Objects(self.control_plane.kubeconfig))
            running = stack.enter_context(Stack(folder, wiring))
            # Nothing of it is kept: at its end it need not end in good order.
            for service in running.services:
                stack.callback(service.kill)
            yield System(self.kubectl, objects, self.control_plane, running, wiring.namespaces, way)

    def _wiring(self, stack: ExitStack, settings: Settings, urls: Mapping[str, str]) -> _Wiring:
        dsn, receiver_dsn = stack.enter_context(self.ledgers.fresh())
        return _Wiring(
            self.control_plane.kubeconfig,
            dsn,
            receiver_dsn,
            namespaces=tuple(self._namespace() for _ in range(settings.namespaces)),
            operator_settings={
                **_named("TRADINGSWEEP_", {**settings.operator, **urls}),
                **settings.everybody,
            },
            api_settings=_named("TRADING_API_", settings.api),
            receiver_settings={**_named("TRADINGSWEEP_", settings.receiver), **settings.everybody},
        )

    def _namespace(self) -> str:
        name = f"test-{uuid4().hex[:12]}"
        self.kubectl.run("create", "namespace", name)
        return name


def _named(prefix: str, settings: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}{name.upper()}": value for name, value in settings.items()}

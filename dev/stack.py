"""Trading API, receiver and operator as real processes, from their console scripts."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dev.environment import Wiring, direct, script
from dev.processes import Command
from dev.service import Service


class Stack:
    """`with Stack(folder, wiring) as stack:` runs the three until the block ends.

    They need a cluster with the CRD and a migrated database, which the wiring names. Each can be
    stopped, killed and started again meanwhile; its address stays.
    """

    def __init__(self, folder: Path, wiring: Wiring) -> None:
        self.folder = folder
        """Their logs and the Trading API's state."""
        self.wiring = wiring
        self._stack = ExitStack()
        self.trading_api = Service(
            self._command(
                "tradingapi",
                ["serve", "--host", "127.0.0.1", "--port", str(wiring.api_port)],
                wiring.api(folder / "tradingapi-data"),
            ),
            f"{wiring.api_url}/health",
        )
        self.receiver = Service(
            self._command("tradingsweep", ["receiver"], wiring.receiver()),
            f"{wiring.receiver_url}/readyz",
        )
        self.operator = Service(
            self._command("tradingsweep", ["operator"], wiring.operator()),
            f"{wiring.operator_url}/readyz",
        )

    @property
    def services(self) -> tuple[Service, Service, Service]:
        """All three, in the order of their start."""
        return self.trading_api, self.receiver, self.operator

    def check(self) -> None:
        """Look whether all three still run.

        Raises:
            ProcessError: one ended by itself; the message shows the end of its log.
        """
        for service in self.services:
            if not service.process.is_running:
                raise service.process.error(f"ended with {service.process.returncode}")

    def __enter__(self) -> Self:
        """Start the three together and wait until each is ready.

        Raises:
            ProcessError: one did not come up; the message shows the end of its log.
        """
        with ExitStack() as stack:
            for service in self.services:
                stack.enter_context(service)
            for service in self.services:
                service.wait_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _command(self, program: str, arguments: list[str], environment: dict[str, str]) -> Command:
        name = arguments[0] if program == "tradingsweep" else program
        return Command(
            name=name,
            arguments=[script(program), *arguments],
            log=self.folder / f"{name}.log",
            environment={**direct(), **environment},
            folder=self.folder,
        )

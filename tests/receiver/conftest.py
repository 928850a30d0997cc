"""The receiver as a process of its own, over HTTP, on a ledger of its own."""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.ports import free_port
from dev.postgres import Postgres
from dev.processes import Command, Process
from tests.support.ledger_rows import migrated
from tradingsweep.signature import Keyring

_MAIN = "from tradingsweep.receiver import ReceiverSettings, serve; serve(ReceiverSettings.load())"
_READY_WITHIN = 20.0


@dataclass
class Receiver:
    """A running receiver and what a test needs to talk to it."""

    dsn: str
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    port: int = field(default_factory=free_port)
    process: Process = field(init=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def keyring(self) -> Keyring:
        """The secrets that it verifies with."""
        return Keyring.parse(f"k1={self.secret}")

    def path(self, key: str) -> str:
        """Return the callback path that is signed for a submission."""
        return f"/webhook/sweep-callback/{key}/{self.keyring.token(key)}"

    def post(self, path: str, **request: Any) -> httpx.Response:
        """POST on a fresh connection."""
        return httpx.post(self.url + path, timeout=20, **request)

    def get(self, path: str) -> httpx.Response:
        """GET on a fresh connection."""
        return httpx.get(self.url + path, timeout=20)

    def lines(self) -> list[dict[str, Any]]:
        """Return its log, of which every line must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        """Start it, wait until it listens, and stop it at the end."""
        command = Command(
            name="receiver",
            arguments=[sys.executable, "-c", _MAIN],
            log=self.log,
            environment={
                "TRADINGSWEEP_DSN": self.dsn,
                "TRADINGSWEEP_CALLBACK_SECRETS": f"k1={self.secret}",
                "TRADINGSWEEP_RECEIVER_PORT": str(self.port),
                **self.environment,
            },
        )
        with Process(command) as self.process:
            self.process.wait_ready(self._listens, _READY_WITHIN)
            yield self

    def _listens(self) -> bool:
        try:
            return self.get("/healthz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@pytest.fixture(scope="session")
def receiver_dsn(postgres: Postgres) -> Iterator[str]:
    """A ledger for the receiver that most tests share."""
    yield migrated(postgres.create_database("receiver"))
    postgres.drop_database("receiver")


@pytest.fixture(scope="session")
def receiver(receiver_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver with the plain route on and short deadlines."""
    environment = {
        "TRADINGSWEEP_PLAIN_CALLBACKS": "true",
        "TRADINGSWEEP_RECEIVER_HEADER_SECONDS": "1",
        "TRADINGSWEEP_RECEIVER_BODY_SECONDS": "1",
    }
    log = tmp_path_factory.mktemp("receiver") / "receiver.log"
    with Receiver(receiver_dsn, log, environment).running() as running:
        yield running

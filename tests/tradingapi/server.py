"""The real Trading API as a process, and what a test says to it."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dev.ports import free_port
from dev.processes import Command
from dev.service import Service
from tests.support.eventually import eventually

API_KEY = "dev-key-000000000000000000000000"
KEY = {"X-API-Key": API_KEY}

SEEDS_FORM = {
    "ticker": "BTC-USD",
    "fast_range": "[10, 20]",
    "slow_range": "[20, 30]",
    "step": "5",
    "min_trades": "50",
    "strategy_type": "SMA",
    "config_path": "minimum",
    "webhook_url": "http://127.0.0.1:9/webhook/sweep-callback",
}
"""The seed's request. Nothing listens on port 9: its callback is never taken."""

PATIENCE = 120.0
"""Seconds for what takes milliseconds, or a second with every check, on an idle machine."""


@dataclass
class Api:
    """A server that runs, or did."""

    service: Service
    url: str

    @property
    def log(self) -> str:
        """Everything it wrote."""
        return self.service.command.log.read_text()

    def get(self, path: str, **params: Any) -> httpx.Response:
        """GET with the key."""
        return httpx.get(self.url + path, headers=KEY, params=params, timeout=PATIENCE)

    def post(self, path: str) -> httpx.Response:
        """POST without a body, with the key."""
        return httpx.post(self.url + path, headers=KEY, timeout=PATIENCE)

    def submit(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        api_key: str = API_KEY,
    ) -> httpx.Response:
        """POST the seed's form, with some fields changed and with an idempotency key."""
        headers = {"X-API-Key": api_key}
        return httpx.post(
            f"{self.url}/api/v1/strategy/sweep",
            headers=headers if key is None else {**headers, "Idempotency-Key": key},
            data={**SEEDS_FORM, **(changes or {})},
            timeout=PATIENCE,
        )

    def job(self, job_id: str) -> dict[str, Any]:
        """Ask for a job's status."""
        answer = self.get(f"/api/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def wait_for(self, job_id: str, status: str) -> dict[str, Any]:
        """Wait until a job has a status."""
        return self.wait_until(job_id, lambda job: job["status"] == status)

    def wait_until(self, job_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until something holds for a job's status."""
        return eventually(lambda: self.job(job_id), holds, within=PATIENCE)

    def finish(self, changes: dict[str, str] | None = None) -> str:
        """Submit a sweep, wait for its end and return its run id."""
        job_id = self.submit(changes).json()["job_id"]
        return str(self.wait_for(job_id, "completed")["sweep_run_id"])

    @contextmanager
    def session(self) -> Iterator[httpx.Client]:
        """Log in."""
        with httpx.Client(base_url=self.url, timeout=PATIENCE) as client:
            client.post("/api/v1/auth/login", json={"api_key": API_KEY}).raise_for_status()
            yield client

    def events(self, job_id: str) -> list[dict[str, Any]]:
        """Follow a job's stream to its end."""
        path = f"/sse-proxy/jobs/{job_id}/stream"
        with self.session() as client, client.stream("GET", path) as answer:
            assert answer.status_code == 200
            lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
        return [json.loads(line.removeprefix("data: ")) for line in lines]


def an_api(folder: Path, **settings: str) -> Api:
    """Describe a server on a free port with its state in `folder`; nothing runs yet."""
    port = free_port()
    command = Command(
        name="tradingapi",
        arguments=[sys.executable, "-m", "tradingapi", "serve", "--port", str(port)],
        log=folder / "tradingapi.log",
        environment={
            "TRADING_API_DEV": "true",
            "TRADING_API_DATA_DIR": str(folder / "data"),
            "TRADING_API_WEBHOOK_TIME_SCALE": "0.02",
            **{f"TRADING_API_{name.upper()}": value for name, value in settings.items()},
        },
        folder=folder,
    )
    url = f"http://127.0.0.1:{port}"
    return Api(Service(command, f"{url}/health"), url)


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Api]:
    """Run a server until the block ends."""
    api = an_api(folder, **settings)
    with api.service:
        api.service.wait_ready()
        yield api

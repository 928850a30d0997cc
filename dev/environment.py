"""What each process is told by its environment; nothing else in `dev/` knows these names."""

import os
import secrets
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.ports import free_port

RECEIVER_ROLE = "tradingsweep_receiver"
"""The role without login that a migration makes; it may put callbacks into the inbox."""

_MIGRATION_TIMEOUT = 180.0
"""Seconds; the whole schema takes less than one, and a busy machine a minute to start it."""


@dataclass(frozen=True)
class Wiring:
    """The addresses and secrets that the processes of one stack share; secrets are fresh ones."""

    kubeconfig: Path
    dsn: str = field(repr=False)
    """The ledger, for the operator."""
    receiver_dsn: str = field(repr=False)
    """The same database with the few rights that the receiver needs."""
    namespaces: tuple[str, ...] = ()
    """Where the operator looks for sweeps; empty for everywhere."""
    operator_settings: Mapping[str, str] = field(default_factory=dict)
    """Added to the operator's environment, by full name."""
    api_settings: Mapping[str, str] = field(default_factory=dict)
    """Added to the Trading API's environment, by full name."""
    api_port: int = field(default_factory=free_port)
    receiver_port: int = field(default_factory=free_port)
    receiver_metrics_port: int = field(default_factory=free_port)
    operator_port: int = field(default_factory=free_port)
    api_key: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    callback_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    @property
    def api_url(self) -> str:
        """The Trading API."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def receiver_url(self) -> str:
        """The receiver, as the Trading API reaches it."""
        return f"http://127.0.0.1:{self.receiver_port}"

    @property
    def receiver_metrics_url(self) -> str:
        """The receiver's metrics."""
        return f"http://127.0.0.1:{self.receiver_metrics_port}"

    @property
    def operator_url(self) -> str:
        """The operator's health and metrics."""
        return f"http://127.0.0.1:{self.operator_port}"

    def api(self, data: Path) -> dict[str, str]:
        """Return what the Trading API is told; it keeps its state in `data`."""
        return {
            "TRADING_API_KEYS": self.api_key,
            "TRADING_API_DATA_DIR": str(data),
            # The receiver is at home; a callback may not go to this machine unasked.
            "TRADING_API_WEBHOOK_ALLOW": "127.0.0.1:*",
            **self.api_settings,
        }

    def receiver(self) -> dict[str, str]:
        """Return what the receiver is told."""
        return {
            "TRADINGSWEEP_DSN": self.receiver_dsn,
            "TRADINGSWEEP_CALLBACK_SECRETS": self._callback_secrets,
            "TRADINGSWEEP_RECEIVER_HOST": "127.0.0.1",
            "TRADINGSWEEP_RECEIVER_PORT": str(self.receiver_port),
            "TRADINGSWEEP_RECEIVER_METRICS_PORT": str(self.receiver_metrics_port),
        }

    def operator(self) -> dict[str, str]:
        """Return what the operator is told."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "TRADINGSWEEP_DSN": self.dsn,
            "TRADINGSWEEP_TRADING_API_URL": self.api_url,
            "TRADINGSWEEP_TRADING_API_KEY": self.api_key,
            "TRADINGSWEEP_CALLBACK_BASE": self.receiver_url,
            "TRADINGSWEEP_CALLBACK_SECRETS": self._callback_secrets,
            "TRADINGSWEEP_NAMESPACES": ",".join(self.namespaces),
            "TRADINGSWEEP_HEALTH_PORT": str(self.operator_port),
            # One operator at a time has a namespace here, and one that was killed is replaced soon.
            "TRADINGSWEEP_LEASE_NAMESPACE": self.namespaces[0] if self.namespaces else "default",
            "TRADINGSWEEP_LEASE_SECONDS": "3",
            **self.operator_settings,
        }

    @property
    def _callback_secrets(self) -> str:
        return f"local={self.callback_secret}"


def direct() -> dict[str, str]:
    """Return the variables that keep a proxy of the environment away from 127.0.0.1."""
    others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    value = ",".join(filter(None, (others, "127.0.0.1", "localhost")))
    return {"NO_PROXY": value, "no_proxy": value}


def script(name: str) -> Path:
    """Return a console script of this Python's environment."""
    return Path(sysconfig.get_path("scripts")) / name


def migrate(dsn: str) -> None:
    """Bring a database to the newest schema, as an installation would.

    Raises:
        RuntimeError: the migration failed; the message is what it said.
    """
    answer = subprocess.run(
        [script("tradingsweep"), "migrate"],
        env={**os.environ, "TRADINGSWEEP_DSN": dsn},
        capture_output=True,
        text=True,
        timeout=_MIGRATION_TIMEOUT,
        check=False,
    )
    if answer.returncode != 0:
        raise RuntimeError(f"tradingsweep migrate failed: {answer.stderr.strip()}")
